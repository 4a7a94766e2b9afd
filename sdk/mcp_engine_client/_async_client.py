"""The client for programs on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any
from uuid import UUID

import httpx

from mcp_engine_client import models
from mcp_engine_client._assignment import Attribute
from mcp_engine_client._configuration import find_credentials
from mcp_engine_client._core import Core, Filters
from mcp_engine_client._exposures import Exposures, checked_unit
from mcp_engine_client._flows import Retries
from mcp_engine_client._on_loop import AsyncTextStream, LoopIO, LoopReports
from mcp_engine_client._prompt import Fallback, Prompt, prompt_of
from mcp_engine_client._prompt_cache import Abandoned, PromptCache, PromptKey
from mcp_engine_client._references import prompt_key
from mcp_engine_client._streams import answer_state, run_state
from mcp_engine_client._uploads import Adding, Metadata, Progress, Readers, Sources
from mcp_engine_client.errors import EngineError


class AsyncClient:
    """Speaks to one MCP Engine from one event loop; safe to share between its tasks.

    Args:
        url, api_key: default to `MCP_ENGINE_URL` and `MCP_ENGINE_API_KEY`, else to what the command line of this
            account uses.
        namespace: where names are looked up unless a call says otherwise.
        timeout_seconds: how long the server may be silent; runs and questions have ten minutes of their own.
        prompt_timeout_seconds: how long `get_prompt` waits when it has something else to serve.
        max_retries: repeats after a failure that may pass (busy, restarting, connection lost).
        http: an `httpx.AsyncClient` of your own, for proxies and certificates; it is not closed here.

    Raises:
        InvalidInput: `client.bad_url`, `client.bad_key`, `client.bad_credentials`.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        namespace: str = "default",
        timeout_seconds: float = 60.0,
        prompt_timeout_seconds: float = 5.0,
        max_retries: int = 2,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._core = Core(
            find_credentials(url, api_key), namespace, Retries(max_retries), timeout_seconds, prompt_timeout_seconds
        )
        self._io = LoopIO(self._core, http)
        self._cache = PromptCache()
        self._exposures = Exposures()
        self._reports = LoopReports(self._io, self._exposures)
        self._refreshes: set[asyncio.Task[None]] = set()

    # prompts

    async def get_prompt(
        self,
        name: str,
        *,
        label: str | None = None,
        version: int | None = None,
        namespace: str | None = None,
        cache_ttl_seconds: float = 60.0,
        fallback: Fallback | None = None,
        unit_id: str | None = None,
        attributes: Mapping[str, Attribute] | None = None,
        session_id: str | None = None,
    ) -> Prompt:
        """Return a version of a prompt by label, number, or (neither) the latest; `name` may be a `prompts:/` URI.

        Within `cache_ttl_seconds` it comes from memory. After that the old one is served at once and a new one
        fetched in the background. While the registry fails, what it last gave is served, or `fallback` (a text, or
        the messages of a chat).

        While an experiment runs on the label, a `unit_id` (a user, a conversation) always gets the same arm, computed
        here; `attributes` are for its targeting. The server hears of it in the background, and finds feedback on
        `session_id`.

        Raises:
            EngineError: only when there is nothing to serve.
            InvalidInput: `client.bad_unit`, `client.bad_session`.
        """
        key = prompt_key(name, version, label, namespace or self._core.namespace)
        unit = None if unit_id is None else checked_unit(unit_id, attributes, session_id)
        prompt = await self._current(key, cache_ttl_seconds, fallback)
        if unit is not None:
            prompt = self._exposures.place(key, prompt, unit)
            self._reports.wake()
        return prompt

    async def render(
        self,
        name: str,
        variables: Mapping[str, Any] | None = None,
        *,
        label: str | None = None,
        version: int | None = None,
        namespace: str | None = None,
    ) -> list[models.Message]:
        """Return the messages that a run would send, rendered by the server."""
        key = prompt_key(name, version, label, namespace or self._core.namespace)
        return await self._io.perform(self._core.render(key, variables or {}))

    async def run(
        self,
        name: str,
        variables: Mapping[str, Any] | None = None,
        *,
        label: str | None = None,
        version: int | None = None,
        namespace: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout_seconds: float | None = None,
        unit_id: str | None = None,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> models.RunResult:
        """Run a prompt on a model on the server, recorded as an execution.

        A repeat with the same `idempotency_key` (made up when left out) returns the first outcome. A `unit_id` gets
        the arm of an experiment that runs on the label.
        """
        key = prompt_key(name, version, label, namespace or self._core.namespace)
        call = self._core.run_call(
            key, variables or {}, model=model, parameters=parameters, idempotency_key=idempotency_key,
            timeout_seconds=timeout_seconds, unit_id=unit_id, attributes=attributes, stream=False,
        )  # fmt: skip
        return await self._io.perform(self._core.run(call))

    def stream(
        self,
        name: str,
        variables: Mapping[str, Any] | None = None,
        *,
        label: str | None = None,
        version: int | None = None,
        namespace: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout_seconds: float | None = None,
        unit_id: str | None = None,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> AsyncTextStream[models.RunResult]:
        """Run a prompt and return its text as it comes; leaving the loop early cancels the run."""
        key = prompt_key(name, version, label, namespace or self._core.namespace)
        call = self._core.run_call(
            key, variables or {}, model=model, parameters=parameters, idempotency_key=idempotency_key,
            timeout_seconds=timeout_seconds, unit_id=unit_id, attributes=attributes, stream=True,
        )  # fmt: skip
        return AsyncTextStream(self._io, call, run_state())

    # documents and questions

    async def ask(
        self,
        question: str,
        *,
        collection: str,
        strategy: str = "default",
        namespace: str | None = None,
        idempotency_key: str | None = None,
        timeout_seconds: float | None = None,
        unit_id: str | None = None,
        attributes: Mapping[str, Attribute] | None = None,
        filters: Filters | None = None,
        follows: UUID | str | None = None,
    ) -> models.Answer:
        """Return an answer of verbatim, cited sentences, or a refusal (`refused`) with the nearest passages.

        Args:
            filters: which documents are asked: patterns in the lists `documents` (names) and `media_types`, days
                `since` and `until` (YYYY-MM-DD), and a list of conditions on `metadata`:
                `{"key": "team", "one_of": ["ops"]}`, `{"key": "year", "at_least": 2020, "at_most": 2024}`.
            follows: the `execution_id` of an answer that this question goes on from, so that it may say "it".
        """
        call = self._core.ask_call(
            question, collection=collection, strategy=strategy, namespace=namespace, idempotency_key=idempotency_key,
            timeout_seconds=timeout_seconds, unit_id=unit_id, attributes=attributes, filters=filters, follows=follows,
            stream=False,
        )  # fmt: skip
        return await self._io.perform(self._core.ask(call))

    def ask_stream(
        self,
        question: str,
        *,
        collection: str,
        strategy: str = "default",
        namespace: str | None = None,
        idempotency_key: str | None = None,
        timeout_seconds: float | None = None,
        unit_id: str | None = None,
        attributes: Mapping[str, Attribute] | None = None,
        filters: Filters | None = None,
        follows: UUID | str | None = None,
    ) -> AsyncTextStream[models.Answer]:
        """Ask, and return the answer's sentences as they come; `passages` and `citations` fill as it goes."""
        call = self._core.ask_call(
            question, collection=collection, strategy=strategy, namespace=namespace, idempotency_key=idempotency_key,
            timeout_seconds=timeout_seconds, unit_id=unit_id, attributes=attributes, filters=filters, follows=follows,
            stream=True,
        )  # fmt: skip
        return AsyncTextStream(self._io, call, answer_state())

    async def search(
        self,
        query: str,
        *,
        collection: str,
        limit: int = 10,
        namespace: str | None = None,
        filters: Filters | None = None,
    ) -> list[models.Passage]:
        """Return the nearest passages of a collection, best first; `filters` as of `ask`."""
        return await self._io.perform(
            self._core.search(query, collection=collection, limit=limit, namespace=namespace, filters=filters)
        )

    async def add_documents(
        self,
        sources: Sources,
        *,
        collection: str,
        namespace: str | None = None,
        progress: Progress | None = None,
        readers: Readers | None = None,
        metadata: Metadata | None = None,
        wait: bool = True,
        wait_seconds: float | None = None,
    ) -> list[models.AddedDocument]:
        """Add files, folders, or bytes with names, and wait until they can be searched.

        Args:
            sources: a path, a `(name, bytes)`, several of these, or a mapping from names to bytes.
            progress: called with a `DocumentProgress` whenever a document gets further.
            readers: who alone may read them, `{"groups": ["crew"], "principals": ["ada"]}`; you must be among
                them. None leaves the access lists as they are, and new documents to everyone in the tenant.
            metadata: what searches are narrowed by, `{"team": "ops", "year": 2024}`, in place of what the documents
                had; None leaves that as it is.
            wait: False returns as soon as the bytes are safe; durable jobs then index them.
            wait_seconds: how long to wait at most.

        Raises:
            IndexingFailed: naming the documents that failed, after all others are done.
            TimedOut: `documents.still_indexing` after `wait_seconds`; the jobs go on.
        """
        adding = Adding(self._core, collection, namespace or self._core.namespace, progress, readers, metadata)
        return await self._io.perform(adding.run(sources, wait=wait, wait_seconds=wait_seconds))

    # feedback

    async def feedback(
        self,
        metric_name: str,
        value: bool | float | str,
        *,
        execution_id: UUID | str | None = None,
        session_id: str | None = None,
        comment: str | None = None,
        namespace: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.Feedback:
        """Record a judgement of an execution, or of a conversation of yours (`session_id`), at any later time.

        The metrics `comment` and `demonstration` take a text, all others a boolean or a number.
        """
        return await self._io.perform(
            self._core.feedback(
                metric_name, value, execution_id=execution_id, session_id=session_id, comment=comment,
                namespace=namespace, idempotency_key=idempotency_key,
            )
        )  # fmt: skip

    # what is there; each iterator fetches the next page when it is needed

    def prompts(
        self, *, namespace: str | None = None, prefix: str = "", tag: str | None = None, page_size: int = 50
    ) -> AsyncIterator[models.PromptSummary]:
        return self._io.all_of(self._core.prompts(namespace=namespace, prefix=prefix, tag=tag, page_size=page_size))

    def prompt_versions(
        self, name: str, *, namespace: str | None = None, page_size: int = 50
    ) -> AsyncIterator[models.PromptVersion]:
        """Return the versions of a prompt, newest first."""
        return self._io.all_of(self._core.prompt_versions(name, namespace=namespace, page_size=page_size))

    def documents(
        self, collection: str, *, namespace: str | None = None, removed: bool = False, page_size: int = 50
    ) -> AsyncIterator[models.Document]:
        """Return the documents of a collection by name."""
        return self._io.all_of(
            self._core.documents(collection, namespace=namespace, removed=removed, page_size=page_size)
        )

    def executions(self, *, page_size: int = 50, **filters: Any) -> AsyncIterator[models.Execution]:
        """Return executions, newest first; `filters` are those of `GET /executions`, such as `status="failed"`."""
        return self._io.all_of(self._core.executions(filters, page_size=page_size))

    async def execution(self, execution_id: UUID | str) -> models.ExecutionDetail:
        """Return everything stored about an execution."""
        return await self._io.perform(self._core.execution(execution_id))

    def feedback_entries(self, *, page_size: int = 50, **filters: Any) -> AsyncIterator[models.Feedback]:
        """Return feedback, newest first; filter by `execution_id`, `session_id` or `metric_name`."""
        return self._io.all_of(self._core.feedback_of(filters, page_size=page_size))

    def audit_entries(self, *, page_size: int = 50, **filters: Any) -> AsyncIterator[models.AuditEntry]:
        """Return audit entries, newest first; `filters` are those of `GET /audit/entries`, such as `kind=`."""
        return self._io.all_of(self._core.audit_entries(filters, page_size=page_size))

    # life

    async def close(self) -> None:
        """Report what was shown, then close the connections; prompts that were fetched are served on."""
        await self._reports.close()
        for task in self._refreshes:
            task.cancel()
        await asyncio.gather(*self._refreshes, return_exceptions=True)
        await self._io.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # how prompts are fetched

    async def _current(self, key: PromptKey, cache_ttl_seconds: float, fallback: Fallback | None) -> Prompt:
        fresh = self._cache.fresh(key, cache_ttl_seconds)
        if fresh is not None:
            return fresh
        at_hand = self._cache.at_hand(key, cache_ttl_seconds, fallback)
        if at_hand is not None:
            self._refresh_in_background(key)
            return at_hand
        return await self._fetched(key, fallback)

    async def _fetched(self, key: PromptKey, fallback: Fallback | None) -> Prompt:
        while True:
            has_other = fallback is not None or self._cache.holds(key)
            flight, leads = self._cache.join(key)
            if leads and has_other:
                self._fetch_in_background(key, flight)
            elif leads:
                await self._fetch(key, flight, retries=None)
            try:
                return await asyncio.wait_for(
                    asyncio.shield(asyncio.wrap_future(flight)),
                    self._core.prompt_timeout_seconds if has_other else None,
                )
            except Abandoned:
                continue
            except (EngineError, TimeoutError) as error:
                if isinstance(error, TimeoutError):
                    self._cache.late(key)
                found = self._cache.last_resort(key, fallback)
                if found is None:
                    raise
                return found

    async def _fetch(self, key: PromptKey, flight: Future[Prompt], *, retries: int | None) -> None:
        with self._cache.carrying_out(key, flight):
            detail = await self._io.perform(self._core.fetch_prompt(key, retries=retries))
            self._cache.landed(key, flight, prompt_of(detail))

    def _refresh_in_background(self, key: PromptKey) -> None:
        flight = self._cache.claim_refresh(key)
        if flight is not None:
            self._fetch_in_background(key, flight)

    def _fetch_in_background(self, key: PromptKey, flight: Future[Prompt]) -> None:
        task = asyncio.create_task(self._fetch(key, flight, retries=0))
        # The loop itself holds tasks weakly.
        self._refreshes.add(task)
        task.add_done_callback(self._refreshes.discard)
