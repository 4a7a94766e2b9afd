"""One row: run it or take an earlier output, then score it by every scorer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog

from mcp_engine.access import Caller
from mcp_engine.canonical import digest
from mcp_engine.errors import EngineError
from mcp_engine.evaluation.datasets.repository import MemberRow
from mcp_engine.evaluation.datasets.rows import SEALED
from mcp_engine.evaluation.runs.subject import EVALUATION_RUN, RunPlan, Subject
from mcp_engine.evaluation.runs.tables import EvaluationItemRow, EvaluationRow, EvaluationScoreRow
from mcp_engine.evaluation.scorers.kind import parameters_of
from mcp_engine.evaluation.scorers.port import Answered, Score, ScoreFailed, Scoring
from mcp_engine.evaluation.scorers.registry import ScorerTypes
from mcp_engine.executions.schemas import SEALED_RUN, ExecutionDetail
from mcp_engine.executions.service import ExecutionService
from mcp_engine.jobs.kinds import is_permanent

ROW_ERASED: Final = "dataset.row_erased"
NO_OUTPUT: Final = "score.no_output"
RAISED: Final = "score.raised"
_OF_THE_OUTPUT = frozenset({"prompt.output_invalid", "prompt.output_cut"})
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """A row that is run and scored."""

    item: EvaluationItemRow
    scores: list[EvaluationScoreRow]


def cache_key(evaluation: EvaluationRow, inputs_digest: str) -> str:
    """Return what the output of a row follows from; two rows with one key have one output."""
    return digest(
        {
            "lock": evaluation.subject_lock_digest,
            "inputs": inputs_digest,
            "model": evaluation.model_digest,
            "parameters": evaluation.parameters,
            # What ran on a sealed row is for gates alone, also where an open row asks the same.
            "sealed": evaluation.split == SEALED,
        }
    )


class RowScorer:
    """Runs and scores the rows of one evaluation.

    Args:
        last_attempt: whether an error that a repeat might heal is recorded, because nobody will repeat.
    """

    def __init__(
        self,
        evaluation: EvaluationRow,
        caller: Caller,
        subject: Subject,
        types: ScorerTypes,
        executions: ExecutionService,
        *,
        last_attempt: bool,
    ) -> None:
        self._evaluation = evaluation
        self._caller = caller
        self._subject = subject
        self._types = types
        self._executions = executions
        self._last_attempt = last_attempt
        self._sealed = evaluation.split == SEALED
        self._plan = RunPlan(
            evaluation.namespace, evaluation.subject_name, evaluation.subject_number, evaluation.subject_lock_digest,
            evaluation.model_name, evaluation.parameters, SEALED_RUN if self._sealed else EVALUATION_RUN,
        )  # fmt: skip

    async def row(self, row: MemberRow, earlier: UUID | None, judged: Mapping[str, EvaluationScoreRow]) -> Result:
        """Return the row's result.

        Args:
            earlier: an execution that ran the same before.
            judged: what scorers said of that execution for this row, by lock.

        Raises:
            EngineError: a repeat may heal it; nothing of the row is lost by that.
        """
        item = EvaluationItemRow(
            tenant_id=self._caller.tenant_id,
            evaluation_id=self._evaluation.id,
            position=row.position,
            row_digest=row.digest,
            cache_key=cache_key(self._evaluation, row.inputs_digest),
            execution_id=earlier,
            reused=earlier is not None,
        )
        if row.content is None:
            return self._without_output(item, ROW_ERASED)
        if earlier is None:
            try:
                item.execution_id = await self._subject.run(self._caller, self._plan, row.content["inputs"])
            except EngineError as error:
                if not (self._last_attempt or error.code in _OF_THE_OUTPUT or is_permanent(error)):
                    raise
                ended = error.details.get("execution_id")
                item.execution_id = None if ended is None else UUID(ended)
                return self._without_output(item, error.code)
        assert item.execution_id is not None
        [run] = await self._executions.several(self._caller, [item.execution_id], sealed=self._sealed)
        answered = _answered(row.content, run, self._subject.output(run))
        scores = [
            await self._score(item, scorer, answered, judged.get(scorer["lock_digest"]))
            for scorer in self._evaluation.scorers
        ]
        return Result(item, scores)

    def _without_output(self, item: EvaluationItemRow, code: str) -> Result:
        item.error_code = code
        return Result(item, [_failed(item, scorer, NO_OUTPUT) for scorer in self._evaluation.scorers])

    async def _score(
        self, item: EvaluationItemRow, scorer: Mapping[str, Any], answered: Answered, earlier: EvaluationScoreRow | None
    ) -> EvaluationScoreRow:
        kind = self._types.get(scorer["type"])
        if earlier is not None and earlier.execution_id is not None:
            return _scored(item, scorer, Score(earlier.value or 0.0, earlier.execution_id))
        scoring = Scoring(
            self._caller, self._evaluation.namespace, scorer["pinned"], scorer["locks"], sealed=self._sealed
        )
        try:
            found = await kind.score(scoring, parameters_of(self._types, scorer), answered)
        except ScoreFailed as error:
            return _failed(item, scorer, error.code, error.execution_id)
        except EngineError as error:
            if not (self._last_attempt or is_permanent(error)):
                raise
            return _failed(item, scorer, error.code)
        except Exception as error:  # noqa: BLE001 - a scorer may be anybody's code
            # A scorer may quote the row; of a sealed one, logs say nothing.
            why = {"error": type(error).__name__} if self._sealed else {"exc_info": error}
            _log.warning("scorer_raised", scorer=scorer["name"], type=kind.name, **why)
            return _failed(item, scorer, RAISED)
        if not math.isfinite(found.value) or (kind.scale == "share" and not 0 <= found.value <= 1):
            return _failed(item, scorer, "score.out_of_range", found.execution_id)
        return _scored(item, scorer, found)


def _answered(content: Mapping[str, Any], run: ExecutionDetail, output: Any) -> Answered:
    return Answered(
        inputs=content["inputs"],
        expected=content["expected"],
        output=output,
        metadata=content["metadata"],
        latency_ms=run.latency_total_ms,
        cost_usd=run.cost_usd,
        input_tokens=run.input_tokens,
        output_tokens=run.output_tokens,
        record=run.output.value,
    )


def _scored(item: EvaluationItemRow, scorer: Mapping[str, Any], score: Score) -> EvaluationScoreRow:
    return EvaluationScoreRow(
        tenant_id=item.tenant_id, evaluation_id=item.evaluation_id, position=item.position, scorer=scorer["name"],
        scorer_lock_digest=scorer["lock_digest"], value=score.value, execution_id=score.execution_id,
    )  # fmt: skip


def _failed(
    item: EvaluationItemRow, scorer: Mapping[str, Any], code: str, execution_id: UUID | None = None
) -> EvaluationScoreRow:
    return EvaluationScoreRow(
        tenant_id=item.tenant_id, evaluation_id=item.evaluation_id, position=item.position, scorer=scorer["name"],
        scorer_lock_digest=scorer["lock_digest"], failure_code=code, execution_id=execution_id,
    )  # fmt: skip


def costly_locks(scorers: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Return the locks of scorers whose verdicts cost a run, and are taken over where they are known."""
    return frozenset(scorer["lock_digest"] for scorer in scorers if scorer["pinned"])
