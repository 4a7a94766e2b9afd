"""A registry with one plain kind: notes that may link to other notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import KindRegistry, Reference
from mcp_engine.artifacts.schemas import LabelTarget
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import LabelMove, PushedVersion, ResolvedVersion
from mcp_engine.database.engine import Database
from mcp_engine.errors import InvalidInput


class NoteKind:
    name = "note"

    def normalise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(body.get("text"), str):
            raise InvalidInput("note.invalid", "A note needs a `text`.")
        return {"text": body["text"], "links": list(body.get("links", [])), "tags": list(body.get("tags", []))}

    def dependencies(self, body: Mapping[str, Any]) -> Sequence[Reference]:
        return [Reference.parse("note", link) for link in body["links"]]

    def check_dependencies(self, body: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> None:
        private = [reference for reference, linked in found.items() if "private" in linked["tags"]]
        if private:
            raise InvalidInput("note.private", f"Nothing can link to {', '.join(private)}: it is private.")


@dataclass
class Notes:
    """One tenant's notes in the namespace `default`."""

    service: ArtifactService
    database: Database
    caller: Caller

    async def push(
        self, name: str, text: str, *links: str, labels: Sequence[str] = (), message: str = "", tags: Sequence[str] = ()
    ) -> PushedVersion:
        body = {"text": text, "links": list(links), "tags": list(tags)}
        return await self.service.push(self.caller, "note", "default", name, body, message, labels)

    async def resolve(self, reference: str) -> ResolvedVersion:
        return await self.service.resolve(self.caller, "default", Reference.parse("note", reference))

    async def label(self, name: str, label: str, number: int) -> LabelMove:
        return await self.service.move_label(self.caller, "note", "default", name, label, LabelTarget(version=number))

    async def numbers(self, name: str) -> list[int]:
        """Every version's number, oldest first."""
        rows = await self.service.versions(self.caller, "note", "default", name, before=None, limit=200)
        return [version.number for version, _ in reversed(rows)]

    async def history(self, name: str, label: str | None = None) -> list[tuple[str, int | None, int]]:
        moves = await self.service.label_history(
            self.caller, "note", "default", name, label=label, before=None, limit=200
        )
        return [(move.label, move.from_number, move.to_number) for move in moves]


@pytest.fixture
def notes(database: Database, caller: Caller) -> Notes:
    return Notes(ArtifactService(database, KindRegistry([NoteKind()])), database, caller)
