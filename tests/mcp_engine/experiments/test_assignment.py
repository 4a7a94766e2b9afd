"""The arm of a unit: the same in server and client, in the shares that were asked for, and never another."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_engine.experiments import assignment as server
from mcp_engine_client import _assignment as client

ATTRIBUTES = st.dictionaries(
    st.sampled_from(["country", "plan", "beta"]),
    st.one_of(st.sampled_from(["ch", "de", ""]), st.booleans(), st.integers(0, 2), st.sampled_from([0.0, 1.0, 0.5])),
)
SHARES = st.floats(0, 1)


@st.composite
def splits(draw: st.DrawFn) -> server.Split:
    parts = draw(st.lists(st.integers(1, 1000), min_size=2, max_size=6))
    bounds = sorted(draw(st.tuples(SHARES, SHARES)))
    growing = sorted(draw(st.tuples(SHARES, SHARES, SHARES)))
    rules = draw(st.lists(st.sampled_from(["country", "plan", "beta"]), max_size=2))
    values = st.lists(st.one_of(st.sampled_from(["ch", "de"]), st.booleans(), st.integers(0, 2)), min_size=1)
    return server.Split(
        experiment_id=draw(st.uuids()).hex,
        salt=draw(st.text(max_size=8)),
        weights=[part / sum(parts) for part in parts],
        steps=[server.Step(50.0 * number, share) for number, share in enumerate(growing)],
        holdback=draw(st.sampled_from([0.0, 0.1, 0.9])),
        rules=[server.Rule(name, tuple(draw(values))) for name in rules],
        slice=draw(st.sampled_from([None, server.Slice("group", *bounds)])),
    )


def _twin(split: server.Split) -> client.Split:
    members: dict[str, Any] = {field.name: getattr(split, field.name) for field in dataclasses.fields(split)}
    members["steps"] = [client.Step(*step) for step in split.steps]
    members["rules"] = [client.Rule(*rule) for rule in split.rules]
    members["slice"] = None if split.slice is None else client.Slice(*split.slice)
    return client.Split(**members)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None)
@given(splits(), st.text(max_size=40), ATTRIBUTES, st.floats(-10, 200))
def test_server_and_client_agree(split: server.Split, unit: str, attributes: Any, now: float) -> None:
    ours, theirs = server.assign(split, unit, attributes, now), client.assign(_twin(split), unit, attributes, now)
    assert (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        assert tuple(ours) == tuple(theirs)
        assert ours.arm is None or 0 <= ours.arm < len(split.weights)
        assert len(ours.digest) == server.DIGEST_BYTES


@settings(max_examples=500, deadline=None)
@given(splits(), st.text(max_size=40), ATTRIBUTES, st.floats(-10, 200), st.floats(0, 200))
def test_who_takes_part_keeps_its_arm_when_more_take_part(
    split: server.Split, unit: str, attributes: Any, now: float, later: float
) -> None:
    before = server.assign(split, unit, attributes, now)
    if before is not None:
        assert server.assign(split, unit, attributes, now + later) == before


@given(splits(), st.text(max_size=40), ATTRIBUTES)
def test_experiments_of_a_group_share_no_unit(split: server.Split, unit: str, attributes: Any) -> None:
    lower = dataclasses.replace(split, experiment_id="a", slice=server.Slice("group", 0.0, 0.4))
    upper = dataclasses.replace(split, experiment_id="b", slice=server.Slice("group", 0.4, 1.0))
    parts = [server.assign(part, unit, attributes, 1000.0) for part in (lower, upper)]
    assert None in parts


def test_shares_come_out_as_asked_and_do_not_depend_on_each_other() -> None:
    split = server.Split("e", "salt", (0.5, 0.3, 0.2), [server.Step(0, 0.6)], holdback=0.1)
    units = 40_000
    found = [server.assign(split, str(unit), {}, 1.0) for unit in range(units)]
    shares = {None: 0.6 * 0.1, 0: 0.6 * 0.9 * 0.5, 1: 0.6 * 0.9 * 0.3, 2: 0.6 * 0.9 * 0.2}
    for arm, share in shares.items():
        count = sum(1 for one in found if one is not None and one.arm == arm)
        assert abs(count - share * units) < 5 * math.sqrt(units * share * (1 - share))
    assert sum(one is None for one in found) == pytest.approx(0.4 * units, rel=0.03)


def test_another_experiment_splits_anew() -> None:
    split = server.Split("one", "s", (0.5, 0.5), [server.Step(0, 1)])
    other = dataclasses.replace(split, experiment_id="two")
    both = [(server.assign(split, str(n), {}, 0), server.assign(other, str(n), {}, 0)) for n in range(4000)]
    same = sum(a.arm == b.arm for a, b in both if a is not None and b is not None)
    assert abs(same - 2000) < 200


def test_a_known_assignment_never_changes() -> None:
    """Assignments of a running experiment must outlive every release: these were written down once."""
    split = server.Split("0190", "pepper", (0.5, 0.5), [server.Step(0, 1)], slice=server.Slice("g", 0.0, 1.0))
    arms = [found.arm for unit in range(16) if (found := server.assign(split, f"user-{unit}", {}, 0)) is not None]
    assert arms == [0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]


def test_true_is_not_one() -> None:
    split = server.Split("e", "s", (0.5, 0.5), [server.Step(0, 1)], rules=[server.Rule("beta", (True,))])
    assert server.assign(split, "u", {"beta": 1}, 0) is None
    assert server.assign(split, "u", {"beta": True}, 0) is not None
    assert server.assign(split, "u", {}, 0) is None
