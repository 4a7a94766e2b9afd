"""What an execution was given, in few words: lists show it, and read it from the stored inputs each time."""

from __future__ import annotations

import json
from typing import Any, cast

from pydantic_core import from_json

READ_CHARACTERS = 1_000
"""How much of the stored JSON is read for it: inputs can be megabytes, and a list has many."""
EXCERPT_CHARACTERS = 160
VALUE_CHARACTERS = 80
"""So that one long variable leaves room for the next."""


def excerpt(beginning: str) -> str:
    """Return a question as it is, else names and values, on one line of `EXCERPT_CHARACTERS` at the most.

    Args:
        beginning: of what `rows.new_inputs` stores, up to `READ_CHARACTERS` of it; it may end anywhere.
    """
    try:
        stored: dict[str, Any] = from_json(beginning, allow_partial="trailing-strings")
    except ValueError:
        # Nested deeper than this parser goes.
        return _shortened(_one_line(beginning.removeprefix('{"inputs":')), EXCERPT_CHARACTERS)
    given = stored.get("inputs")
    if not isinstance(given, dict):
        return _shortened(_one_line(given), EXCERPT_CHARACTERS)
    members = _unwrapped(cast("dict[str, Any]", given))
    if isinstance(members.get("question"), str):
        return _shortened(_one_line(members["question"]), EXCERPT_CHARACTERS)
    values = (f"{name}: {_shortened(_one_line(value), VALUE_CHARACTERS)}" for name, value in members.items())
    return _shortened(_one_line(", ".join(values)), EXCERPT_CHARACTERS)


def _unwrapped(members: dict[str, Any]) -> dict[str, Any]:
    """Return what is in the only member of an object, such as `variables`, if that is an object too."""
    values = list(members.values())
    return cast("dict[str, Any]", values[0]) if len(values) == 1 and isinstance(values[0], dict) else members


def _one_line(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
