"""Plans: everything that a step needs is there when its turn comes, and labels end where they should."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.exchange.parcel import ParcelPrompt, ParcelVersion, Release, stored_form
from mcp_engine.exchange.planning import Existing, Move, Plan, Push, make_plan, prepare

NAMES = ["a", "b", "c"]


def prompt(name: str, *templates: str, **labels: int) -> ParcelPrompt:
    versions = tuple(ParcelVersion(name, number, {"template": text}) for number, text in enumerate(templates, start=1))
    return ParcelPrompt(name, versions, tuple(Release(label, number) for label, number in labels.items()))


def plan_of(*prompts: ParcelPrompt, existing: Mapping[str, Existing] | None = None, skip: bool = False) -> Plan:
    return make_plan(prepare(prompts), existing or {}, skip_faulty=skip)


def steps(plan: Plan) -> list[str]:
    return [
        f"{step.version.name}/{step.number}" if isinstance(step, Push) else f"{step.name}@{step.label}={step.number}"
        for step in plan.steps
    ]


@st.composite
def graphs(draw: st.DrawFn) -> list[ParcelPrompt]:
    """Prompts whose versions include versions and labels of names before theirs."""
    prompts: list[ParcelPrompt] = []
    for index, name in enumerate(NAMES):
        templates: list[str] = []
        for number in range(1, draw(st.integers(1, 3)) + 1):
            wanted = ""
            if index:
                other = draw(st.sampled_from(prompts))
                reference = draw(st.sampled_from([f"{other.name}@live", f"{other.name}/{len(other.versions)}"]))
                wanted = f'{{% include "{reference}" %}}'
            templates.append(f"{name} {number} {wanted}")
        prompts.append(prompt(name, *templates, live=draw(st.integers(1, len(templates)))))
    return draw(st.permutations(prompts))


@given(graphs())
def test_everything_that_is_included_is_there_by_then(prompts: list[ParcelPrompt]) -> None:
    prepared = prepare(prompts)
    plan = make_plan(prepared, {})
    assert plan.faults == []
    pushed: set[tuple[str, int]] = set()
    labels: dict[tuple[str, str], int] = {}
    for step in plan.steps:
        if isinstance(step, Move):
            assert (step.name, step.number) in pushed
            labels[step.name, step.label] = step.number
            continue
        assert step.number == step.version.number
        assert step.number == 1 or (step.version.name, step.number - 1) in pushed
        for wanted in prepared.includes[step.version.subject]:
            if wanted.version is None:
                assert (wanted.name, wanted.label) in labels
            else:
                assert (wanted.name, wanted.version) in pushed
        pushed.add((step.version.name, step.number))
    assert labels == {(one.name, "live"): one.releases[0].number for one in prompts}


def test_a_label_waits_for_its_version_where_it_can() -> None:
    plan = plan_of(prompt("z", "1", "2", live=2), prompt("a", '{% include "z@live" %}', live=1))
    assert steps(plan) == ["z/1", "z/2", "z@live=2", "a/1", "a@live=1"]


def test_versions_that_include_each_other_s_older_versions_come_in_turn() -> None:
    plan = plan_of(
        prompt("a", "first", '{% include "b@live" %}', live=2), prompt("b", '{% include "a/1" %}', "plain", live=2)
    )
    assert steps(plan)[:4] == ["a/1", "b/1", "b/2", "b@live=2"]


def test_a_release_is_made_while_its_includes_stand_where_it_pinned_them() -> None:
    letter = prompt("letter", '{% include "tone@live" %}')
    letter = ParcelPrompt("letter", letter.versions, (Release("live", 1, {"tone@live": 1}),))
    plan = plan_of(letter, prompt("tone", "1", "2", live=2))
    assert steps(plan) == ["tone/1", "tone/2", "tone@live=2", "letter/1", "tone@live=1", "letter@live=1", "tone@live=2"]
    assert [step.passing for step in plan.steps if isinstance(step, Move)] == [False, True, False, False]


def test_a_pin_that_can_not_be_had_is_said() -> None:
    letter = prompt("letter", '{% include "tone@latest" %}')
    letter = ParcelPrompt("letter", letter.versions, (Release("live", 1, {"tone@latest": 1}),))
    plan = plan_of(letter, prompt("tone", "1", "2"))
    assert [(one.subject, one.outcome) for one in plan.remarks] == [("letter@live", "changed")]


def test_what_is_there_is_found_by_its_digest_and_repetitions_share_a_number() -> None:
    form = stored_form(ParcelVersion("a", 1, {"template": "x"}))
    there = Existing({getattr(form, "digest", ""): 4}, 5, {"live": 5})
    plan = plan_of(prompt("a", "x", "y", "x", live=1), existing={"a": there})
    assert steps(plan) == ["a/4", "a/6", "a/4", "a@live=4"]
    assert [remark.subject for remark in plan.remarks] == ["a/1", "a/2", "a/3"]


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ('{% include "nobody/1" %}', "nobody/1"),
        ('{% include "b/9" %}', "b/9"),
        ('{% include "b@gone" %}', "b@gone"),
        ('{% include "a@live" %}', "includes what includes it"),
        ("{{ x + 1 }}", "line 1, column"),
    ],
)
def test_what_can_not_be_brought_over_is_a_fault_or_left_out(template: str, says: str) -> None:
    prompts = (prompt("a", template, live=1), prompt("b", "x", live=1))
    [fault] = plan_of(*prompts).faults
    assert (fault.subject, says in fault.why) == ("a/1", True)
    skipped = plan_of(*prompts, skip=True)
    assert steps(skipped) == ["b/1", "b@live=1"]
    assert {remark.subject for remark in skipped.remarks} == {"a/1", "a@live"}


def test_a_version_left_out_is_not_replaced_by_its_successor() -> None:
    plan = plan_of(prompt("b", "{{", "fine"), prompt("a", '{% include "b/1" %}'), skip=True)
    assert steps(plan) == ["b/1"]
    assert {remark.subject: remark.outcome for remark in plan.remarks} == {
        "b/1": "left_out", "b/2": "changed", "a/1": "left_out",
    }  # fmt: skip
