"""A capability gets what fits its input schema, and its caller what fits its output schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mcp_engine.access import Caller
from mcp_engine.components.service import CapabilityService
from mcp_engine.errors import Refused
from mcp_engine.identifiers import new_id
from tests.conftest import caller_of


class Count:
    """Answers what it was told to answer."""

    name = "test.count"
    description = "Counts."
    input_schema: Mapping[str, Any] = {"type": "object"}
    output_schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {"count": {"type": "integer"}},
        "required": ["count"],
        "additionalProperties": False,
    }
    scopes = frozenset[str]()
    effect = "read"
    cost = 0.0

    async def call(self, caller: Caller, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return arguments


@pytest.fixture
def service() -> CapabilityService:
    return CapabilityService([Count()])


async def test_a_result_that_fits_is_handed_on(service: CapabilityService) -> None:
    assert await service.call(caller_of(new_id(), new_id()), "test.count", {"count": 3}) == {"count": 3}


@pytest.mark.parametrize("result", [{}, {"count": "3"}, {"count": 3, "more": 1}])
async def test_a_result_that_does_not_fit_is_refused_and_blamed_on_the_capability(
    service: CapabilityService, result: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match="capability test") as refused:
        await service.call(caller_of(new_id(), new_id()), "test.count", result)
    assert refused.value.code == "capability.result_invalid"
    assert refused.value.status == 500
