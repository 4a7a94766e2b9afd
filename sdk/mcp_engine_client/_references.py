"""Names of versions: `prompts:/name@label`, `prompts:/name/3`, `prompts:/name`."""

from __future__ import annotations

from functools import lru_cache

from mcp_engine_client._prompt_cache import PromptKey
from mcp_engine_client.errors import ContradictoryInput, InvalidInput

SCHEME = "prompts:/"


def prompt_key(name: str, version: int | None, label: str | None, namespace: str) -> PromptKey:
    """Return what a caller asked for; `name` may be a URI, which then says the version or label itself.

    Raises:
        ContradictoryInput: `artifact.version_and_label`.
        InvalidInput: `client.bad_uri`.
    """
    if name.startswith(SCHEME):
        name, own_version, own_label = _parsed(name)
        if (own_version, own_label) != (None, None):
            if (version, label) != (None, None):
                raise ContradictoryInput(
                    "artifact.version_and_label", "Give the version or label in the URI or beside it, not both."
                )
            version, label = own_version, own_label
    if version is not None and label is not None:
        raise ContradictoryInput("artifact.version_and_label", "Give a version or a label, not both.")
    return PromptKey(namespace, name, version, label)


@lru_cache(maxsize=1024)
def _parsed(uri: str) -> tuple[str, int | None, str | None]:
    rest = uri.removeprefix(SCHEME).lstrip("/")
    name, at, label = rest.partition("@")
    name, slash, number = name.partition("/")
    wrong = not name or (at and (slash or not label)) or (slash and not (number.isascii() and number.isdigit()))
    if wrong:
        raise InvalidInput(
            "client.bad_uri", f"{uri!r} is no prompt URI; write prompts:/name@label, prompts:/name/3 or prompts:/name."
        )
    return name, int(number) if slash else None, label if at else None
