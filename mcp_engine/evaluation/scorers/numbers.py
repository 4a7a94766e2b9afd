"""A number in the output, compared with the one that the row expects."""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from pydantic import Field

from mcp_engine.evaluation.scorers.port import Answered, FunctionScorer, Parameters, ScoreFailed, alternatives, text_of

_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\.\d+(?:[eE][-+]?\d+)?")


class Tolerance(Parameters):
    """Which number is meant, and how far it may be off: the larger of both tolerances counts."""

    find: Literal["only", "first", "last"] = Field(
        default="last", description="`only`: the output must be a number and nothing else."
    )
    absolute: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    relative: float = Field(default=1e-9, ge=0, allow_inf_nan=False)


def numeric(parameters: Tolerance, answered: Answered) -> float:
    wanted = [_expected(one) for one in alternatives(answered)]
    given = _given(parameters, answered.output)
    if given is None:
        return 0.0
    return float(
        any(math.isclose(given, one, rel_tol=parameters.relative, abs_tol=parameters.absolute) for one in wanted)
    )


def _given(parameters: Tolerance, output: Any) -> float | None:
    if isinstance(output, int | float) and not isinstance(output, bool):
        return float(output)
    text = text_of(output).strip()
    if parameters.find == "only":
        return _number(text) if _NUMBER.fullmatch(text) else None
    found = _NUMBER.findall(text)
    return _number(found[-1 if parameters.find == "last" else 0]) if found else None


def _expected(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = text_of(value).strip()
    if not _NUMBER.fullmatch(text):
        raise ScoreFailed("score.no_number_expected", f"The row expects {text[:60]!r}, which is no number.")
    return _number(text)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


TYPES = (FunctionScorer("numeric", "A number within a tolerance of what the row expects.", Tolerance, numeric),)
