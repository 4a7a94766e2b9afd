"""Every operation of the API as a flow: what both clients do, without doing any input or output."""

from __future__ import annotations

import json as json_encoding
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from mcp_engine_client._about import DISTRIBUTION, __version__
from mcp_engine_client._assignment import Attribute
from mcp_engine_client._configuration import Credentials
from mcp_engine_client._exposures import Exposure
from mcp_engine_client._flows import Call, Flow, Retries, exchange
from mcp_engine_client._prompt_cache import PromptKey
from mcp_engine_client.errors import Refused
from mcp_engine_client.models import (
    Answer,
    AuditEntry,
    Document,
    Execution,
    ExecutionDetail,
    ExposuresRecorded,
    Feedback,
    Message,
    Page,
    Passage,
    PromptDetail,
    PromptSummary,
    PromptVersion,
    Rendered,
    RunResult,
    SearchResult,
)

T = TypeVar("T", bound=BaseModel)
PREFIX = "/api/v1"
CONNECT_SECONDS = 5.0
Filters = Mapping[str, str | Sequence[str] | Sequence[Mapping[str, Any]]]
RUN_SECONDS = 600.0
"""How long a run or a question may be silent: models are slow, and wait for each other."""


class Listing(Generic[T]):
    """A list that is read page by page."""

    def __init__(self, core: Core, kind: type[T], path: str, query: Mapping[str, Any], page_size: int) -> None:
        self._core = core
        self._page: type[Page[T]] = Page[kind]
        self._path = path
        self._query = {**query, "limit": page_size}

    def page(self, cursor: str | None) -> Flow[Page[T]]:
        """Fetch the page after `cursor`; None for the first."""
        return self._core.get(self._page, self._path, {**self._query, "cursor": cursor})


@dataclass(frozen=True, slots=True)
class Core:
    """What calls have in common."""

    credentials: Credentials
    namespace: str
    retries: Retries
    timeout_seconds: float
    prompt_timeout_seconds: float

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        key = self.credentials.api_key
        authorization = {"Authorization": f"Bearer {key}"} if key else {}
        return {"User-Agent": f"{DISTRIBUTION}/{__version__}", **authorization}

    def request_arguments(self, call: Call) -> dict[str, Any]:
        """Return the arguments of httpx's `build_request` for a call."""
        timeout = self.timeout_seconds if call.timeout_seconds is None else call.timeout_seconds
        query = {name: _shown(value) for name, value in call.query.items() if value is not None}
        return {
            "method": call.method,
            "url": f"{self.credentials.url}{PREFIX}{call.path}",
            "params": query,
            "json": call.json,
            "data": call.data,
            "files": call.files,
            "headers": {**self.headers(), **call.headers},
            "timeout": httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
        }

    def get(self, kind: type[T], path: str, query: Mapping[str, Any] | None = None) -> Flow[T]:
        return self.answer(kind, Call("GET", path, query or {}))

    def answer(self, kind: type[T], call: Call) -> Flow[T]:
        """Send a call and read its answer as `kind`."""
        return answered(kind, (yield from exchange(call, self.retries)))

    # prompts

    def fetch_prompt(self, key: PromptKey, *, retries: int | None = None) -> Flow[PromptDetail]:
        query = {"version": key.version, "label": key.label, "namespace": key.namespace}
        call = Call("GET", f"/prompts/{_quoted(key.name)}", query)
        call = Call(call.method, call.path, call.query, timeout_seconds=self.prompt_timeout_seconds, retries=retries)
        return self.answer(PromptDetail, call)

    def render(self, key: PromptKey, variables: Mapping[str, Any]) -> Flow[list[Message]]:
        path, query = f"/prompts/{_quoted(key.name)}/render", {"namespace": key.namespace}
        call = Call("POST", path, query, json={"variables": variables, **_choice(key)})
        return (yield from self.answer(Rendered, call)).messages

    def run_call(
        self,
        key: PromptKey,
        variables: Mapping[str, Any],
        *,
        model: str | None,
        parameters: Mapping[str, Any] | None,
        idempotency_key: str | None,
        timeout_seconds: float | None,
        unit_id: str | None,
        attributes: Mapping[str, Attribute] | None,
        stream: bool,
    ) -> Call:
        body: dict[str, Any] = {"variables": dict(variables), "stream": stream, **_choice(key)}
        body |= _unit(unit_id, attributes)
        body |= {"model": model} if model is not None else {}
        body |= {"parameters": dict(parameters)} if parameters is not None else {}
        return Call(
            "POST",
            f"/prompts/{_quoted(key.name)}/run",
            {"namespace": key.namespace},
            json=body,
            headers=_idempotent(idempotency_key),
            timeout_seconds=timeout_seconds or RUN_SECONDS,
            stream=stream,
        )

    def run(self, call: Call) -> Flow[RunResult]:
        return self.answer(RunResult, call)

    # documents and questions

    def ask_call(
        self,
        question: str,
        *,
        collection: str,
        strategy: str,
        namespace: str | None,
        idempotency_key: str | None,
        timeout_seconds: float | None,
        unit_id: str | None,
        attributes: Mapping[str, Attribute] | None,
        filters: Filters | None,
        follows: UUID | str | None,
        stream: bool,
    ) -> Call:
        asked: dict[str, Any] = {
            "question": question, "collection": collection, "strategy": strategy, "stream": stream,
        }  # fmt: skip
        if follows is not None:
            asked["follows"] = str(follows)
        return Call(
            "POST",
            "/ask",
            {"namespace": namespace or self.namespace},
            json={**asked, **_filtered(filters), **_unit(unit_id, attributes)},
            headers=_idempotent(idempotency_key),
            timeout_seconds=timeout_seconds or RUN_SECONDS,
            stream=stream,
        )

    def ask(self, call: Call) -> Flow[Answer]:
        return self.answer(Answer, call)

    def search(
        self, query: str, *, collection: str, limit: int, namespace: str | None, filters: Filters | None
    ) -> Flow[list[Passage]]:
        path = f"/collections/{_quoted(collection)}/search"
        wanted = {"query": query, "limit": limit, **_filtered(filters)}
        call = Call("POST", path, {"namespace": namespace or self.namespace}, json=wanted)
        return (yield from self.answer(SearchResult, call)).passages

    # feedback

    def feedback(
        self,
        metric_name: str,
        value: bool | float | str,
        *,
        execution_id: UUID | str | None,
        session_id: str | None,
        comment: str | None,
        namespace: str | None,
        idempotency_key: str | None,
    ) -> Flow[Feedback]:
        body: dict[str, Any] = {"metric_name": metric_name, "value": value}
        body |= {"execution_id": str(execution_id)} if execution_id is not None else {}
        body |= {"session_id": session_id} if session_id is not None else {}
        body |= {"comment": comment} if comment is not None else {}
        query = {"namespace": namespace or self.namespace} if execution_id is None else {}
        return self.answer(Feedback, Call("POST", "/feedback", query, json=body, headers=_idempotent(idempotency_key)))

    # experiments

    def report(self, exposures: Sequence[Exposure]) -> Flow[ExposuresRecorded]:
        body = {"exposures": [exposure._asdict() for exposure in exposures]}
        path, patience = "/experiments/exposures", self.prompt_timeout_seconds
        return self.answer(ExposuresRecorded, Call("POST", path, json=body, timeout_seconds=patience, retries=1))

    # what is there

    def prompts(self, *, namespace: str | None, prefix: str, tag: str | None, page_size: int) -> Listing[PromptSummary]:
        query = {"namespace": namespace or self.namespace, "prefix": prefix or None, "tag": tag}
        return Listing(self, PromptSummary, "/prompts", query, page_size)

    def prompt_versions(self, name: str, *, namespace: str | None, page_size: int) -> Listing[PromptVersion]:
        query = {"namespace": namespace or self.namespace}
        return Listing(self, PromptVersion, f"/prompts/{_quoted(name)}/versions", query, page_size)

    def documents(self, collection: str, *, namespace: str | None, removed: bool, page_size: int) -> Listing[Document]:
        query = {"namespace": namespace or self.namespace, "removed": removed or None}
        return Listing(self, Document, f"/collections/{_quoted(collection)}/documents", query, page_size)

    def executions(self, filters: Mapping[str, Any], *, page_size: int) -> Listing[Execution]:
        return Listing(self, Execution, "/executions", filters, page_size)

    def execution(self, execution_id: UUID | str) -> Flow[ExecutionDetail]:
        return self.get(ExecutionDetail, f"/executions/{_quoted(str(execution_id))}")

    def feedback_of(self, filters: Mapping[str, Any], *, page_size: int) -> Listing[Feedback]:
        return Listing(self, Feedback, "/feedback", filters, page_size)

    def audit_entries(self, filters: Mapping[str, Any], *, page_size: int) -> Listing[AuditEntry]:
        return Listing(self, AuditEntry, "/audit/entries", filters, page_size)


def answered(kind: type[T], response: httpx.Response) -> T:
    """Return an answer's body as `kind`.

    Raises:
        Refused: `client.bad_answer` when it is something else.
    """
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise Refused(
            "client.bad_answer",
            f"{response.url} does not answer as MCP Engine does; is the address right? ({error.error_count()} faults)",
            status=response.status_code,
        ) from error


def _choice(key: PromptKey) -> dict[str, Any]:
    named = {"version": key.version, "label": key.label}
    return {name: value for name, value in named.items() if value is not None}


def _filtered(filters: Filters | None) -> dict[str, Any]:
    return {} if filters is None else {"filters": dict(filters)}


def _unit(unit_id: str | None, attributes: Mapping[str, Attribute] | None) -> dict[str, Any]:
    return {} if unit_id is None else {"unit_id": unit_id, "attributes": dict(attributes or {})}


def _idempotent(key: str | None) -> dict[str, str]:
    """Return the header under which the server tells a repeat from a second request (a structured field's string)."""
    return {"Idempotency-Key": json_encoding.dumps(key or uuid.uuid4().hex)}


def _quoted(part: str) -> str:
    return quote(part, safe="")


def _shown(value: Any) -> Any:
    """Return a query parameter as the server reads it: moments in ISO 8601."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value) if isinstance(value, UUID) else value
