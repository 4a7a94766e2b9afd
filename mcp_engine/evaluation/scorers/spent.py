"""Scorers of what an output took."""

from __future__ import annotations

from collections.abc import Callable

from mcp_engine.evaluation.scorers.port import Answered, FunctionScorer, NoParameters, ScoreFailed


def _known(what: str, value: Callable[[Answered], float | None]) -> Callable[[NoParameters, Answered], float]:
    def read(_: NoParameters, answered: Answered) -> float:
        found = value(answered)
        if found is None:
            raise ScoreFailed("score.not_known", f"The {what} of this run is not known.")
        return float(found)

    return read


def _amount(
    name: str, unit: str, description: str, value: Callable[[Answered], float | None]
) -> FunctionScorer[NoParameters]:
    return FunctionScorer(
        name, description, NoParameters, _known(name, value), direction="lower", scale="amount", unit=unit
    )


TYPES = (
    _amount("latency", "ms", "How long the run took.", lambda answered: answered.latency_ms),
    _amount("cost", "USD", "What the run cost.", lambda answered: answered.cost_usd),
    _amount("output_tokens", "tokens", "How many tokens came out.", lambda answered: answered.output_tokens),
)
