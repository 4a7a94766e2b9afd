"""One row: asks the judge about both outputs, in both orders."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.canonical import digest
from mcp_engine.errors import EngineError
from mcp_engine.evaluation.pairs.figures import RowSaid, Said
from mcp_engine.evaluation.pairs.planning import ANSWERS
from mcp_engine.evaluation.pairs.repository import CommonRow, KnownVerdict
from mcp_engine.evaluation.pairs.schemas import Answer
from mcp_engine.evaluation.pairs.tables import JudgedComparisonRow, JudgedRow, JudgedVerdictRow
from mcp_engine.evaluation.scorers.judging import UNREADABLE, ask
from mcp_engine.evaluation.scorers.port import ScoreFailed
from mcp_engine.jobs.kinds import is_permanent
from mcp_engine.prompts.schemas import PromptDetail
from mcp_engine.prompts.service import PromptService

NO_OUTPUT: Final = "score.no_output"
ROW_ERASED: Final = "dataset.row_erased"
OUTPUT_ERASED: Final = "execution.content_erased"


@dataclass(frozen=True, slots=True)
class Pair:
    """A row and what came out of it on both sides; a side is None where it was erased."""

    row: CommonRow
    content: Mapping[str, Any] | None
    baseline: Any
    candidate: Any


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A row that is judged."""

    row: JudgedRow
    verdicts: tuple[JudgedVerdictRow, JudgedVerdictRow]


def cache_keys(comparison: JudgedComparisonRow, row: CommonRow) -> dict[bool, str]:
    """Return what each verdict follows from, by whether the baseline stands first."""
    sides = [str(row.baseline), str(row.candidate)]
    common = {
        "judge": comparison.judge_lock_digest,
        "model": comparison.model_digest,
        "row": row.row_digest,
    }
    return {True: digest({**common, "outputs": sides}), False: digest({**common, "outputs": sides[::-1]})}


class PairAsker:
    """Asks about the rows of one comparison.

    Args:
        prompt: the version that the judge's lock pins.
        last_attempt: whether an error that a repeat might heal is recorded, because nobody will repeat.
    """

    def __init__(
        self,
        comparison: JudgedComparisonRow,
        caller: Caller,
        prompts: PromptService,
        prompt: PromptDetail,
        *,
        last_attempt: bool,
    ) -> None:
        self._comparison = comparison
        self._caller = caller
        self._prompts = prompts
        self._prompt = prompt
        self._last_attempt = last_attempt

    async def judge(self, pair: Pair, known: Mapping[str, KnownVerdict]) -> JudgedPair:
        """Return the verdicts on a row.

        Args:
            known: what the judge said before, by cache key.

        Raises:
            EngineError: a repeat may heal it; nothing of the row is lost by that.
        """
        keys = cache_keys(self._comparison, pair.row)
        one, other = await asyncio.gather(
            *(self._verdict(pair, keys[first], known, baseline_first=first) for first in (True, False))
        )
        said = RowSaid(_said(one), _said(other))
        row = JudgedRow(
            tenant_id=self._caller.tenant_id, comparison_id=self._comparison.id, position=pair.row.position,
            row_digest=pair.row.row_digest, baseline_execution_id=pair.row.baseline,
            candidate_execution_id=pair.row.candidate, result=said.result,
        )  # fmt: skip
        return JudgedPair(row, (one, other))

    async def _verdict(
        self, pair: Pair, key: str, known: Mapping[str, KnownVerdict], *, baseline_first: bool
    ) -> JudgedVerdictRow:
        verdict = JudgedVerdictRow(
            tenant_id=self._caller.tenant_id, comparison_id=self._comparison.id, position=pair.row.position,
            baseline_first=baseline_first, cache_key=key, reused=False,
        )  # fmt: skip
        earlier = known.get(key)
        if earlier is not None:
            verdict.answer, verdict.execution_id, verdict.reused = earlier.answer, earlier.execution_id, True
            return verdict
        verdict.failure_code = _unasked(pair)
        if verdict.failure_code is None:
            await self._ask(pair, verdict)
        return verdict

    async def _ask(self, pair: Pair, verdict: JudgedVerdictRow) -> None:
        try:
            run = await ask(
                self._prompts, self._caller, self._prompt, _values(pair, verdict), self._comparison.model_name
            )
        except ScoreFailed as error:
            verdict.failure_code, verdict.execution_id = error.code, error.execution_id
        except EngineError as error:
            if not (self._last_attempt or is_permanent(error)):
                raise
            ended = error.details.get("execution_id")
            verdict.failure_code, verdict.execution_id = error.code, None if ended is None else UUID(ended)
        else:
            verdict.answer, verdict.execution_id = _answer(run.output), run.execution_id
            verdict.failure_code = UNREADABLE if verdict.answer is None else None


def _unasked(pair: Pair) -> str | None:
    """Return why a row can't be asked about."""
    if pair.content is None:
        return ROW_ERASED
    if pair.row.baseline is None or pair.row.candidate is None:
        return NO_OUTPUT
    return OUTPUT_ERASED if pair.baseline is None or pair.candidate is None else None


def _values(pair: Pair, verdict: JudgedVerdictRow) -> dict[str, Any]:
    """Return what a prompt can ask for; both outputs stand as the verdict's order says."""
    assert pair.content is not None
    inputs = pair.content["inputs"]
    first, second = (pair.baseline, pair.candidate) if verdict.baseline_first else (pair.candidate, pair.baseline)
    return {**inputs, "inputs": inputs, "expected": pair.content["expected"], "first": first, "second": second}


def _answer(output: str) -> Answer | None:
    try:
        value: Any = json.loads(output)
    except ValueError:
        return None
    match value:
        case {"winner": str(winner)} if winner in ANSWERS:
            return winner
        case _:
            return None


def _said(verdict: JudgedVerdictRow) -> Said:
    return Said(cast("Answer | None", verdict.answer), verdict.failure_code, verdict.reused)
