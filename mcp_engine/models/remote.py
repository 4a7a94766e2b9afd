"""OpenAI-compatible servers (vLLM, SGLang, llama-server, TensorRT-LLM, OpenAI) as a `BaseChatModel`.

The wire format is left to `langchain_openai`; this adapter fixes what is asked of every model:
parameters, time limits, and errors that say what to do. Nothing is repeated behind the caller's
back, redirects are not followed (they would carry the credential elsewhere), and no error quotes it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast

import httpx
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata, subtract_usage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict

from mcp_engine.errors import EngineError, InvalidInput, TimedOut
from mcp_engine.models.calls import ModelCall, checked_call
from mcp_engine.models.remote_errors import engine_error

SchemaStyle = Literal["json_schema", "json_object"]
TokensField = Literal["max_tokens", "max_completion_tokens"]
_FINISH_REASONS = {"tool_calls": "tool_calls", "function_call": "tool_calls", "length": "length"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one server.

    Args:
        base_url: up to and including the version, such as `http://127.0.0.1:8000/v1`.
        schema_style: how the server takes a response schema: OpenAI's `json_schema`, or `json_object`
            with a `schema` member (llama-cpp-python's server).
        tokens_field: `max_completion_tokens` for OpenAI's own models, which refuse the older name.
        credential: asked for at each request; "" for a server that wants none.
    """

    provider: str
    base_url: str
    model: str
    credential: Callable[[], str]
    schema_style: SchemaStyle = "json_schema"
    tokens_field: TokensField = "max_tokens"


class RemoteChatModel(BaseChatModel):
    """Chat with one model of a server; async only."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    endpoint: Endpoint
    client: Any
    """The `ChatOpenAI` that speaks to the server."""
    timeout_seconds: float

    @property
    def _llm_type(self) -> str:
        return "mcp-engine-remote"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.endpoint.model, "provider": self.endpoint.provider}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError("A remote model is asynchronous: use `ainvoke` or `astream`.")

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - the signature is LangChain's
        **kwargs: Any,
    ) -> ChatResult:
        call, limit = self._checked(messages, {**kwargs, "stop": stop})
        try:
            async with asyncio.timeout(limit):
                result = cast(ChatResult, await self.client._agenerate(messages, **self._payload(call)))
            generation = result.generations[0]
        except TimeoutError:
            raise self._timed_out(limit) from None
        except Exception as error:  # noqa: BLE001 - every failure leaves as an `EngineError`, without its credential
            raise self._mapped(error) from None
        found = {**(result.llm_output or {}), **(generation.generation_info or {})}
        generation.generation_info = None
        generation.message.response_metadata = self._metadata(found, call)
        return ChatResult(generations=[generation])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call, limit = self._checked(messages, {**kwargs, "stop": stop})
        chunks = cast(
            AsyncGenerator[ChatGenerationChunk],
            self.client._astream(messages, **self._payload(call), stream_usage=True),
        )
        told: UsageMetadata | None = None
        async with aclosing(chunks):
            async for chunk in self._within(chunks, limit):
                message = cast(AIMessageChunk, chunk.message)
                if (usage := message.usage_metadata) is not None:
                    # A server that reports more than once reports the sum so far.
                    message.usage_metadata, told = subtract_usage(usage, told), usage
                if chunk.generation_info and "finish_reason" in chunk.generation_info:
                    chunk.message.response_metadata = self._metadata(chunk.generation_info, call)
                    chunk.generation_info = None
                if run_manager:
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    async def _within(
        self, chunks: AsyncGenerator[ChatGenerationChunk], limit: float
    ) -> AsyncGenerator[ChatGenerationChunk]:
        """Yield `chunks` until `limit` seconds from now, with errors of the engine."""
        deadline = time.monotonic() + limit
        while True:
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise self._timed_out(limit) from None
            except Exception as error:  # noqa: BLE001 - as in `_agenerate`
                raise self._mapped(error) from None
            yield chunk

    def _checked(self, messages: Sequence[BaseMessage], arguments: dict[str, Any]) -> tuple[ModelCall, float]:
        if not messages:
            raise InvalidInput("model.no_messages", "Send at least one message.")
        call = checked_call(arguments)
        return call, call.timeout_seconds or self.timeout_seconds

    def _payload(self, call: ModelCall) -> dict[str, Any]:
        # `extra_body` reaches the server as it is: ChatOpenAI would rename `max_tokens`, which older
        # servers don't understand, and route `response_format` through OpenAI's own parsing.
        body: dict[str, Any] = {self.endpoint.tokens_field: call.max_tokens}
        if call.response_schema is not None:
            body["response_format"] = _response_format(self.endpoint.schema_style, call.response_schema)
        return {
            "stop": list(call.stop) or None,
            "temperature": call.temperature,
            "top_p": call.top_p,
            "seed": call.seed,
            "extra_body": body,
        }

    def _metadata(self, found: dict[str, Any], call: ModelCall) -> dict[str, Any]:
        reason = str(found.get("finish_reason"))
        return {
            "finish_reason": _FINISH_REASONS.get(reason, "stop"),
            "model_name": str(found.get("model_name") or self.endpoint.model),
            "model_provider": self.endpoint.provider,
            "seed": call.seed,
        }

    def _timed_out(self, limit: float) -> TimedOut:
        return TimedOut(
            "model.timed_out",
            f"The provider {self.endpoint.provider!r} did not finish within {limit:g} seconds; ask for fewer tokens "
            "or allow more time.",
        )

    def _mapped(self, error: Exception) -> EngineError:
        return engine_error(
            error, provider=self.endpoint.provider, model=self.endpoint.model, credential=self.endpoint.credential()
        )


def remote_chat(endpoint: Endpoint, http: httpx.AsyncClient, *, timeout_seconds: float) -> RemoteChatModel:
    """Return the chat model of an endpoint; `http` is shared and stays its maker's to close."""
    from langchain_openai import ChatOpenAI

    async def credential() -> str:
        return endpoint.credential() or "none"

    # Given as a coroutine function, the credential is in no field that could be printed.
    client = partial(cast(Any, ChatOpenAI), stream_chunk_timeout=None, use_responses_api=False)(
        model=endpoint.model,
        base_url=endpoint.base_url,
        api_key=credential,
        http_async_client=http,
        max_retries=0,
        timeout=timeout_seconds,
    )
    return RemoteChatModel(endpoint=endpoint, client=client, timeout_seconds=timeout_seconds)


def remote_http(timeout_seconds: float) -> httpx.AsyncClient:
    """Return the HTTP client that every remote model shares: no redirects, no cookies kept."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeout_seconds, connect=10.0),
        # A streaming answer holds its connection to the end, so this is how many there can be at once.
        limits=httpx.Limits(max_connections=2048, max_keepalive_connections=64),
        follow_redirects=False,
    )


def _response_format(style: SchemaStyle, schema: dict[str, Any]) -> dict[str, Any]:
    if style == "json_object":
        return {"type": "json_object", "schema": schema}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
