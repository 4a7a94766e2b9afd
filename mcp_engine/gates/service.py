"""The rules of gates: put one in force, read what is."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ArtifactFilter, ArtifactSummary
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import NotFound
from mcp_engine.evaluation.datasets.kind import KIND as DATASET
from mcp_engine.evaluation.datasets.rows import SEALED
from mcp_engine.gates import views
from mcp_engine.gates.kind import ACTIVE, KIND, GateBody, GateKind, Requirement, parse_body
from mcp_engine.gates.planning import EvidencePlanner
from mcp_engine.gates.repository import Budget, GateRepository
from mcp_engine.gates.schemas import GateDetail, GateSummary, SetGate
from mcp_engine.http.paging import Page, decode_cursor, page_of


class GateService:
    """Gates of every tenant."""

    def __init__(self, database: Database, artifacts: ArtifactService, planner: EvidencePlanner) -> None:
        self._database = database
        self._artifacts = artifacts
        self._planner = planner

    async def put_in_force(self, caller: Caller, namespace: str, new: SetGate) -> GateDetail:
        """Store the next version of a gate, or find the identical one, and let it protect from now on.

        A dataset or scorer that is named bare, or as the latest, is pinned at its number: whoever may push one does
        not thereby decide what the gate measures.

        Raises:
            InvalidInput: `gate.invalid`; as `EvidencePlanner.pinned`.
            NotFound: a dataset, a split or a scorer does not exist.
            NotAllowed: `gate.owner_needed`.
            Conflict: as `ArtifactService.push`.
        """
        body = GateKind().normalise(new.body)
        self._artifacts.kinds.get(body["protects"]["kind"])
        for requirement in body["requires"]:
            requirement.update(await self._planner.pinned(caller, namespace, Requirement.model_validate(requirement)))
        await self._artifacts.push(caller, KIND, namespace, new.name, body, new.message, [ACTIVE], after=new.after)
        return await self.get(caller, namespace, new.name)

    async def get(self, caller: Caller, namespace: str, name: str) -> GateDetail:
        """Return a gate as it is in force, else its latest version, with the budgets of the rows that it looks at.

        Raises:
            NotFound: `gate.not_found`.
        """
        async with self._work(caller) as work:
            latest = await self._artifacts.resolve_in(work, namespace, Reference(KIND, name))
            try:
                active = await self._artifacts.resolve_in(work, namespace, Reference(KIND, name, label=ACTIVE))
            except NotFound as error:
                if error.code != f"{KIND}.label_not_found":
                    raise
                active = None
            shown = active or latest
            body = parse_body(shown.body)
            budgets = await self._budgets(work, namespace, body)
        return views.detail(shown, body, latest.number, active and active.number, budgets)

    async def list(
        self, caller: Caller, namespace: str, over: tuple[str, str] | None, *, limit: int, cursor: str | None
    ) -> Page[GateSummary]:
        """Return gates by name; only those that speak of one artifact where `over` has its kind and name."""
        position = decode_cursor(cursor, parts=1)
        after = None if position is None else str(position[0])
        found: list[GateSummary] = []
        while True:
            rows = await self._artifacts.list(caller, KIND, namespace, ArtifactFilter(), after=after, limit=limit + 1)
            bodies = [(row, await self._body(caller, row)) for row in rows]
            found += [
                views.summary(row, body) for row, body in bodies if over is None or body.protects.speaks_of(*over)
            ]
            if len(rows) <= limit or len(found) > limit:
                return page_of(found, limit, lambda gate: (gate.name,))
            after = rows[-1].name

    async def _body(self, caller: Caller, item: ArtifactSummary) -> GateBody:
        """Return the body in force, which need not be the latest."""
        number = item.labels.get(ACTIVE, item.latest.number)
        if number == item.latest.number and item.body is not None:
            return parse_body(item.body)
        return parse_body(
            (await self._artifacts.resolve(caller, item.namespace, Reference(KIND, item.name, number))).body
        )

    async def _budgets(self, work: UnitOfWork, namespace: str, body: GateBody) -> list[Budget]:
        sealed = dict.fromkeys(one.dataset for one in body.requires if one.split == SEALED)
        datasets = [await self._artifacts.resolve_in(work, namespace, Reference.parse(DATASET, one)) for one in sealed]
        repository = GateRepository(work)
        ids, _ = await repository.ledgers_of({dataset.version_id for dataset in datasets})
        return await repository.budgets(ids)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)
