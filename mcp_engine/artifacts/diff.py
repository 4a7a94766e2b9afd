"""What changed between two versions of an artifact: its members one by one, its body line by line."""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.schemas import ArtifactDiff, SettingChange
from mcp_engine.artifacts.service import ArtifactService


async def diff_versions(
    artifacts: ArtifactService, caller: Caller, kind: str, namespace: str, name: str, before: str, after: str
) -> ArtifactDiff:
    """Return what changed between two versions, each given by its number or a label.

    Raises:
        NotFound, Gone, InvalidInput: as `ArtifactService.resolve` and `Reference.chosen`.
    """
    left = await artifacts.resolve(caller, namespace, Reference.chosen(kind, name, before))
    right = await artifacts.resolve(caller, namespace, Reference.chosen(kind, name, after))
    return await asyncio.to_thread(_diff, kind, name, (left.number, dict(left.body)), (right.number, dict(right.body)))


def _diff(
    kind: str, name: str, before: tuple[int, Mapping[str, Any]], after: tuple[int, Mapping[str, Any]]
) -> ArtifactDiff:
    return ArtifactDiff(
        kind=kind,
        name=name,
        from_number=before[0],
        to_number=after[0],
        identical=before[1] == after[1],
        text=unified(name, (before[0], body_text(before[1])), (after[0], body_text(after[1]))),
        settings=changed_settings(before[1], after[1]),
    )


def body_text(body: Mapping[str, Any]) -> str:
    """Return a body for reading: JSON with a member a line, in the order of their names."""
    return json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False)


def unified(name: str, before: tuple[int, str], after: tuple[int, str]) -> str:
    """Return the unified diff of two numbered texts; empty where they are the same.

    It may take a while for large texts (quadratic in the worst case): run it off the event loop.
    """
    lines = difflib.unified_diff(
        before[1].splitlines(), after[1].splitlines(), f"{name}/{before[0]}", f"{name}/{after[0]}", lineterm=""
    )
    return "\n".join(lines)


def changed_settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, SettingChange]:
    """Return each member that differs by its dotted path; one that is absent on a side is None there."""
    return {path: SettingChange(before=left, after=right) for path, left, right in _changes(before, after, "")}


def _changes(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        left, right = cast("Mapping[str, Any]", before), cast("Mapping[str, Any]", after)
        for key in sorted({*left, *right}):
            yield from _changes(left.get(key), right.get(key), f"{path}.{key}" if path else key)
    elif before != after:
        yield path, before, after
