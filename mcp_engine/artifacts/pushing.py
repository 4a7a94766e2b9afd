"""What a push was written from: who read a version does not overwrite what came after it unseen."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mcp_engine.artifacts.tables import Artifact, Version
from mcp_engine.errors import Conflict

After = Annotated[
    int | None,
    Field(
        ge=0,
        description="The latest version that you know of, 0 for a new name: the push is refused where there is a "
        "newer one. Left out, it is pushed after whatever is the latest.",
    ),
]


def check_after(artifact: Artifact, found: Version | None, after: int | None) -> None:
    """Return if `after` is the artifact's latest version (0: it has none) or None: the pusher does not care.

    Args:
        found: the version that has the pushed body already. The repetition of the push that made the version next
            to `after` passes: its answer may have been lost.

    Raises:
        Conflict: `artifact.exists`, `artifact.newer_version`.
    """
    latest = artifact.latest_number
    if after is None or latest == after or (found is not None and found.number == latest == after + 1):
        return
    if after == 0:
        raise Conflict(
            "artifact.exists",
            f"A {artifact.kind.replace('_', ' ')} is named {artifact.name!r} already; choose another name, or push "
            "its next version.",
            details={"latest": latest},
        )
    raise Conflict(
        "artifact.newer_version",
        f"{artifact.name!r} has version {latest} by now, and yours was written after version {after}; "
        f"look at what changed, and push it after {latest}.",
        details={"latest": latest},
    )
