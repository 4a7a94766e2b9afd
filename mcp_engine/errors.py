"""Every error the engine raises on purpose, named by what the caller must do about it.

    EngineError                    status  the caller's next step
    ├── InvalidInput                 422   correct the named field and send it again
    │   ├── ContradictoryInput       400   drop one of the two
    │   ├── TooLarge                 413   send less
    │   └── UnsupportedMedia         415   send another format
    ├── NotSignedIn                  401   present a valid key or session
    ├── NotAllowed                   403   ask an owner for the named scope
    ├── NotFound                     404   choose something that exists
    ├── Gone                         410   stop asking: the content was erased
    ├── Conflict                     409   read the current state, then decide again
    ├── SlowDown                     429   wait `retry_after_seconds`, then repeat
    ├── TryLater                     503   wait `retry_after_seconds`, then repeat
    │   └── ModelFailed              502   repeat, or choose another model
    ├── TimedOut                     504   repeat with less work or a longer limit
    └── Refused                      500   stop and ask the operator: state is not what it must be

`code` is stable and dotted (`prompt.version_not_found`); the message may change. On the wire an
error is RFC 9457 `application/problem+json` (see `mcp_engine.http.problems`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class EngineError(Exception):
    """Base of all deliberate errors.

    Args:
        code: stable machine code, dotted and lower case.
        message: what is wrong and what to do, for a person; never holds a secret.
        details: extra members of the problem document (JSON values).
        retry_after_seconds: when a repeat may succeed; sent as `Retry-After`.
    """

    status = 500

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.retry_after_seconds = retry_after_seconds


class InvalidInput(EngineError):
    status = 422


class ContradictoryInput(InvalidInput):
    status = 400


class TooLarge(InvalidInput):
    status = 413


class UnsupportedMedia(InvalidInput):
    status = 415


class NotSignedIn(EngineError):
    status = 401


class NotAllowed(EngineError):
    status = 403


class NotFound(EngineError):
    status = 404


class Gone(EngineError):
    status = 410


class Conflict(EngineError):
    status = 409


class SlowDown(EngineError):
    status = 429


class TryLater(EngineError):
    status = 503


class ModelFailed(TryLater):
    status = 502


class TimedOut(EngineError):
    status = 504


class Refused(EngineError):
    status = 500
