"""Every combination of some options, and what can't be one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import InvalidInput
from rag.options import NAMES, value_of, with_options
from rag.strategy import Strategy
from rag.sweeps.grid import checked_options, combinations


def test_every_combination_is_there_once_the_last_option_changing_first() -> None:
    options = {"retrieval.passages": [3, 5], "retrieval.fusion": ["min_max", "rrf"]}
    assert combinations(checked_options(Strategy(), options)) == [
        {"retrieval.passages": 3, "retrieval.fusion": "min_max"},
        {"retrieval.passages": 3, "retrieval.fusion": "rrf"},
        {"retrieval.passages": 5, "retrieval.fusion": "min_max"},
        {"retrieval.passages": 5, "retrieval.fusion": "rrf"},
    ]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_takes_effect_at_a_question_can_be_tried(name: str) -> None:
    own = value_of(Strategy(), name)
    assert checked_options(Strategy(), {name: [own]}) == {name: [own]}
    assert with_options(Strategy(), {name: own}) == Strategy()


@given(st.integers(1, 20), st.floats(0, 1))
def test_only_what_is_named_is_changed(passages: int, mmr: float) -> None:
    changed = with_options(Strategy(), {"retrieval.passages": passages, "retrieval.mmr": mmr})
    assert (changed.retrieval.passages, changed.retrieval.mmr) == (passages, mmr)
    assert with_options(changed, {"retrieval.passages": 8, "retrieval.mmr": None}) == Strategy()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"retrieval.passages": [3, 3]}, "sweep.value_twice"),
        ({"answering.threshold": [1, 1.0]}, "sweep.value_twice"),
        ({"retrieval.passages": [3, "many"]}, "strategy_option.invalid"),
        ({"retrieval.filters": [{"since": "2026-02-02", "until": "2026-01-01"}]}, "strategy_option.invalid"),
        ({"passages": [3]}, "strategy_option.unknown"),
        ({"chunking.kind": ["structure"]}, "strategy_option.needs_index"),
        ({"chunking": [{}]}, "strategy_option.needs_index"),
        ({"embedder": ["static"]}, "strategy_option.needs_index"),
        ({"rewriting.kind": ["hyde"]}, "strategy_option.needs_version"),
        (
            {"retrieval.passages": [*range(1, 14)], "answering.max_sentences": [*range(1, 6)]},
            "sweep.too_many_combinations",
        ),
    ],
)
def test_what_can_not_be_tried_is_refused_before_anything_runs(options: dict[str, list[Any]], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_options(Strategy(), options)
    assert refused.value.code == code


def test_the_largest_sweep_has_64_combinations() -> None:
    options = {"retrieval.passages": [*range(1, 9)], "answering.max_sentences": [*range(1, 9)]}
    assert len(combinations(checked_options(Strategy(), options))) == 64
