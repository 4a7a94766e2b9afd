"""Strategies as the registry governs them."""

from __future__ import annotations

from dataclasses import dataclass

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import NotFound
from rag.strategy import DEFAULT_NAME, KIND, Strategy


@dataclass(frozen=True, slots=True)
class ResolvedStrategy:
    """A strategy, and the version and lock that executions record."""

    strategy: Strategy
    version: ResolvedVersion


class Strategies:
    """Resolves strategies; a namespace that has no `default` gets one on first use."""

    def __init__(self, artifacts: ArtifactService) -> None:
        self._artifacts = artifacts

    async def resolve_in(self, work: UnitOfWork, namespace: str, reference: str) -> ResolvedStrategy:
        """Return what `NAME`, `NAME@label` or `NAME/version` names now.

        Raises:
            NotFound: names what exists instead.
            InvalidInput: the reference can't be read.
        """
        wanted = Reference.parse(KIND, reference)
        try:
            version = await self._artifacts.resolve_in(work, namespace, wanted)
        except NotFound:
            if wanted != Reference(KIND, DEFAULT_NAME):
                raise
            body = Strategy().model_dump(mode="json")
            await self._artifacts.push_in(work, KIND, namespace, DEFAULT_NAME, body, "The engine's own defaults.")
            version = await self._artifacts.resolve_in(work, namespace, wanted)
        return ResolvedStrategy(Strategy.model_validate(version.body), version)
