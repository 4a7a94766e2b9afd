"""What the audit log says about evaluations, and the check that their rows still say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.canonical import digest
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.evaluation.runs.metrics import Scored
from mcp_engine.evaluation.runs.repository import EvaluationRepository
from mcp_engine.evaluation.runs.tables import EvaluationOutcomeRow, EvaluationRow

ENDED: Final = "evaluation.ended"


def ended_facts(
    evaluation: EvaluationRow, outcome: EvaluationOutcomeRow, scores: Mapping[str, Mapping[str, Scored]]
) -> dict[str, Any]:
    """Return the facts of the leaf `evaluation.ended`: everything pinned, and salted digests of what came out."""
    salt = evaluation.salt
    return {
        "namespace": evaluation.namespace,
        "subject_version": str(evaluation.subject_version_id),
        "subject_lock_digest": evaluation.subject_lock_digest,
        "dataset_version": str(evaluation.dataset_version_id),
        "split": evaluation.split,
        "split_digest": evaluation.split_digest,
        "rows": evaluation.rows,
        "model_digest": evaluation.model_digest,
        "parameters_digest": digest(evaluation.parameters),
        "scorers": {scorer["name"]: scorer["lock_digest"] for scorer in evaluation.scorers},
        "scores_digest": digest([salt, {row: _plain(by_scorer) for row, by_scorer in scores.items()}]),
        "metrics_digest": digest([salt, outcome.metrics, outcome.failed_rows]),
        "actor_id": str(evaluation.actor_id),
    }


def _plain(by_scorer: Mapping[str, Scored]) -> dict[str, float | str | None]:
    return {scorer: score.failure_code if score.value is None else score.value for scorer, score in by_scorer.items()}


class EvaluationCheck:
    """The live check of evaluations (see `mcp_engine.audit.live.LiveCheck`)."""

    kinds = frozenset({ENDED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        assert kind == ENDED
        repository = EvaluationRepository(work)
        ids = [UUID(subject) for subject in subjects]
        stored, values = await repository.find(ids), await repository.values(ids)
        return {
            str(id_): ended_facts(one.evaluation, one.outcome, values[id_])
            for id_, one in stored.items()
            if one.outcome is not None
        }
