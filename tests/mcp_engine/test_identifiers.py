"""Ids are ordered by time, and a time finds its ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mcp_engine.identifiers import lowest_id_at, new_id


def test_an_id_lies_between_the_moments_around_it() -> None:
    now = datetime.now(UTC)
    made = new_id()
    assert lowest_id_at(now) <= made < lowest_id_at(now, timedelta(seconds=5))
    assert made > lowest_id_at(now, -timedelta(seconds=5))


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("days", [-1, 1])
def test_moments_that_no_id_can_have_are_clamped(moment: datetime, days: int) -> None:
    assert (lowest_id_at(moment, timedelta(days=days)) < new_id()) == (moment.year == 1)
