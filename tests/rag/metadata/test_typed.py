"""Metadata and conditions as they are typed in the shell."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_engine.cli.failures import CommandFailed, ExitCode
from rag.metadata.typed import conditions_of, metadata_of


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("a=ops", "ops"),
        ("a=2024", 2024),
        ("a=-0.5", -0.5),
        ("a=1e3", 1000.0),
        ("a=true", True),
        ("a=false", False),
        ("a=True", "True"),
        ('a="2024"', "2024"),
        ('a="true"', "true"),
        ('a="', '"'),
        ("a=007", "007"),
        ("a=2026-01-31", "2026-01-31"),
        ("a=", ""),
        ("a= b=c ", "b=c"),
        ("a=٣", "٣"),
    ],
)
def test_a_value_is_what_it_looks_like(typed: str, value: Any) -> None:
    [found] = metadata_of([typed]).values()
    assert (found, type(found)) == (value, type(value))
    assert conditions_of([typed]) == [{"key": "a", "one_of": [value]}]


def test_values_of_a_key_are_alternatives_and_its_bounds_one_range() -> None:
    typed = ["team=ops", "year>=2020", "team=dev", "year<=2024", "day>=2026-01-01", "year=1999"]
    assert conditions_of(typed) == [
        {"key": "team", "one_of": ["ops", "dev"]},
        {"key": "year", "one_of": [1999]},
        {"key": "year", "at_least": 2020, "at_most": 2024},
        {"key": "day", "at_least": "2026-01-01"},
    ]


@pytest.mark.parametrize("typed", [["team"], ["=ops"], ["year>2020"], ["year>=2020", "year>=2021"], ["year=1e999"]])
def test_what_is_no_condition_is_said(typed: list[str]) -> None:
    with pytest.raises(CommandFailed) as failed:
        conditions_of(typed)
    assert failed.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("typed", [["team"], ["year>=2020"], ["team=ops", "team=dev"]])
def test_what_is_no_metadata_is_said(typed: list[str]) -> None:
    with pytest.raises(CommandFailed) as failed:
        metadata_of(typed)
    assert failed.value.exit_code is ExitCode.USAGE
