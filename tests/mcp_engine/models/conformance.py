"""What every adapter of the model port must do. A test module subclasses it and gives a `chat` fixture."""

from __future__ import annotations

import json

import jsonschema
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage

from mcp_engine.errors import InvalidInput, TimedOut

SYSTEM = SystemMessage("You are a helpful assistant.")
CAPITAL = [SYSTEM, HumanMessage("What is the capital of France?")]
STORY = [SYSTEM, HumanMessage("Write a long story about a lighthouse keeper.")]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 24}, "big": {"type": "boolean"}},
    "required": ["city", "big"],
    "additionalProperties": False,
}


async def whole(chat: BaseChatModel, messages: list, **arguments: object) -> AIMessageChunk:
    """Return the sum of a stream's chunks."""
    total: AIMessageChunk | None = None
    async for chunk in chat.astream(messages, **arguments):
        assert isinstance(chunk, AIMessageChunk)
        total = chunk if total is None else total + chunk
    assert total is not None
    return total


async def primed(chat: BaseChatModel) -> None:
    """Have the model read the story's prompt: some servers' numbers change slightly once it is in their cache."""
    await chat.ainvoke(STORY, max_tokens=2)


class ChatConformance:
    streams_usage = True
    """Whether the server reports usage in streams; an adapter must never invent it."""

    async def test_answers(self, chat: BaseChatModel) -> None:
        answer = await chat.ainvoke(CAPITAL)
        assert isinstance(answer, AIMessage)
        assert "Paris" in str(answer.content)
        assert answer.response_metadata["finish_reason"] == "stop"

    async def test_reports_usage(self, chat: BaseChatModel) -> None:
        answer = await chat.ainvoke(CAPITAL)
        usage = answer.usage_metadata
        assert usage is not None
        assert usage["input_tokens"] == 27  # as the chat template writes it
        assert 0 < usage["output_tokens"] < 20
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        streamed = (await whole(chat, CAPITAL)).usage_metadata
        if self.streams_usage:
            assert streamed is not None
            assert streamed["total_tokens"] == usage["total_tokens"]
        else:
            assert streamed is None

    async def test_a_stream_adds_up_to_the_answer(self, chat: BaseChatModel) -> None:
        await primed(chat)
        answer = await chat.ainvoke(STORY, max_tokens=40)
        streamed = await whole(chat, STORY, max_tokens=40)
        assert streamed.content == answer.content
        assert streamed.response_metadata["finish_reason"] == answer.response_metadata["finish_reason"] == "length"

    async def test_stops_before_a_stop_sequence(self, chat: BaseChatModel) -> None:
        await primed(chat)
        free = str((await chat.ainvoke(STORY, max_tokens=40)).content)
        stop = free[20:28]
        answer = await chat.ainvoke(STORY, max_tokens=40, stop=[stop])
        assert answer.content == free[: free.index(stop)]
        assert answer.response_metadata["finish_reason"] == "stop"
        assert (await whole(chat, STORY, max_tokens=40, stop=[stop])).content == answer.content

    async def test_the_same_seed_gives_the_same_answer(self, chat: BaseChatModel) -> None:
        await primed(chat)
        sampled = {"temperature": 1.2, "max_tokens": 24}
        first = await chat.ainvoke(STORY, seed=7, **sampled)
        assert (await chat.ainvoke(STORY, seed=7, **sampled)).content == first.content
        others = {str((await chat.ainvoke(STORY, seed=seed, **sampled)).content) for seed in (8, 9)}
        assert others != {first.content}

    async def test_max_tokens_ends_with_length(self, chat: BaseChatModel) -> None:
        answer = await chat.ainvoke(STORY, max_tokens=5)
        assert answer.response_metadata["finish_reason"] == "length"
        assert answer.usage_metadata is not None
        assert answer.usage_metadata["output_tokens"] == 5

    async def test_a_response_schema_holds(self, chat: BaseChatModel) -> None:
        example = [SYSTEM, HumanMessage("Berlin as JSON"), AIMessage('{"city": "Berlin", "big": true}')]
        messages = [*example, HumanMessage("Paris as JSON")]
        answer = await chat.ainvoke(messages, response_schema=SCHEMA, max_tokens=64)
        assert answer.response_metadata["finish_reason"] == "stop"
        jsonschema.validate(json.loads(str(answer.content)), SCHEMA)
        streamed = await whole(chat, messages, response_schema=SCHEMA, max_tokens=64)
        jsonschema.validate(json.loads(str(streamed.content)), SCHEMA)

    async def test_unicode_survives(self, chat: BaseChatModel) -> None:
        """Characters whose bytes are split over tokens arrive whole, in an answer and in a stream."""
        text = "héllo 世界 שלום"
        schema = {"type": "object", "properties": {"text": {"const": text}}, "required": ["text"]}
        asked = {"response_schema": schema, "max_tokens": 80}
        messages = [SYSTEM, HumanMessage(f"Repeat: {text}")]
        answer = await chat.ainvoke(messages, **asked)
        assert json.loads(str(answer.content)) == {"text": text}
        assert json.loads(str((await whole(chat, messages, **asked)).content)) == {"text": text}

    async def test_closing_a_stream_leaves_the_model_usable(self, chat: BaseChatModel) -> None:
        stream = chat.astream(STORY, max_tokens=700)
        async for _ in stream:
            break
        await stream.aclose()  # type: ignore[attr-defined]
        assert "Paris" in str((await chat.ainvoke(CAPITAL)).content)

    async def test_a_time_limit_is_an_error(self, chat: BaseChatModel) -> None:
        with pytest.raises(TimedOut) as caught:
            await chat.ainvoke(STORY, max_tokens=200, timeout_seconds=0.2)
        assert caught.value.code == "model.timed_out"
        with pytest.raises(TimedOut):
            await whole(chat, STORY, max_tokens=200, timeout_seconds=0.2)

    async def test_too_long_a_prompt_is_refused(self, chat: BaseChatModel) -> None:
        with pytest.raises(InvalidInput) as caught:
            await chat.ainvoke([HumanMessage("word " * 2000)])
        assert caught.value.code == "model.context_exceeded"
        assert "1024" in caught.value.message

    @pytest.mark.parametrize(
        "wrong", [{"temperature": -1}, {"max_tokens": 0}, {"top_p": 1.5}, {"stop": [""]}, {"surprise": 1}]
    )
    async def test_wrong_parameters_are_named(self, chat: BaseChatModel, wrong: dict[str, object]) -> None:
        with pytest.raises(InvalidInput, match=next(iter(wrong))) as caught:
            await chat.ainvoke(CAPITAL, **wrong)
        assert caught.value.code == "model.parameters_invalid"

    async def test_no_messages_is_an_error(self, chat: BaseChatModel) -> None:
        with pytest.raises(InvalidInput, match="at least one message"):
            await chat.ainvoke([])
