"""Errors on the wire: RFC 9457 problem details, one shape for every failure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from mcp_engine.database.outages import is_outage, sqlstate_of
from mcp_engine.errors import EngineError, TryLater
from mcp_engine.identifiers import NAME_PATTERN, NAME_RULE

MEDIA_TYPE = "application/problem+json"
NO_CREDENTIAL = "access.no_credential"
_DISK_FULL = "53100"
_DESCRIPTIONS = {
    400: "Two parts of the request contradict each other, or its body can't be read.",
    401: "No valid credential.",
    403: "The credential lacks the scope.",
    404: "Nothing of that name or id exists for this tenant.",
    409: "The present state does not allow it.",
    410: "The content was erased.",
    413: "Too large.",
    415: "A format that is not supported.",
    422: "The input is not valid.",
    429: "Too many requests; see Retry-After.",
    500: "The engine failed; its log has the details under the request id.",
    502: "The model failed; repeat, or choose another.",
    503: "Busy or starting; see Retry-After.",
    504: "It took too long.",
}
_log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """An RFC 9457 problem document; further members carry the details of its code."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route's `responses` say about these statuses: a problem document, and what it means."""
    schema = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}
    return {status: {"description": _DESCRIPTIONS[status], "content": {MEDIA_TYPE: schema}} for status in statuses}


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    details: dict[str, Any] | None = None,
    retry_after_seconds: float | None = None,
) -> JSONResponse:
    headers = {} if retry_after_seconds is None else {"Retry-After": str(max(1, math.ceil(retry_after_seconds)))}
    if status == HTTPStatus.UNAUTHORIZED:
        # RFC 6750, section 3.1: no error code when no credential was sent.
        headers["WWW-Authenticate"] = "Bearer" if code == NO_CREDENTIAL else 'Bearer error="invalid_token"'
    body = {
        **(details or {}),
        "type": f"urn:mcp-engine:error:{code}",
        "title": _phrase(status),
        "status": status,
        "code": code,
        "detail": detail,
    }
    return JSONResponse(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def error_response(error: EngineError) -> JSONResponse:
    return problem_response(
        error.status,
        error.code,
        error.message,
        details=error.details,
        retry_after_seconds=error.retry_after_seconds,
    )


_NO_OBJECT = frozenset({"model_attributes_type", "model_type", "dict_type"})


def _fault(item: Mapping[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        return "there is no such member; is it misspelt?"
    if item["type"] == "json_invalid":
        return f"this is no JSON ({item.get('ctx', {}).get('error', 'it ends too early')})"
    if item["type"] == "string_pattern_mismatch" and item.get("ctx", {}).get("pattern") == NAME_PATTERN:
        return NAME_RULE
    if item["type"] == "uuid_parsing":
        return "this is no id; ids look like 0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b"
    if tuple(item["loc"]) == ("body",) and item["type"] in _NO_OBJECT:
        return "send a JSON object, with the header `Content-Type: application/json`"
    return str(item["msg"]).removeprefix("Value error, ")


def _member(field: str) -> str:
    """Name a member of the body as its sender wrote it; other fields keep where they stand."""
    place = re.fullmatch(r"body\.(\d+)", field)
    return f"the body at character {place[1]}" if place else field.removeprefix("body.")


def install_handlers(app: FastAPI) -> None:
    """Turn every exception that leaves a route into a problem document."""

    async def engine_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, EngineError)
        return error_response(error)

    async def invalid_request(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        faults = [{"field": ".".join(map(str, item["loc"])), "message": _fault(item)} for item in error.errors()]
        summary = "; ".join(f"{_member(fault['field'])}: {fault['message']}" for fault in faults[:5])
        return problem_response(422, "request.invalid", f"Correct the request: {summary}", details={"faults": faults})

    async def http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        match error.__cause__:
            case EngineError() as cause:
                return error_response(cause)
            case DBAPIError() | PoolTimeout() as cause:
                return await database_failed(request, cause)
            case _:
                pass
        code = f"http.{_phrase(error.status_code).lower().replace(' ', '_').replace('-', '_')}"
        detail = str(error.detail)
        if error.status_code == HTTPStatus.NOT_FOUND:
            detail = f"Nothing stands at {request.method} {request.url.path}; /docs lists what does."
        response = problem_response(error.status_code, code, detail)
        response.headers.update(error.headers or {})  # such as Allow, which a 405 must carry
        return response

    async def unstorable(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, DataError)
        _log.warning("unstorable_value", path=request.url.path, error=str(error.orig))
        return problem_response(
            422, "request.unstorable", "A value has a NUL character or is out of range; correct it and send it again."
        )

    async def database_failed(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, (DBAPIError, PoolTimeout))
        known = _database_problem(error)
        if known is None:
            return await unexpected(request, error)
        _log.error(known.code, path=request.url.path, error=str(getattr(error, "orig", error)))
        return error_response(known)

    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        _log.error("unexpected_error", path=request.url.path, exc_info=error)
        return problem_response(
            500,
            "engine.fault",
            "The engine failed in a way it did not expect; its log has the details under this request id.",
        )

    app.add_exception_handler(EngineError, engine_error)
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(DataError, unstorable)
    app.add_exception_handler(DBAPIError, database_failed)
    app.add_exception_handler(PoolTimeout, database_failed)
    app.add_exception_handler(Exception, unexpected)


def _database_problem(error: DBAPIError | PoolTimeout) -> TryLater | None:
    """Return what the caller can do about a failure of the database itself; None for one of ours."""
    if isinstance(error, PoolTimeout):
        return TryLater(
            "database.busy", "Every connection to the database is in use; repeat in a moment.", retry_after_seconds=2
        )
    if sqlstate_of(error) == _DISK_FULL:
        return TryLater(
            "database.no_space", "The database has no disk space left; free some, then repeat.", retry_after_seconds=30
        )
    if is_outage(error) or isinstance(error, OperationalError):
        return TryLater(
            "database.unavailable", "The database does not answer; repeat in a moment.", retry_after_seconds=2
        )
    return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
