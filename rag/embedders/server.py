"""Embedding models at servers: OpenAI's protocol (vLLM, TEI, Ollama, llama-server, OpenAI) and Cohere's (v2).

A request that the server can't take at the moment (429, 5xx, no connection) is repeated a few times, after as long as
it asks for. Redirects are not followed: they would carry the credential elsewhere. No error quotes the credential.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Final

import httpx
import numpy as np

from mcp_engine.canonical import digest
from mcp_engine.errors import EngineError, ModelFailed, NotFound, SlowDown, TimedOut, TryLater
from mcp_engine.models.remote_errors import status_error
from rag.embedders.options import ServerOptions
from rag.embedding import Vectors, normalised

ATTEMPTS: Final = 4
LONGEST_PAUSE_SECONDS: Final = 20.0
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_QUOTE: Final = 300
_MOST_BYTES: Final = 256 * 1024 * 1024


class ServerEmbedder:
    """One model of a server; vectors are scaled to length 1.

    The digest is of everything that was configured, for a server does not say what weights it has: a model that
    changes under the same name has to be given another name here.
    """

    weights_digest = None

    def __init__(self, options: ServerOptions, http: httpx.AsyncClient | None = None) -> None:
        self._options = options
        self._http = http
        self._passages = asyncio.Semaphore(1)

    @property
    def name(self) -> str:
        return self._options.name

    @property
    def provider(self) -> str:
        return self._options.kind

    @property
    def dimensions(self) -> int:
        return self._options.dimensions

    @property
    def digest(self) -> str:
        shaping = {"kind", "base_url", "model", "dimensions", "ask_dimensions", "query_prefix", "passage_prefix"}
        return digest(self._options.model_dump(mode="json", include=shaping))

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Raises what `embed_passages` raises."""
        return await self._embed([self._options.query_prefix + text for text in texts], "search_query")

    async def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """One request at a time over all callers, so that indexing leaves room for questions.

        Raises:
            SlowDown, TryLater, TimedOut: the server can't answer now, after several attempts.
            ModelFailed: it refuses the credential, or answers with something that is no such vectors.
            NotFound: it has no such model, or the base URL is wrong.
            InvalidInput: it refuses the request.
        """
        async with self._passages:
            return await self._embed([self._options.passage_prefix + text for text in texts], "search_document")

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _embed(self, texts: Sequence[str], purpose: str) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), self._options.batch):
            # Servers refuse an empty text; it has no meaning to lose.
            batch = [text or " " for text in texts[start : start + self._options.batch]]
            found = self._vectors(await self._patiently(batch, purpose), len(batch))
            vectors[start : start + len(batch)] = found
        return normalised(vectors)

    async def _patiently(self, texts: Sequence[str], purpose: str) -> Any:
        pause = _FIRST_PAUSE_SECONDS
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._asked(texts, purpose)
            except ModelFailed:
                raise
            except (SlowDown, TryLater) as error:
                wanted = error.retry_after_seconds or 0.0
                if wanted > LONGEST_PAUSE_SECONDS:
                    raise
                await asyncio.sleep(max(pause, wanted if isinstance(error, SlowDown) else 0.0))
                pause *= 2
        return await self._asked(texts, purpose)

    async def _asked(self, texts: Sequence[str], purpose: str) -> Any:
        path, body = self._request(texts, purpose)
        credential = self._options.credential
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        try:
            response = await self._client().post(f"{self._options.base_url}/{path}", json=body, headers=headers)
        except httpx.TimeoutException:
            raise TimedOut(
                "embedder.timed_out",
                f"The embedder {self.name!r} did not answer within {self._options.timeout_seconds:g} seconds.",
            ) from None
        except httpx.TransportError:
            raise TryLater(
                "embedder.unavailable",
                f"The embedder {self.name!r} can't be reached; check its base URL and that its server runs.",
                retry_after_seconds=5.0,
            ) from None
        if not response.is_success:
            raise self._refusal(response, credential)
        if len(response.content) > _MOST_BYTES:
            raise self._nonsense("it answers far too much")
        try:
            return await asyncio.to_thread(json.loads, response.content)
        except ValueError:
            raise self._nonsense("it does not answer in JSON") from None

    def _request(self, texts: Sequence[str], purpose: str) -> tuple[str, dict[str, Any]]:
        wanted = self._options.dimensions if self._options.ask_dimensions else None
        body: dict[str, Any] = {"model": self._options.model}
        if self._options.kind == "openai":
            body |= {"input": list(texts), "encoding_format": "float"}
            return "embeddings", body if wanted is None else {**body, "dimensions": wanted}
        body |= {"texts": list(texts), "input_type": purpose, "embedding_types": ["float"], "truncate": "END"}
        return "embed", body if wanted is None else {**body, "output_dimension": wanted}

    def _vectors(self, answer: Any, count: int) -> Vectors:
        """Return the rows of an answer in the order of the texts; raises `ModelFailed` when they are not there."""
        try:
            if self._options.kind == "openai":
                rows = [one["embedding"] for one in sorted(answer["data"], key=lambda one: int(one["index"]))]
            else:
                rows = answer["embeddings"]["float"]
            vectors = np.array(rows, dtype=np.float32)
        except (KeyError, TypeError, ValueError, IndexError):
            raise self._nonsense("it answers with something that is no vectors") from None
        if vectors.shape != (count, self.dimensions):
            raise self._nonsense(
                f"it answers with vectors of the shape {vectors.shape} in place of {(count, self.dimensions)}; check "
                "`model` and `dimensions`"
            )
        if not np.isfinite(vectors).all():
            raise self._nonsense("it answers with numbers that are none")
        return vectors

    def _refusal(self, response: httpx.Response, credential: str) -> EngineError:
        words = response.text[:_LONGEST_QUOTE]
        words = words.replace(credential, "[credential]") if credential else words
        error = status_error(
            response.status_code, response.headers, provider=self.name, model=self._options.model, words=words
        )
        if error.code == "model.credential_refused":
            variable = self._options.credential_env
            where = f"the environment variable {variable}" if variable else "`credential_env` in the list of embedders"
            return ModelFailed(
                "embedder.credential_refused", f"The embedder {self.name!r} refuses its key: check {where}."
            )
        if error.code == "model.not_found":
            return NotFound("embedder.not_found", error.message)
        # What has a server's own trouble for its reason is worth a repeat.
        if response.status_code >= 500 and isinstance(error, ModelFailed):
            return TryLater("embedder.unavailable", error.message, retry_after_seconds=1.0)
        return error

    def _nonsense(self, what: str) -> ModelFailed:
        return ModelFailed("embedder.failed", f"The embedder {self.name!r} can't be used: {what}.")

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            timeout = httpx.Timeout(self._options.timeout_seconds, connect=10.0)
            self._http = httpx.AsyncClient(timeout=timeout, follow_redirects=False)
        return self._http
