"""What a remote model server's failure means for the caller."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
import structlog

from mcp_engine.errors import EngineError, InvalidInput, ModelFailed, NotFound, SlowDown, TimedOut, TryLater

DEFAULT_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 3600.0
_LONGEST_QUOTE = 300
_log = structlog.get_logger(__name__)


def engine_error(error: Exception, *, provider: str, model: str, credential: str) -> EngineError:
    """Return the `EngineError` for what `langchain_openai`, `openai` or `httpx` raised.

    The server's words are quoted only where they help to correct the request, cut, and with the
    credential struck out.
    """
    import openai

    if isinstance(error, EngineError):
        return error
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
        return TimedOut("model.timed_out", f"The provider {provider!r} did not answer in time; repeat the request.")
    if isinstance(error, openai.APIStatusError):
        return status_error(error.response, provider=provider, model=model, words=_quote(error.message, credential))
    if isinstance(error, openai.APIConnectionError | httpx.TransportError):
        return TryLater(
            "model.unavailable",
            f"The provider {provider!r} can't be reached; check its base URL and that its server runs.",
            retry_after_seconds=DEFAULT_RETRY_SECONDS,
        )
    _log.warning("remote_model_failed", provider=provider, model=model, kind=type(error).__name__)
    return ModelFailed(
        "model.remote_failed",
        f"The provider {provider!r} answered with something that is no chat completion; repeat, or check its base URL.",
    )


def status_error(response: httpx.Response, *, provider: str, model: str, words: str = "") -> EngineError:
    """Return the `EngineError` for an HTTP status other than success."""
    match response.status_code:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            # Not `NotSignedIn`: the caller's own key is good, the provider's is not.
            return ModelFailed(
                "model.credential_refused",
                f"The provider {provider!r} refuses its credential (status {response.status_code}); delete the provider "
                "and create it with a valid one.",
            )
        case HTTPStatus.NOT_FOUND:
            return NotFound(
                "model.not_found",
                f"The provider {provider!r} has no model {model!r}, or its base URL is wrong. {words}",
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            return SlowDown(
                "model.rate_limited",
                f"The provider {provider!r} limits its rate; repeat later.",
                retry_after_seconds=_retry_after(response),
            )
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return TryLater(
                "model.unavailable",
                f"The provider {provider!r} is unavailable; repeat later.",
                retry_after_seconds=_retry_after(response),
            )
        case HTTPStatus.REQUEST_TIMEOUT | HTTPStatus.GATEWAY_TIMEOUT:
            return TimedOut("model.timed_out", f"The provider {provider!r} did not answer in time; repeat the request.")
        case HTTPStatus.BAD_REQUEST | HTTPStatus.REQUEST_ENTITY_TOO_LARGE | HTTPStatus.UNPROCESSABLE_CONTENT:
            exceeded = "context_length_exceeded" in response.text or "maximum context length" in words
            code = "model.context_exceeded" if exceeded else "model.request_refused"
            return InvalidInput(code, f"The provider {provider!r} refuses this request: {words}")
        case status:
            return ModelFailed(
                "model.remote_failed", f"The provider {provider!r} failed with status {status}; repeat the request."
            )


def _retry_after(response: httpx.Response) -> float:
    """Return the seconds of `Retry-After` (RFC 9110, 10.2.3: seconds or a date), within an hour."""
    value = response.headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return DEFAULT_RETRY_SECONDS
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    return min(LONGEST_RETRY_SECONDS, max(1.0, seconds)) if seconds == seconds else DEFAULT_RETRY_SECONDS


def _quote(words: str, credential: str) -> str:
    struck = words.replace(credential, "[credential]") if credential else words
    return struck[:_LONGEST_QUOTE]
