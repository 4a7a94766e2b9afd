"""What the audit log says about judged comparisons, and the check that their rows still say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.canonical import digest
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.evaluation.pairs.figures import RowSaid
from mcp_engine.evaluation.pairs.repository import JudgedRepository
from mcp_engine.evaluation.pairs.tables import JudgedComparisonRow, JudgedOutcomeRow

ENDED: Final = "judged_comparison.ended"


def ended_facts(
    comparison: JudgedComparisonRow, outcome: JudgedOutcomeRow, said: Mapping[str, RowSaid]
) -> dict[str, Any]:
    """Return the facts of the leaf `judged_comparison.ended`: everything pinned, and the digest of every verdict."""
    return {
        "namespace": comparison.namespace,
        "baseline_id": str(comparison.baseline_id),
        "candidate_id": str(comparison.candidate_id),
        "judge_lock_digest": comparison.judge_lock_digest,
        "model_digest": comparison.model_digest,
        "rows": comparison.rows,
        "verdicts_digest": digest({row: _plain(verdicts) for row, verdicts in said.items()}),
        "figures_digest": digest(outcome.figures),
        "actor_id": str(comparison.actor_id),
    }


def _plain(verdicts: RowSaid) -> list[str | None]:
    return [one.answer or one.failure_code for one in verdicts]


class JudgedComparisonCheck:
    """The live check of judged comparisons (see `mcp_engine.audit.live.LiveCheck`)."""

    kinds = frozenset({ENDED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        assert kind == ENDED
        repository = JudgedRepository(work)
        ids = [UUID(subject) for subject in subjects]
        stored, said = await repository.find(ids), await repository.said(ids)
        return {
            str(id_): ended_facts(one.comparison, one.outcome, said[id_])
            for id_, one in stored.items()
            if one.outcome is not None
        }
