"""What changed between two versions of a prompt: its text line by line, its settings one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp_engine.artifacts.diff import changed_settings, unified
from mcp_engine.prompts.kind import frozen_texts, parse_body
from mcp_engine.prompts.schemas import PromptDiff

_TEXT = frozenset({"template", "messages"})


def diff_bodies(name: str, before: tuple[int, Mapping[str, Any]], after: tuple[int, Mapping[str, Any]]) -> PromptDiff:
    """Return the difference between two numbered, stored bodies.

    It may take a while for large texts, as `unified`: run it off the event loop.
    """
    return PromptDiff(
        name=name,
        from_number=before[0],
        to_number=after[0],
        identical=before[1] == after[1],
        text=unified(name, (before[0], prompt_text(before[1])), (after[0], prompt_text(after[1]))),
        frozen_changed=frozen_texts(parse_body(before[1])) != frozen_texts(parse_body(after[1])),
        settings=changed_settings(_settings(before[1]), _settings(after[1])),
    )


def prompt_text(body: Mapping[str, Any]) -> str:
    """Return a prompt's text for reading: the template, or each message under a line with its role."""
    if body.get("messages") is None:
        return str(body.get("template", ""))
    return "\n".join(f"[{message['role']}]\n{message['content']}" for message in body["messages"])


def _settings(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in _TEXT}
