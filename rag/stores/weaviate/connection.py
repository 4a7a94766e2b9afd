"""The connection to a Weaviate server, made when first needed: importing its client takes almost two seconds."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from mcp_engine.errors import EngineError, Refused, TryLater

if TYPE_CHECKING:
    from weaviate import WeaviateAsyncClient

_REST_SECONDS = 2.0
"""How long a store that did not answer is not asked: each search that waits for it holds a database connection."""
_RETRY_SECONDS = 5.0
_NOT_THERE = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"})
_NOT_LET_IN = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED"})
_RECONNECTING = [("grpc.initial_reconnect_backoff_ms", 200), ("grpc.max_reconnect_backoff_ms", 2000)]
"""By itself gRPC looks for a server that was away for long every two minutes only."""
_CLOSED = frozenset({401, 403})
_GATEWAY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class WeaviateOptions:
    """Where the server is, and what to present to it.

    Args:
        url: of its REST interface.
        grpc_host: None for the host of `url`.
        collection: how the names of the collections of chunks begin; the length of their vectors follows.
        timeout_seconds: how long one search waits; a write waits six times as long.
    """

    url: str
    grpc_port: int = 50051
    grpc_host: str | None = None
    api_key: SecretStr | None = None
    collection: str = "McpEngineChunk"
    timeout_seconds: float = 5.0

    @property
    def write_seconds(self) -> float:
        return 6 * self.timeout_seconds


class WeaviateConnection:
    """One client a process, connected when somebody asks; a lost connection is made again by the next."""

    def __init__(self, options: WeaviateOptions) -> None:
        self.options = options
        self._client: WeaviateAsyncClient | None = None
        self._connecting = asyncio.Lock()
        self._rest_until = 0.0

    @asynccontextmanager
    async def asking(self, seconds: float) -> AsyncGenerator[WeaviateAsyncClient]:
        """Give the client for some calls that may take so long together, and translate what it raises.

        Raises:
            TryLater: `store.unavailable`.
            Refused: `store.key_refused`, `store.failed`.
        """
        if time.monotonic() < self._rest_until:
            raise self._unavailable()
        client = await self._made()
        try:
            # The client itself would repeat a call that finds nobody for a minute.
            async with asyncio.timeout(seconds):
                await self._connect(client)
                yield client
        except EngineError:
            raise
        except Exception as error:
            failure = self._translated(error)
            if failure is None:
                raise
            if isinstance(failure, TryLater):
                self._rest_until = time.monotonic() + _REST_SECONDS
            raise failure from error

    async def collection_names(self) -> list[str]:
        """Return the names of all collections on the server; ask within `asking`.

        The client would read the settings of each of them, whoever made it, and fail on those that it does not know.
        """
        key = self.options.api_key
        headers = {} if key is None else {"Authorization": f"Bearer {key.get_secret_value()}"}
        async with httpx.AsyncClient(headers=headers, timeout=self.options.timeout_seconds, trust_env=False) as client:
            response = await client.get(f"{self.options.url}/v1/schema")
        if response.status_code in _CLOSED:
            raise self._key_refused()
        return [str(one["class"]) for one in response.raise_for_status().json()["classes"]]

    async def close(self) -> None:
        """Close the client, if there is one."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _made(self) -> WeaviateAsyncClient:
        async with self._connecting:
            if self._client is None:
                self._client = await asyncio.to_thread(_client_of, self.options)
            return self._client

    async def _connect(self, client: WeaviateAsyncClient) -> None:
        async with self._connecting:
            if not client.is_connected():
                await client.connect()

    def _translated(self, error: Exception) -> EngineError | None:
        """Return an error of the client in our words; None for one that is not the store's."""
        from weaviate.exceptions import (
            WeaviateBaseError,
            WeaviateConnectionError,
            WeaviateRetryError,
            WeaviateStartUpError,
            WeaviateTimeoutError,
        )

        absent = (WeaviateConnectionError, WeaviateRetryError, WeaviateStartUpError, WeaviateTimeoutError)
        codes = {name for one in _causes(error) if (name := _grpc_code(one)) is not None}
        statuses = {status for one in _causes(error) if isinstance(status := getattr(one, "status_code", None), int)}
        if isinstance(error, (TimeoutError, httpx.HTTPError, *absent)) or codes & _NOT_THERE or statuses & _GATEWAY:
            return self._unavailable()
        if codes & _NOT_LET_IN or statuses & _CLOSED:
            return self._key_refused()
        if isinstance(error, WeaviateBaseError):
            said = " ".join(str(error).split())[:500]
            return Refused("store.failed", f"The vector store at {self.options.url} failed: {said}")
        return None

    def _key_refused(self) -> Refused:
        return Refused(
            "store.key_refused",
            f"The vector store at {self.options.url} does not accept the engine's key; "
            "correct MCP_ENGINE_WEAVIATE_API_KEY and start the engine and its workers again.",
        )

    def _unavailable(self) -> TryLater:
        return TryLater(
            "store.unavailable",
            f"The vector store at {self.options.url} does not answer. Start it, or set "
            "MCP_ENGINE_VECTOR_STORE=postgresql and start the engine again to search without it; "
            "what it has not heard of waits in the outbox.",
            retry_after_seconds=_RETRY_SECONDS,
        )


def _client_of(options: WeaviateOptions) -> WeaviateAsyncClient:
    from weaviate import WeaviateAsyncClient
    from weaviate.auth import AuthApiKey
    from weaviate.config import AdditionalConfig, GrpcConfig, Timeout
    from weaviate.connect import ConnectionParams

    # It would log the objects that a server refused, which hold the words of documents.
    logging.getLogger("weaviate-client").setLevel(logging.CRITICAL)
    parts = urlsplit(options.url)
    secure, host = parts.scheme == "https", parts.hostname or ""
    seconds = options.timeout_seconds
    return WeaviateAsyncClient(
        connection_params=ConnectionParams.from_params(
            http_host=host, http_port=parts.port or (443 if secure else 80), http_secure=secure,
            grpc_host=options.grpc_host or host, grpc_port=options.grpc_port, grpc_secure=secure,
        ),
        auth_client_secret=None if options.api_key is None else AuthApiKey(options.api_key.get_secret_value()),
        additional_config=AdditionalConfig(
            timeout=Timeout(init=seconds, query=seconds, insert=options.write_seconds), trust_env=False,
            grpc_config=GrpcConfig(channel_options=_RECONNECTING),
        ),
        # They ask PyPI for the newest client.
        skip_init_checks=True,
    )  # fmt: skip


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it was raised from or while handling: the client keeps the status there."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _grpc_code(error: BaseException) -> str | None:
    code = getattr(error, "code", None)
    name = getattr(code(), "name", None) if callable(code) else None
    return name if isinstance(name, str) else None
