"""The body of a gate: what is refused with which words, its defaults, what it names, and which labels it covers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import EngineError
from mcp_engine.gates.kind import MAX_REQUIREMENTS, GateBody, GateKind, parse_body

KIND = GateKind()
PROOF = {"name": "proof", "dataset": "questions/1", "scorer": "exact"}


def body(**more: Any) -> dict[str, Any]:
    return {"requires": [PROOF], **more}


def requiring(**more: Any) -> dict[str, Any]:
    return {"requires": [{**PROOF, **more}]}


def test_an_empty_gate_protects_production_of_every_prompt_and_asks_for_nothing() -> None:
    whole = KIND.normalise({})
    assert whole["protects"] == {"kind": "prompt", "names": ["*"], "label": "production"}
    assert (whole["requires"], whole["approvals"], whole["movers"], whole["machines"]) == ([], 0, [], "propose")
    assert (whole["error_budget"], whole["planned_looks"], whole["minimum_rows"]) == (0.05, 20, 100)
    assert (whole["enabled"], whole["cooldown_minutes"]) == (True, 0)


def test_a_requirement_means_sealed_rows_and_better_unless_it_says_otherwise() -> None:
    [one] = KIND.normalise(body())["requires"]
    assert (one["split"], one["rule"], one["threshold"], one["margin"]) == ("sealed", "better", None, None)
    assert (one["pass_at"], one["model"], one["parameters"]) == (None, None, {})


def test_a_normal_body_stays_what_it_is() -> None:
    once = KIND.normalise(body(approvals=2, movers=["ada"], planned_looks=1000))
    assert KIND.normalise(once) == once
    assert parse_body(once).model_dump(mode="json") == once


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (requiring(rule="at_least"), "'at_least' needs a `threshold`"),
        (requiring(rule="not_worse"), "'not_worse' needs a `margin`"),
        (requiring(margin=0.1), "'better' takes no `margin`"),
        (requiring(threshold=0.1), "'better' takes no `threshold`"),
        (requiring(rule="at_least", threshold=0.9, margin=0.1), "'at_least' takes no `margin`"),
        (requiring(rule="not_worse", threshold=0.9, margin=0.1), "'not_worse' takes no `threshold`"),
        (requiring(rule="at_least", threshold=0.0), "threshold"),
        (requiring(rule="at_least", threshold=1.0), "threshold"),
        (requiring(rule="at_least", threshold=float("nan")), "threshold"),
        (requiring(rule="not_worse", margin=1.0), "margin"),
        (requiring(rule="best"), "rule"),
        (requiring(name="With Spaces"), "name"),
        (requiring(dataset=""), "dataset"),
        (requiring(split="s" * 129), "split"),
        (requiring(parameters=[]), "parameters"),
        (requiring(surprise=1), "surprise"),
        ({"requires": [PROOF, PROOF]}, "name each of them differently"),
        ({"requires": [{**PROOF, "name": f"proof-{n}"} for n in range(MAX_REQUIREMENTS + 1)]}, "requires"),
        (body(approvals=6), "approvals"),
        (body(approvals=-1), "approvals"),
        (body(machines="rule"), "machines"),
        (body(cooldown_minutes=-1), "cooldown_minutes"),
        (body(error_budget=0), "error_budget"),
        (body(error_budget=0.21), "error_budget"),
        (body(error_budget=float("nan")), "error_budget"),
        (body(planned_looks=0), "planned_looks"),
        (body(planned_looks=10_001), "planned_looks"),
        (body(minimum_rows=9), "minimum_rows"),
        (body(protects={"names": []}), "names"),
        (body(protects={"names": [""]}), "names"),
        (body(protects={"kind": "gate"}), "no gate"),
        (body(open_to_all=True), "open_to_all"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(EngineError) as caught:
        KIND.normalise(wrong)
    assert caught.value.code == "gate.invalid"
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (requiring(dataset="questions/one"), "artifact.version_invalid"),
        (requiring(dataset="Questions!"), "name.invalid"),
        (requiring(scorer="exact@Current State"), "label.invalid"),
        (requiring(scorer="exact/1@current"), "artifact.version_and_label"),
        (body(protects={"label": "Not A Label"}), "label.invalid"),
    ],
)
def test_a_reference_that_can_name_nothing_is_refused(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(EngineError) as caught:
        KIND.normalise(wrong)
    assert caught.value.code == code


def test_what_a_gate_names_is_pinned_once_each() -> None:
    second = {**PROOF, "name": "floor", "rule": "at_least", "threshold": 0.5, "scorer": "helpful@live"}
    named = KIND.dependencies(KIND.normalise({"requires": [PROOF, second]}))
    assert [(one.kind, str(one)) for one in named] == [
        ("dataset", "questions/1"), ("scorer", "exact@latest"), ("scorer", "helpful@live"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("protects", "covered"),
    [
        ({}, True),
        ({"names": ["greet"]}, True),
        ({"names": ["gre*"]}, True),
        ({"names": ["gree?"]}, True),
        ({"names": ["other", "g*t"]}, True),
        ({"names": ["gre"]}, False),
        ({"names": ["greet?"]}, False),
        ({"names": ["GREET"]}, False),
        ({"names": ["*.greet"]}, False),
        ({"label": "staging"}, False),
        ({"kind": "dataset"}, False),
    ],
)
def test_a_gate_covers_what_it_protects(protects: dict[str, Any], covered: bool) -> None:
    gate = parse_body(body(protects=protects))
    assert gate.covers("prompt", "greet", "production") is covered
    assert not GateBody(enabled=False, protects=gate.protects).covers("prompt", "greet", "production")


NAMES = st.from_regex(r"[a-z][a-z0-9._-]{0,20}", fullmatch=True)


@given(NAMES, NAMES)
def test_a_name_without_wildcards_covers_itself_alone(name: str, other: str) -> None:
    gate = parse_body({"protects": {"names": [name]}})
    assert gate.covers("prompt", name, "production")
    assert gate.covers("prompt", other, "production") is (name == other)
    assert parse_body({"protects": {"names": [f"{name}*"]}}).covers("prompt", name + other, "production")
