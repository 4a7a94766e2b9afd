"""What the server has acknowledged, as its clients remember it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class PromptRecord:
    """One prompt of one client."""

    name: str
    digests: dict[int, str] = field(default_factory=dict[int, str])
    """By version number."""
    moves: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """(label, number) in the order of acknowledgement."""

    @property
    def labels(self) -> dict[str, int]:
        return dict(self.moves)


@dataclass
class DocumentRecord:
    """One document of one client, by its last acknowledged content."""

    collection: str
    name: str
    id: str
    version: int
    token: str
    """A word that stands in this version of this document and nowhere else."""


@dataclass
class Ledger:
    prompts: dict[str, PromptRecord] = field(default_factory=dict[str, PromptRecord])
    documents: dict[tuple[str, str], DocumentRecord] = field(default_factory=dict[tuple[str, str], DocumentRecord])
    runs: dict[str, str] = field(default_factory=dict[str, str])
    """Outputs by execution id."""
    asks: dict[str, str] = field(default_factory=dict[str, str])
    """Answers' texts by execution id."""
