"""What changed between two versions of a prompt: its text line by line, its settings one by one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from mcp_engine.prompts.kind import frozen_texts, parse_body
from mcp_engine.prompts.schemas import PromptDiff, SettingChange

_TEXT = frozenset({"template", "messages"})


def diff_bodies(name: str, before: tuple[int, Mapping[str, Any]], after: tuple[int, Mapping[str, Any]]) -> PromptDiff:
    """Return the difference between two numbered, stored bodies.

    It may take a while for large texts (quadratic in the worst case): run it off the event loop.
    """
    settings = {
        path: SettingChange(before=left, after=right)
        for path, left, right in _changes(_settings(before[1]), _settings(after[1]), "")
    }
    lines = difflib.unified_diff(
        prompt_text(before[1]).splitlines(),
        prompt_text(after[1]).splitlines(),
        f"{name}/{before[0]}",
        f"{name}/{after[0]}",
        lineterm="",
    )
    return PromptDiff(
        name=name,
        from_number=before[0],
        to_number=after[0],
        identical=before[1] == after[1],
        text="\n".join(lines),
        frozen_changed=frozen_texts(parse_body(before[1])) != frozen_texts(parse_body(after[1])),
        settings=settings,
    )


def prompt_text(body: Mapping[str, Any]) -> str:
    """Return a prompt's text for reading: the template, or each message under a line with its role."""
    if body.get("messages") is None:
        return str(body.get("template", ""))
    return "\n".join(f"[{message['role']}]\n{message['content']}" for message in body["messages"])


def _settings(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in _TEXT}


def _changes(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield each changed leaf with its dotted path; an absent one is None."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            inner = f"{path}.{key}" if path else str(key)  # pyright: ignore[reportUnknownArgumentType]
            yield from _changes(before.get(key), after.get(key), inner)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    elif before != after:
        yield path, before, after
