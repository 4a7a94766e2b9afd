"""Governed prompts and search for programs built on LangChain: `pip install "mcp-engine-client[langchain]"`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

try:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.messages import AIMessage, AIMessageChunk
    from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable, RunnableConfig
    from langchain_core.runnables.config import ensure_config
except ImportError as error:
    raise ImportError(
        'mcp_engine_client.langchain needs langchain-core; install it with: pip install "mcp-engine-client[langchain]"'
    ) from error

from pydantic import ConfigDict

from mcp_engine_client._async_client import AsyncClient
from mcp_engine_client._client import Client
from mcp_engine_client.errors import InvalidInput
from mcp_engine_client.models import Passage, RunResult

Variables = Mapping[str, Any]


class GovernedPrompt(Runnable[Variables, AIMessage]):
    """A prompt of the registry as a step of a chain: variables in, the model's message out.

    Each call runs the version on the server and is recorded there as an execution; the message's
    `response_metadata` names it, and the version, lock and model that made it.

        GovernedPrompt("summary", label="production", client=Client()) | StrOutputParser()

    Args:
        prompt: a name or a `prompts:/` URI.
        client, async_client: either one serves its own kind of call.
    """

    def __init__(
        self,
        prompt: str,
        *,
        label: str | None = None,
        version: int | None = None,
        namespace: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        client: Client | None = None,
        async_client: AsyncClient | None = None,
    ) -> None:
        self.name = prompt
        self._prompt = prompt
        self._choice: dict[str, Any] = {
            "label": label, "version": version, "namespace": namespace, "model": model, "parameters": parameters,
        }  # fmt: skip
        self._client = client
        self._async_client = async_client

    def invoke(self, input: Variables, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:  # noqa: A002 - LangChain's name
        def run(variables: Variables) -> AIMessage:
            return _message(_given(self._client, "client").run(self._prompt, variables, **self._choice))

        return self._call_with_config(run, input, config, **kwargs)

    async def ainvoke(self, input: Variables, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:  # noqa: A002 - LangChain's name
        if self._async_client is None:
            return await super().ainvoke(input, config, **kwargs)
        client = self._async_client

        async def run(variables: Variables) -> AIMessage:
            return _message(await client.run(self._prompt, variables, **self._choice))

        return await self._acall_with_config(run, input, config, **kwargs)

    def stream(
        self,
        input: Variables,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any | None,
    ) -> Iterator[AIMessage]:
        yield from self._transform_stream_with_config(iter([input]), self._streamed, ensure_config(config), **kwargs)

    async def astream(
        self,
        input: Variables,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any | None,
    ) -> AsyncIterator[AIMessage]:
        if self._async_client is None:
            async for message in super().astream(input, config, **kwargs):
                yield message
            return

        async def one() -> AsyncIterator[Variables]:
            yield input

        pieces = self._atransform_stream_with_config(one(), self._astreamed, ensure_config(config), **kwargs)
        async for message in pieces:
            yield message

    def _streamed(self, inputs: Iterator[Variables]) -> Iterator[AIMessage]:
        for variables in inputs:
            with _given(self._client, "client").stream(self._prompt, variables, **self._choice) as stream:
                for text in stream:
                    yield AIMessageChunk(content=text)
                yield _last_chunk(stream.result)

    async def _astreamed(self, inputs: AsyncIterator[Variables]) -> AsyncIterator[AIMessage]:
        client = self._async_client
        assert client is not None
        async for variables in inputs:
            async with client.stream(self._prompt, variables, **self._choice) as stream:
                async for text in stream:
                    yield AIMessageChunk(content=text)
                yield _last_chunk(stream.result)


class EngineRetriever(BaseRetriever):
    """Passages of a collection as LangChain documents, best first; their metadata says exactly where they stand."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    collection: str
    limit: int = 10
    namespace: str | None = None
    client: Client | None = None
    async_client: AsyncClient | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:  # noqa: ARG002 - LangChain's shape
        client = _given(self.client, "client")
        found = client.search(query, collection=self.collection, limit=self.limit, namespace=self.namespace)
        return [_document(passage) for passage in found]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        if self.async_client is None:
            return await super()._aget_relevant_documents(query, run_manager=run_manager)
        found = await self.async_client.search(
            query, collection=self.collection, limit=self.limit, namespace=self.namespace
        )
        return [_document(passage) for passage in found]


def _given(client: Client | None, name: str) -> Client:
    if client is None:
        raise InvalidInput("client.missing", f"This call needs a `Client`; give `{name}=Client()`.")
    return client


def _metadata(run: RunResult) -> dict[str, Any]:
    return {
        "execution_id": str(run.execution_id),
        "version": run.number,
        "lock_digest": run.lock_digest,
        "model_name": run.model,
        "model_digest": run.model_digest,
        "finish_reason": run.finish_reason,
        "value": run.value,
    }


def _usage(run: RunResult) -> UsageMetadata | None:
    sent, made = run.usage.input_tokens, run.usage.output_tokens
    if sent is None or made is None:
        return None
    details = InputTokenDetails(cache_read=run.usage.cached_tokens or 0)
    return UsageMetadata(input_tokens=sent, output_tokens=made, total_tokens=sent + made, input_token_details=details)


def _message(run: RunResult) -> AIMessage:
    return AIMessage(content=run.output, response_metadata=_metadata(run), usage_metadata=_usage(run))


def _last_chunk(run: RunResult) -> AIMessageChunk:
    return AIMessageChunk(content="", response_metadata=_metadata(run), usage_metadata=_usage(run))


def _document(passage: Passage) -> Document:
    return Document(
        page_content=passage.text,
        metadata={
            "source": passage.version.document,
            "document_id": str(passage.version.document_id),
            "version": passage.version.number,
            "digest": passage.version.digest,
            "page": passage.page,
            "start": passage.start,
            "end": passage.end,
            "score": passage.score,
        },
    )
