"""What a remote model server's failure means for the caller."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import structlog

from mcp_engine.errors import EngineError, InvalidInput, ModelFailed, NotFound, SlowDown, TimedOut, TryLater

DEFAULT_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 3600.0
_LONGEST_QUOTE = 300
_CONTEXT_EXCEEDED = "context_length_exceeded"
"""OpenAI's error code, which llama-cpp-python's server sends too; vLLM says it in words only."""
_CONTEXT_WORDS = "maximum context length"
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
        return _timed_out(provider)
    if isinstance(error, openai.APIStatusError):
        words = _quote(error.message, credential)
        found = error.response
        if found.status_code < 500 and (error.code == _CONTEXT_EXCEEDED or _CONTEXT_WORDS in error.message):
            return InvalidInput("model.context_exceeded", f"The provider {provider!r} refuses the prompt: {words}")
        return status_error(found.status_code, found.headers, provider=provider, model=model, words=words)
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


def status_error(status: int, headers: Mapping[str, str], *, provider: str, model: str, words: str = "") -> EngineError:
    """Return the `EngineError` for an HTTP status other than success; `words` may be quoted."""
    match status:
        case 401 | 403:
            # Not `NotSignedIn`: the caller's own key is good, the provider's is not.
            return ModelFailed(
                "model.credential_refused",
                f"The provider {provider!r} refuses its credential (status {status}); delete the provider and create "
                "it again with a valid one.",
            )
        case 404:
            return NotFound(
                "model.not_found",
                f"The provider {provider!r} has no model {model!r}, or its base URL is wrong. {words}".rstrip(),
            )
        case 429:
            return SlowDown(
                "model.rate_limited",
                f"The provider {provider!r} limits its rate; repeat later.",
                retry_after_seconds=_retry_after(headers),
            )
        case 503:
            return TryLater(
                "model.unavailable",
                f"The provider {provider!r} is unavailable; repeat later.",
                retry_after_seconds=_retry_after(headers),
            )
        case 408 | 504:
            return _timed_out(provider)
        case 400 | 413 | 422:
            return InvalidInput("model.request_refused", f"The provider {provider!r} refuses this request: {words}")
        case _:
            return ModelFailed(
                "model.remote_failed", f"The provider {provider!r} failed with status {status}; repeat the request."
            )


def _timed_out(provider: str) -> TimedOut:
    return TimedOut("model.timed_out", f"The provider {provider!r} did not answer in time; repeat the request.")


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds of `Retry-After` (RFC 9110, 10.2.3: seconds or a date), within an hour."""
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return DEFAULT_RETRY_SECONDS
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    return DEFAULT_RETRY_SECONDS if math.isnan(seconds) else min(LONGEST_RETRY_SECONDS, max(1.0, seconds))


def _quote(words: str, credential: str) -> str:
    struck = words.replace(credential, "[credential]") if credential else words
    return struck[:_LONGEST_QUOTE]
