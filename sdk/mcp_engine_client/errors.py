"""Every error this client raises on purpose, named by what the caller must do about it.

    EngineError                        status  the caller's next step
    ├── InvalidInput                     422   correct the named field and send it again
    │   ├── ContradictoryInput           400   drop one of the two
    │   ├── TooLarge                     413   send less
    │   ├── UnsupportedMedia             415   send another format
    │   ├── VariableMissing              422   give the variable `.variable`
    │   ├── VariableUnknown              422   leave out the variable `.variable`
    │   ├── VariableInvalid              422   give a value that fits the variable's schema
    │   └── TemplateInvalid              422   correct the template, or the value it can't use
    ├── NotSignedIn                      401   present a valid key
    ├── NotAllowed                       403   ask an owner for the named scope
    ├── NotFound                         404   choose something that exists
    ├── Gone                             410   stop asking: the content was erased
    ├── Conflict                         409   read the current state, then decide again
    │   └── StillRunning                 409   wait: the first request with this key has not ended
    ├── SlowDown                         429   wait `retry_after_seconds`, then repeat
    ├── TryLater                         503   wait `retry_after_seconds`, then repeat
    │   ├── ModelFailed                  502   repeat, or choose another model
    │   └── Unreachable                   -    start the server, or correct its address
    ├── TimedOut                         504   repeat with less work or a longer limit
    ├── Refused                          500   stop and ask the operator
    └── IndexingFailed                    -    read `.failures`, correct the documents, add them again

The server's errors are RFC 9457 problem documents; `code` is stable and dotted
(`prompt.version_not_found`), the message may change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import httpx


class EngineError(Exception):
    """Base of all deliberate errors.

    Attributes:
        code: stable machine code, dotted and lower case.
        message: what is wrong and what to do, for a person.
        status: of the server's answer; None when it is the client that found out.
        details: extra members of the problem document.
        retry_after_seconds: when a repeat may succeed, if the server said so.
        request_id: under which the server's log has the request.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        details: Mapping[str, Any] | None = None,
        retry_after_seconds: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.details: dict[str, Any] = dict(details or {})
        self.retry_after_seconds = retry_after_seconds
        self.request_id = request_id


class InvalidInput(EngineError): ...


class ContradictoryInput(InvalidInput): ...


class TooLarge(InvalidInput): ...


class UnsupportedMedia(InvalidInput): ...


class _VariableFault(InvalidInput):
    @property
    def variable(self) -> str:
        """The name of the variable."""
        return str(self.details.get("variable", ""))


class VariableMissing(_VariableFault): ...


class VariableUnknown(_VariableFault): ...


class VariableInvalid(InvalidInput): ...


class TemplateInvalid(InvalidInput): ...


class NotSignedIn(EngineError): ...


class NotAllowed(EngineError): ...


class NotFound(EngineError): ...


class Gone(EngineError): ...


class Conflict(EngineError): ...


class StillRunning(Conflict): ...


class SlowDown(EngineError): ...


class TryLater(EngineError): ...


class ModelFailed(TryLater): ...


class Unreachable(TryLater): ...


class TimedOut(EngineError): ...


class Refused(EngineError): ...


class IndexingFailed(EngineError):
    """Some documents could not be made searchable; the others are.

    Attributes:
        failures: the reason by the document's name.
    """

    def __init__(self, failures: Mapping[str, str]) -> None:
        listed = "; ".join(
            reason if reason.startswith(name) else f"{name}: {reason}" for name, reason in list(failures.items())[:5]
        )
        super().__init__("documents.indexing_failed", f"{len(failures)} of the documents failed: {listed}")
        self.failures = dict(failures)


_BY_STATUS: dict[int, type[EngineError]] = {
    400: ContradictoryInput,
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    415: UnsupportedMedia,
    422: InvalidInput,
    429: SlowDown,
    500: Refused,
    502: ModelFailed,
    503: TryLater,
    504: TimedOut,
}
_BY_CODE: dict[str, type[EngineError]] = {
    "prompt.variable_missing": VariableMissing,
    "prompt.variable_unknown": VariableUnknown,
    "prompt.variable_invalid": VariableInvalid,
    "idempotency.still_running": StillRunning,
}
_PROBLEM_MEMBERS = frozenset({"type", "title", "status", "code", "detail"})
_SECONDS = re.compile(r"\d{1,6}")


def error_of(response: httpx.Response) -> EngineError:
    """Return the error that an answer with a failing status stands for; its body has been read."""
    try:
        problem = response.json()
    except ValueError:
        problem = None
    header = response.headers.get("Retry-After", "")
    return error_from_problem(
        problem if isinstance(problem, dict) else {"detail": response.text[:500]},
        status=response.status_code,
        retry_after_seconds=float(header) if _SECONDS.fullmatch(header) else None,
        request_id=response.headers.get("X-Request-ID"),
    )


def error_from_problem(
    problem: Any, *, status: int, retry_after_seconds: float | None = None, request_id: str | None = None
) -> EngineError:
    """Return the error of a problem document."""
    members = cast("dict[str, Any]", problem) if isinstance(problem, dict) else {}
    code = str(members.get("code") or f"http.{status}")
    return _class_of(code, status)(
        code,
        str(members.get("detail") or f"The server answered with status {status} and no explanation."),
        status=status,
        details={name: value for name, value in members.items() if name not in _PROBLEM_MEMBERS},
        retry_after_seconds=retry_after_seconds,
        request_id=request_id,
    )


def _class_of(code: str, status: int) -> type[EngineError]:
    if code in _BY_CODE:
        return _BY_CODE[code]
    if code.startswith("template.") and status == 422:
        return TemplateInvalid
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return Refused if status >= 500 else InvalidInput if status >= 400 else EngineError
