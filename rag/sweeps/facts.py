"""What the audit log says about sweeps, and the check that their rows still say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.canonical import digest
from mcp_engine.database.engine import UnitOfWork
from rag.sweeps.repository import StoredCombination, SweepRepository
from rag.sweeps.tables import SweepRow

STARTED: Final = "strategy_sweep.started"
ENDED: Final = "strategy_sweep.ended"


def started_facts(sweep: SweepRow) -> dict[str, Any]:
    """Return the facts of the leaf `strategy_sweep.started`: everything pinned."""
    return {
        "namespace": sweep.namespace,
        "collection": sweep.collection,
        "strategy_lock_digest": sweep.strategy_lock_digest,
        "dataset_version": str(sweep.dataset_version_id),
        "split": sweep.split,
        "split_digest": sweep.split_digest,
        "rows": sweep.rows,
        "options_digest": digest(sweep.options),
        "scorers": {scorer["name"]: scorer["lock_digest"] for scorer in sweep.scorers},
        "actor_id": str(sweep.actor_id),
    }


def ended_facts(sweep: SweepRow, combinations: Sequence[StoredCombination]) -> dict[str, Any]:
    """Return the facts of the leaf `strategy_sweep.ended`: which evaluation is of which options, and what they came to.

    The evaluations' own leaves speak of their scores.
    """
    return {
        "namespace": sweep.namespace,
        "evaluations": {str(one.row.evaluation_id): digest(one.row.options) for one in combinations},
        "figures_digest": digest([_plain(one) for one in combinations]),
        "actor_id": str(sweep.actor_id),
    }


def _plain(one: StoredCombination) -> dict[str, Any] | None:
    return None if one.figures is None else one.figures.model_dump(exclude={"tenant_id", "sweep_id", "ended_at"})


class SweepCheck:
    """The live check of sweeps (see `mcp_engine.audit.live.LiveCheck`)."""

    kinds = frozenset({STARTED, ENDED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        repository = SweepRepository(work.session)
        found = await repository.find([UUID(subject) for subject in subjects])
        if kind == STARTED:
            return {str(id_): started_facts(one.row) for id_, one in found.items()}
        return {str(id_): ended_facts(one.row, await repository.combinations(id_)) for id_, one in found.items()}
