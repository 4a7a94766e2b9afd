"""Whether a prompt can be used for what a strategy, or a draft of questions, names it for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mcp_engine.artifacts.kinds import Reference


class PromptUse(NamedTuple):
    """What a prompt is for, the variables that it has to have, and those that it may have."""

    purpose: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]

    def misfit(self, reference: Reference, variables: Mapping[str, Any]) -> str | None:
        """Return why a prompt can't be used, in words; None for one that can.

        Args:
            variables: the schema of what it takes.
        """
        unknown = sorted({*variables.get("required", ())} - {*self.needed, *self.optional})
        lacking = [name for name in self.needed if name not in variables.get("properties", {})]
        if not unknown and not lacking:
            return None
        why = f"it asks for {', '.join(unknown)}" if unknown else f"it takes no {_named(lacking)}"
        return (
            f"{reference} can't {self.purpose}: {why}. Its variables have to be {_named(self.needed)} and, where it "
            f"wants {'it' if len(self.optional) == 1 else 'them'}, {_named(self.optional)}."
        )


def _named(variables: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in variables)
