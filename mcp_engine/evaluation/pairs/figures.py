"""From two verdicts a row to who wins it, and from rows to figures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mcp_engine.evaluation.pairs.schemas import Answer, FirstPosition, JudgedFigures, Preference, RowResult
from mcp_engine.evaluation.runs.comparison import ALPHA
from mcp_engine.evaluation.runs.schemas import Verdict
from mcp_engine.statistics.proportions import Flips, mcnemar, risk_difference, wilson


class Said(NamedTuple):
    """One verdict: an answer, or why there is none."""

    answer: Answer | None
    failure_code: str | None = None
    reused: bool = False


class RowSaid(NamedTuple):
    """Both verdicts on a row."""

    baseline_first: Said
    candidate_first: Said

    @property
    def result(self) -> RowResult:
        """Who wins the row: whoever both orders name, and nobody else."""
        one = preferred(self.baseline_first.answer, baseline_first=True)
        other = preferred(self.candidate_first.answer, baseline_first=False)
        if one is None or other is None:
            return "failed"
        if one != other:
            return "inconsistent"
        return _RESULTS[one]


_RESULTS: dict[Preference, RowResult] = {"candidate": "win", "baseline": "loss", "tie": "tie"}


def preferred(answer: Answer | None, *, baseline_first: bool) -> Preference | None:
    """Return the side that an answer names; None without an answer."""
    if answer is None or answer == "tie":
        return answer
    return "baseline" if (answer == "first") == baseline_first else "candidate"


def figures(rows: Sequence[RowSaid]) -> JudgedFigures:
    """Return what the verdicts on all rows come to.

    Raises:
        InvalidInput: `statistics.not_counts` without rows.
    """
    results = Counter(row.result for row in rows)
    wins, losses = results["win"], results["loss"]
    flips = Flips(wins, losses, len(rows) - wins - losses)
    difference, interval = risk_difference(flips, ALPHA)
    p_value = mcnemar(flips)
    said = [one for row in rows for one in row]
    return JudgedFigures(
        rows=len(rows),
        wins=wins,
        losses=losses,
        ties=results["tie"],
        inconsistent=results["inconsistent"],
        failed=results["failed"],
        failures=dict(Counter(one.failure_code for one in said if one.failure_code is not None)),
        reused=sum(one.reused for one in said),
        difference=difference,
        low=interval.low,
        high=interval.high,
        p_value=p_value,
        verdict=_verdict(difference, p_value),
        first_position=first_position(rows),
    )


def _verdict(difference: float, p_value: float) -> Verdict:
    if p_value > ALPHA:
        return "undecided"
    return "better" if difference > 0 else "worse"


def first_position(rows: Sequence[RowSaid]) -> FirstPosition | None:
    """Return how often what stood first is named, with Wilson's interval; None where no side was ever named.

    The two verdicts on a row say much the same, so a row counts once: for the share of its verdicts that name what
    stood first. Such a share varies less than a yes or no would, which makes the interval too wide rather than too
    narrow; a half is rounded down for its low end and up for its high one.
    """
    named = [[one.answer for one in row if one.answer in ("first", "second")] for row in rows]
    shares = [answers.count("first") / len(answers) for answers in named if answers]
    if not shares:
        return None
    first = sum(shares)
    low, high = wilson(math.floor(first), len(shares)).low, wilson(math.ceil(first), len(shares)).high
    return FirstPosition(share=first / len(shares), low=low, high=high, rows=len(shares))
