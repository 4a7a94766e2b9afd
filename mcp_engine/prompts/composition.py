"""What a prompt includes: other prompts, as its lock pins them."""

from __future__ import annotations

from collections.abc import Mapping

from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.prompts.kind import KIND, parse_body
from mcp_engine.prompts.schemas import IncludedPrompt, PromptBody


def included_bodies(found: ResolvedVersion) -> Mapping[str, PromptBody]:
    """Return the bodies of everything that a version includes, directly or not, by the name it is included by."""
    return {one.reference.removeprefix(f"{KIND}:"): parse_body(one.body) for one in found.dependencies}


def included_prompts(found: ResolvedVersion) -> list[IncludedPrompt]:
    """Return the same for reading, with the versions that the lock pins."""
    return [
        IncludedPrompt(
            reference=one.reference.removeprefix(f"{KIND}:"),
            number=one.number,
            digest=one.digest,
            template=one.body["template"],
            variables=one.body["variables"],
        )
        for one in found.dependencies
    ]
