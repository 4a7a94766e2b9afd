"""What a test may have go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Faults:
    """Present wishes; all may change while the server runs.

    Args:
        slow_seconds: how long every call takes at least.
        refused_ordinals: objects with such an `ordinal` are refused, `refusals_left` times each batch.
        refusals_left: how many refusals are still given; None for any number.
        removed_at_once: how many objects one removal takes, as the real server bounds it.
        calls: the names of the gRPC calls so far.
    """

    slow_seconds: float = 0.0
    refused_ordinals: frozenset[int] = frozenset()
    refusals_left: int | None = None
    removed_at_once: int = 0
    calls: list[str] = field(default_factory=list)

    def refusal(self, sent: Any) -> str | None:
        if int(sent.properties.non_ref_properties["ordinal"]) not in self.refused_ordinals:
            return None
        if self.refusals_left is not None:
            if self.refusals_left == 0:
                return None
            self.refusals_left -= 1
        return "put object: shard is read-only: disk usage too high"
