"""The local model as a `BaseChatModel`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata, subtract_usage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict

from mcp_engine.models.calls import checked_call
from mcp_engine.models.messages import plain_turns
from mcp_engine.models.pool import ModelPool
from mcp_engine.models.requests import Completion, Piece, Tokens


class LocalChatModel(BaseChatModel):
    """Chat with the model pool; async only, since the pool lives on the server's event loop."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    pool: ModelPool
    model_name: str

    @property
    def _llm_type(self) -> str:
        return "mcp-engine-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError("The local model is asynchronous: use `ainvoke` or `astream`.")

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - the signature is LangChain's
        **kwargs: Any,
    ) -> ChatResult:
        call = checked_call({**kwargs, "stop": stop})
        pieces: list[str] = []
        completion: Completion | None = None
        async with aclosing(self.pool.stream(plain_turns(messages), call)) as items:
            async for item in items:
                if isinstance(item, Piece):
                    pieces.append(item.text)
                else:
                    completion = item
        assert completion is not None
        message = AIMessage(
            content="".join(pieces),
            usage_metadata=_usage(completion.tokens),
            response_metadata=self._metadata(completion, call.seed),
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call = checked_call({**kwargs, "stop": stop})
        told: UsageMetadata | None = None
        async with aclosing(self.pool.stream(plain_turns(messages), call)) as items:
            async for item in items:
                usage = _usage(item.tokens)
                more, told = subtract_usage(usage, told), usage
                if isinstance(item, Piece):
                    chunk = ChatGenerationChunk(message=AIMessageChunk(content=item.text, usage_metadata=more))
                    if run_manager and item.text:
                        await run_manager.on_llm_new_token(item.text, chunk=chunk)
                else:
                    chunk = ChatGenerationChunk(
                        message=AIMessageChunk(
                            content="",
                            usage_metadata=more,
                            response_metadata=self._metadata(item, call.seed),
                            chunk_position="last",
                        )
                    )
                yield chunk

    def _metadata(self, completion: Completion, seed: int) -> dict[str, Any]:
        return {
            "finish_reason": completion.finish_reason,
            "model_name": self.model_name,
            "model_provider": "local",
            "seed": seed,
            "queued_seconds": completion.queued_seconds,
            "first_token_seconds": completion.first_token_seconds,
            "seconds": completion.seconds,
        }


def _usage(tokens: Tokens) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=tokens.prompt,
        output_tokens=tokens.completion,
        total_tokens=tokens.prompt + tokens.completion,
        input_token_details=InputTokenDetails(cache_read=tokens.cached),
    )
