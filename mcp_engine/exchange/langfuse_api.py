"""Langfuse's public API: its prompts, read and written as the holder of a project's keys.

The keys come from `LANGFUSE_PUBLIC_KEY` and `LANGFUSE_SECRET_KEY` and appear in no message.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import quote

import httpx

from mcp_engine.errors import InvalidInput, NotAllowed, NotFound, TryLater
from mcp_engine.exchange.langfuse import Payload, checked_payloads

_PAGE = 100
_ATTEMPTS = 6
_MAX_WAIT_SECONDS = 120.0
_BUSY = frozenset({429, 502, 503, 504})
_ROOT = "/api/public/v2/prompts"


class LangfuseApi:
    """Prompts of one project.

    Args:
        sleep: waits for seconds when the server asks for it.

    Every call raises:
        NotAllowed: `exchange.langfuse_keys`: the keys are not accepted.
        NotFound: `exchange.langfuse_not_found`.
        InvalidInput: `exchange.langfuse_refused` for what the server refuses, `exchange.langfuse_invalid` for an
            answer that is none of Langfuse's.
        TryLater: `exchange.langfuse_unavailable` after several attempts.
    """

    def __init__(
        self, host: str, public_key: str, secret_key: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._sleep = sleep
        try:
            self._client = httpx.Client(base_url=host.rstrip("/"), auth=(public_key, secret_key), timeout=60)
        except httpx.InvalidURL as error:
            raise InvalidInput("exchange.langfuse_host", f"{host} is no address: {error}.") from error

    @classmethod
    def from_environment(cls, host: str | None) -> Self:
        """Return the API at `host`, or `LANGFUSE_HOST`, with the keys of the environment.

        Raises:
            InvalidInput: `exchange.langfuse_host`, `exchange.langfuse_keys`: says which variable is missing.
        """
        named = host or os.environ.get("LANGFUSE_HOST") or os.environ.get("LANGFUSE_BASE_URL") or ""
        if not named.startswith(("http://", "https://")):
            raise InvalidInput(
                "exchange.langfuse_host",
                "Say where Langfuse is, by --host or LANGFUSE_HOST: such as https://cloud.langfuse.com.",
            )
        keys = [os.environ.get(name, "") for name in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")]
        if not all(keys):
            raise InvalidInput(
                "exchange.langfuse_keys", "Set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY to a project's keys."
            )
        return cls(named, *keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def names(self) -> dict[str, list[int]]:
        """Return the numbers of the versions of every prompt."""
        return dict(self._listed({}))

    def versions(self, name: str) -> list[Payload]:
        """Return every version of a prompt, oldest first; none when there is no such prompt."""
        numbers = dict(self._listed({"name": name})).get(name, [])
        return [self.version(name, number) for number in sorted(numbers)]

    def version(self, name: str, number: int) -> Payload:
        """Return a version with its includes as tags."""
        path = f"{_ROOT}/{quote(name, safe='')}"
        found = self._call("GET", path, params={"version": number, "resolve": "false"})
        return checked_payloads(found, f"The answer for {name!r}")[0]

    def create(self, payload: Payload) -> int:
        """Store the next version; return its number."""
        found = self._call("POST", _ROOT, body=payload)
        match found:
            case {"version": int(number)}:
                return number
            case _:
                raise _not_langfuse("its answer names no version")

    def label(self, name: str, number: int, label: str) -> None:
        """Point a label at a version; Langfuse takes it from the version that had it."""
        self._call("PATCH", f"{_ROOT}/{quote(name, safe='')}/versions/{number}", body={"newLabels": [label]})

    def _listed(self, wanted: Mapping[str, str]) -> Iterator[tuple[str, list[int]]]:
        page, pages = 1, 1
        while page <= pages:
            found = self._call("GET", _ROOT, params={**wanted, "page": page, "limit": _PAGE})
            try:
                pages = int(found["meta"]["totalPages"])
                items = [(str(item["name"]), [int(number) for number in item["versions"]]) for item in found["data"]]
            except (KeyError, TypeError, ValueError) as error:
                raise _not_langfuse("its list of prompts has another form") from error
            yield from items
            page += 1

    def _call(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        for attempt in range(_ATTEMPTS):
            last = attempt == _ATTEMPTS - 1
            try:
                response = self._client.request(method, path, params=params, json=body)
            except httpx.TransportError as error:
                # A version that is sent twice would be there twice; where nobody listens, waiting helps nobody.
                if last or method != "GET" or isinstance(error, httpx.ConnectError):
                    raise TryLater(
                        "exchange.langfuse_unavailable", f"Langfuse can't be reached: {error}.", retry_after_seconds=5
                    ) from error
                self._sleep(2.0**attempt)
                continue
            if response.status_code in _BUSY and not last and (method == "GET" or response.status_code == 429):
                self._sleep(_wait(response, attempt))
                continue
            return _answer(response)
        raise AssertionError("the last attempt returns or raises")


def _wait(response: httpx.Response, attempt: int) -> float:
    """Return the seconds that `Retry-After` asks for (a number or a date), or ever longer ones without it."""
    asked = response.headers.get("Retry-After", "")
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            seconds = 2.0**attempt
    return min(max(seconds, 0.0), _MAX_WAIT_SECONDS)


def _answer(response: httpx.Response) -> Any:
    status = response.status_code
    if status in {401, 403}:
        raise NotAllowed(
            "exchange.langfuse_keys",
            "Langfuse does not accept the keys in LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY for this.",
        )
    if status in _BUSY or status >= 500:
        raise TryLater(
            "exchange.langfuse_unavailable", f"Langfuse fails ({status}): {_said(response)}", retry_after_seconds=30
        )
    if status == 404:
        raise NotFound("exchange.langfuse_not_found", f"Langfuse has no such thing: {_said(response)}")
    if not response.is_success:
        raise InvalidInput("exchange.langfuse_refused", f"Langfuse refuses this ({status}): {_said(response)}")
    try:
        return response.json()
    except ValueError as error:
        raise _not_langfuse("its answer is no JSON") from error


def _said(response: httpx.Response) -> str:
    try:
        found = response.json()
    except ValueError:
        return response.text[:300]
    match found:
        case {"message": str(message)}:
            return message[:300]
        case _:
            return response.text[:300]


def _not_langfuse(why: str) -> InvalidInput:
    return InvalidInput("exchange.langfuse_invalid", f"The server does not answer as Langfuse does: {why}.")
