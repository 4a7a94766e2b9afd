"""Two or more evaluations of the same rows, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.runs.metrics import Scored, counted, generator_for
from mcp_engine.evaluation.runs.schemas import Candidate, Difference, Verdict
from mcp_engine.evaluation.scorers.port import Direction
from mcp_engine.statistics.multiplicity import holm
from mcp_engine.statistics.paired import compare

RowScores = Mapping[str, Mapping[str, Scored]]
"""By row digest, then by scorer."""
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Side:
    """One evaluation's scores."""

    evaluation_id: UUID
    scorers: Sequence[Mapping[str, Any]]
    scores: RowScores


def differences(baseline: Side, candidates: Sequence[Side]) -> list[Candidate]:
    """Compare each candidate with the baseline by every scorer that both have in the same version.

    Raises:
        InvalidInput: `evaluation.nothing_in_common`: no row, or no scorer under the same lock.
    """
    shared = [(side, _shared(baseline, side)) for side in candidates]
    looks = sum(len(scorers) for _, scorers in shared)
    found = [(side, [_difference(baseline, side, scorer, looks) for scorer in scorers]) for side, scorers in shared]
    tested = [one for _, many in found for one in many if one.p_value is not None]
    if tested:
        for one, adjusted in zip(tested, holm([one.p_value or 0.0 for one in tested]), strict=True):
            one.adjusted_p = adjusted
            one.verdict = _verdict(one.difference, one.direction) if adjusted <= ALPHA else "undecided"
    return [Candidate(evaluation_id=side.evaluation_id, differences=many) for side, many in found]


def _shared(baseline: Side, candidate: Side) -> list[Mapping[str, Any]]:
    locks = {scorer["name"]: scorer["lock_digest"] for scorer in baseline.scorers}
    shared = [scorer for scorer in candidate.scorers if locks.get(scorer["name"]) == scorer["lock_digest"]]
    if not shared or not baseline.scores.keys() & candidate.scores.keys():
        what = "row" if shared else "scorer in the same version"
        raise InvalidInput(
            "evaluation.nothing_in_common",
            f"The evaluations {baseline.evaluation_id} and {candidate.evaluation_id} have no {what} in common; "
            "run both on the same rows with the same scorers.",
        )
    return shared


def _difference(baseline: Side, candidate: Side, scorer: Mapping[str, Any], looks: int) -> Difference:
    name, scale, direction = scorer["name"], scorer["scale"], scorer["direction"]
    common = sorted(baseline.scores.keys() & candidate.scores.keys())
    pairs: list[tuple[float, float]] = []
    for row in common:
        before = counted(baseline.scores[row][name], scale, direction)
        after = counted(candidate.scores[row][name], scale, direction)
        if before is not None and after is not None:
            pairs.append((before, after))
    old, new = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    estimate = compare(old, new, generator_for(scorer["lock_digest"])) if len(pairs) > 1 else None
    sign = 1 if direction == "higher" else -1
    return Difference(
        scorer=name,
        direction=direction,
        scale=scale,
        unit=scorer["unit"],
        rows=len(pairs),
        left_out=len(common) - len(pairs),
        baseline_mean=sum(old) / len(old) if old else None,
        candidate_mean=sum(new) / len(new) if new else None,
        difference=estimate.difference.mean if estimate else None,
        low=estimate.difference.interval.low if estimate else None,
        high=estimate.difference.interval.high if estimate else None,
        method=estimate.difference.method if estimate else None,
        effect_size=estimate.effect_size if estimate else None,
        p_value=estimate.p_value if estimate else None,
        adjusted_p=None,
        gained=sum((after - before) * sign > 0 for before, after in pairs),
        lost=sum((after - before) * sign < 0 for before, after in pairs),
        verdict=_by_interval(old, new, scorer, looks) if estimate and estimate.p_value is None else "undecided",
    )


def _by_interval(old: Sequence[float], new: Sequence[float], scorer: Mapping[str, Any], looks: int) -> Verdict:
    """Return what the interval says when its level is shared by all looks (Bonferroni).

    Rows that all differ by the same amount say nothing of other rows.
    """
    estimate = compare(old, new, generator_for(scorer["lock_digest"]), ALPHA / looks).difference
    if estimate.method == "constant" or 0 in estimate.interval:
        return "undecided"
    return _verdict(estimate.mean, scorer["direction"])


def _verdict(difference: float | None, direction: Direction) -> Verdict:
    if not difference:
        return "undecided"
    return "better" if (difference > 0) == (direction == "higher") else "worse"
