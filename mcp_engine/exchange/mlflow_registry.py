"""MLflow's prompt registry, through its own client: any tracking URI that it knows.

MLflow is imported when a registry is opened: that takes seconds. It is told to send no telemetry.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any, cast

from mcp_engine.errors import InvalidInput, TryLater
from mcp_engine.exchange.mlflow_prompts import MlflowVersion

_PAGE = 100


class MlflowRegistry:
    """Prompts, versions and aliases of one registry.

    Args:
        uri: a tracking URI, such as `http://localhost:5000` or `sqlite:///mlflow.db`.

    Raises:
        InvalidInput: `exchange.mlflow_refused` when MLflow does not take what it is given.
        TryLater: `exchange.mlflow_unavailable` when the registry can't be reached.
    """

    def __init__(self, uri: str) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        with _quiet():
            client = cast("Any", import_module("mlflow")).MlflowClient
            for name in ("mlflow", "alembic"):
                logging.getLogger(name).setLevel(logging.WARNING)
            self._client = client(tracking_uri=uri, registry_uri=uri)

    def names(self) -> list[str]:
        """Return the names of all prompts, in order."""
        return sorted(prompt.name for prompt in self._pages(self._client.search_prompts))

    def exists(self, name: str) -> bool:
        with _quiet():
            return self._client.get_prompt(name) is not None

    def versions(self, name: str) -> tuple[dict[int, MlflowVersion], dict[str, int]]:
        """Return the versions of a prompt by number, and the numbers of its aliases."""
        numbers = [int(one.version) for one in self._pages(partial(self._client.search_prompt_versions, name))]
        versions: dict[int, MlflowVersion] = {}
        aliases: dict[str, int] = {}
        for number in sorted(numbers):
            with _quiet():
                # A list of versions comes without their aliases.
                found = self._client.get_prompt_version(name, number)
            versions[number] = MlflowVersion(
                found.template, found.commit_message or "", found.tags, found.response_format, found.model_config
            )
            aliases.update(dict.fromkeys(found.aliases, number))
        return versions, aliases

    def create(self, name: str) -> None:
        """Make a prompt without versions."""
        with _quiet():
            self._client.create_prompt(name)

    def add(self, name: str, version: MlflowVersion) -> int:
        """Store a version; return its number."""
        with _quiet():
            made = self._client.create_prompt_version(
                name,
                version.template,
                description=version.message,
                tags=dict(version.tags),
                response_format=version.response_format,
                model_config=_plain(version.model_config),
            )
        return int(made.version)

    def point(self, name: str, alias: str, number: int) -> None:
        with _quiet():
            self._client.set_prompt_alias(name, alias, number)

    def _pages(self, search: Callable[..., Any]) -> Iterator[Any]:
        token: str | None = None
        while True:
            with _quiet():
                page = search(max_results=_PAGE, page_token=token)
            yield from page
            token = page.token
            if not token:
                return


def _plain(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else dict(value)


@contextmanager
def _quiet() -> Generator[None]:
    """Keep the warnings of MLflow and its libraries to itself, and turn its errors into ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Exception as error:  # MLflow lets the errors of every store and driver through
            code = getattr(error, "error_code", "")
            message = str(error).splitlines()[0] if str(error) else type(error).__name__
            if code in {"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS"}:
                raise InvalidInput("exchange.mlflow_refused", f"MLflow refuses this: {message}") from error
            raise TryLater("exchange.mlflow_unavailable", f"MLflow fails: {message}", retry_after_seconds=5) from error
