"""What an execution says of how texts were packed for a model."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from mcp_engine.models.tokens import TokenCounter
from rag.packing import Packed


class LeftOutPassage(BaseModel):
    """What of a passage a model did not read: it did not fit into its tokens, or it was shown already."""

    version_id: UUID
    start: int
    end: int
    reason: Literal["budget", "repeated"]


class PackingReport(BaseModel):
    """How much a language model read: `tokens` of `budget_tokens`, and `left_out`, what of passages it did not.

    Tokens are counted by the model's own tokenizer or, where that is not here, by a guess (`tokens_exact`). All of it
    is null for what reads no packed text.
    """

    tokens: int | None = None
    budget_tokens: int | None = None
    tokens_exact: bool | None = None
    left_out: list[LeftOutPassage] = []


def packing_report(packed: Packed, budget_tokens: int, counter: TokenCounter) -> PackingReport:
    """Return what is said of `packed`."""
    left_out = [
        LeftOutPassage(version_id=one.version_id, start=one.start, end=one.end, reason=one.reason)
        for one in packed.left_out
    ]
    return PackingReport(
        tokens=packed.tokens, budget_tokens=budget_tokens, tokens_exact=counter.is_exact, left_out=left_out
    )
