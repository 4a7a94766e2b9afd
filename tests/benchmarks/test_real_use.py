"""The two tasks of docs/real-use.md: what counts as right, and rows that share nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.real_use.live import ends_with_number, shares_words

DATA = os.environ.get("MCP_ENGINE_BENCH_DATA")


@pytest.mark.parametrize(
    ("output", "is_right"),
    [
        ("The Rhine.", True),
        ("It is the river Rhine", True),
        ("It is, as far as I can see, the Rhine", False),
        ("Danube", False),
        ("", False),
    ],
)
def test_an_answer_is_right_when_half_of_its_words_are(output: str, is_right: bool) -> None:
    assert shares_words(output, ["Rhine", "river Rhine"]) is is_right


@pytest.mark.parametrize(
    ("output", "is_right"),
    [("7", True), ("2 and 5 are 7.", True), ("1,007", False), ("7 of 8", False), ("none", False)],
)
def test_a_count_is_right_when_the_last_number_is(output: str, is_right: bool) -> None:
    assert ends_with_number(output, "7") is is_right


@pytest.mark.skipif(DATA is None, reason="MCP_ENGINE_BENCH_DATA names no folder with the data sets")
def test_no_passage_is_in_two_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.real_use.rows", "--out", str(tmp_path)]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True)

    def inputs(name: str, key: str) -> list[str]:
        return [json.loads(line)["inputs"][key] for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()]

    tried, rows, live = ({*inputs(f"answers{name}", "passage")} for name in ("-tried", "", "-live"))
    assert not tried & rows
    assert not tried & live
    assert not rows & live
    assert len(rows) == 120
    assert len(inputs("answers-live", "passage")) == 150
    counts = inputs("counts", "question") + inputs("counts-live", "question")
    assert len(counts) == 250
