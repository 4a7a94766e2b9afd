"""From what people and a judge said of the same outputs to how far the judge can be believed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.labels.repository import Verdict
from mcp_engine.evaluation.labels.schemas import CalibrationView, CorrectedRate, Share
from mcp_engine.statistics.judges import (
    Calibration,
    cohens_kappa,
    corrected_interval,
    corrected_rate,
    krippendorffs_alpha,
)
from mcp_engine.statistics.proportions import wilson

LEAST = 20
"""Good and bad outputs, each, below which nothing is said of a judge."""
PASSES = 0.5
"""A score from here on counts as passed."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Outputs by what people and judge said; `[0][1]` are bad ones that the judge passed."""

    table: tuple[tuple[int, int], tuple[int, int]]
    ties: int
    among_people: float | None

    @property
    def positives(self) -> int:
        return sum(self.table[1])

    @property
    def negatives(self) -> int:
        return sum(self.table[0])


def agreement_of(verdicts: Sequence[Verdict]) -> Agreement:
    """Count outputs by the majority of people and by the judge."""
    by_output: dict[UUID, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_output[verdict.execution_id].append(verdict)
    counts, ties = [[0, 0], [0, 0]], 0
    for said in by_output.values():
        good = sum(one.passed for one in said)
        if 2 * good == len(said):
            ties += 1
        else:
            counts[2 * good > len(said)][said[0].score >= PASSES] += 1
    table = ((counts[0][0], counts[0][1]), (counts[1][0], counts[1][1]))
    return Agreement(table, ties, _among_people([[one.passed for one in said] for said in by_output.values()]))


def calibration_of(found: Agreement) -> Calibration | None:
    """Return what corrects the judge's rates; None when too little is known, or it is not surely better than chance."""
    return None if reason_against(found) else _calibration(found)


def reason_against(found: Agreement) -> str | None:
    """Return why a judge is not calibrated."""
    if min(found.positives, found.negatives) < LEAST:
        return (
            f"People have settled {found.positives} good and {found.negatives} bad outputs that it scored; "
            f"{LEAST} of each are needed."
        )
    sensitivity, specificity = (share.low for share in _shares(found) if share is not None)
    if sensitivity + specificity <= 1:
        return "It is not surely better than a coin: it passes bad outputs about as often as good ones."
    return None


def view(scorer: str, lock_digest: str, found: Agreement) -> CalibrationView:
    sensitivity, specificity = _shares(found)
    reason = reason_against(found)
    return CalibrationView(
        scorer=scorer,
        lock_digest=lock_digest,
        labelled=found.positives + found.negatives,
        ties=found.ties,
        sensitivity=sensitivity,
        specificity=specificity,
        kappa=_kappa(found),
        agreement=found.among_people,
        calibrated=reason is None,
        reason=reason,
    )


def corrected(scorer: str, passed: int, rows: int, judge: Calibration) -> CorrectedRate:
    """Return the rate behind a judge's rate (Rogan and Gladen), with the interval of Lang and Reiczigel."""
    interval = corrected_interval(passed, rows, judge)
    return CorrectedRate(
        scorer=scorer,
        judged=passed / rows,
        corrected=corrected_rate(passed, rows, judge),
        low=interval.low,
        high=interval.high,
        rows=rows,
    )


def _calibration(found: Agreement) -> Calibration:
    return Calibration(found.table[1][1], found.positives, found.table[0][0], found.negatives)


def _shares(found: Agreement) -> tuple[Share | None, Share | None]:
    return _share(found.table[1][1], found.positives), _share(found.table[0][0], found.negatives)


def _share(count: int, of: int) -> Share | None:
    if not of:
        return None
    interval = wilson(count, of)
    return Share(count=count, of=of, value=count / of, low=interval.low, high=interval.high)


def _kappa(found: Agreement) -> float | None:
    if not found.positives + found.negatives:
        return None
    try:
        return cohens_kappa(found.table)
    except InvalidInput:
        return None  # both only ever said one thing


def _among_people(said: Sequence[Sequence[bool]]) -> float | None:
    try:
        return krippendorffs_alpha(said)
    except InvalidInput:
        return None  # no output was judged by two, or all said the same
