"""Whether a prompt can be used for what a strategy, or a draft of questions, names it for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mcp_engine.artifacts.kinds import Reference


class PromptUse(NamedTuple):
    """What a prompt is for, the variable that it has to have, and those that it may have."""

    purpose: str
    needed: str
    optional: tuple[str, ...]

    def misfit(self, reference: Reference, variables: Mapping[str, Any]) -> str | None:
        """Return why a prompt can't be used, in words; None for one that can.

        Args:
            variables: the schema of what it takes.
        """
        unknown = sorted({*variables.get("required", ())} - {self.needed, *self.optional})
        if not unknown and self.needed in variables.get("properties", {}):
            return None
        why = f"it asks for {', '.join(unknown)}" if unknown else f"it takes no `{self.needed}`"
        return (
            f"{reference} can't {self.purpose}: {why}. Its variables have to be `{self.needed}` and, where it wants "
            f"{'it' if len(self.optional) == 1 else 'them'}, {' and '.join(f'`{name}`' for name in self.optional)}."
        )
