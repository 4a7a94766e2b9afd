"""Capabilities and components over REST."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel

from mcp_engine.access import Caller
from mcp_engine.components.capability import Capability, Effect
from mcp_engine.components.service import CapabilityService
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page, decode_cursor, page_of
from mcp_engine.http.problems import documented

router = APIRouter(tags=["capabilities"])


class CapabilityOut(BaseModel):
    """One capability, as MCP clients, graphs and agents see it."""

    name: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    scopes: list[str]
    effect: Effect
    cost: float


class CapabilityResult(BaseModel):
    """What a capability answered."""

    result: dict[str, Any]


@router.get("/capabilities", summary="List capabilities", dependencies=[authorised("capabilities:read")])
async def list_capabilities(
    capabilities: Annotated[CapabilityService, service(CapabilityService)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CapabilityOut]:
    """List what the installed components offer, by name."""
    position = decode_cursor(cursor, parts=1)
    after = str(position[0]) if position else ""
    found = [_shown(item) for item in capabilities.list() if item.name > after]
    return page_of(found[: limit + 1], limit, lambda item: (item.name,))


@router.post("/capabilities/{name}", summary="Call a capability", responses=documented(410, 502, 504))
async def call_capability(
    name: str,
    arguments: dict[str, Any],
    caller: Annotated[Caller, authorised("capabilities:call")],
    capabilities: Annotated[CapabilityService, service(CapabilityService)],
) -> CapabilityResult:
    """Call one capability with arguments that fit its input schema; its own scopes are required too."""
    return CapabilityResult(result=dict(await capabilities.call(caller, name, arguments)))


def _shown(capability: Capability) -> CapabilityOut:
    return CapabilityOut(
        name=capability.name,
        description=capability.description,
        input_schema=dict(capability.input_schema),
        output_schema=dict(capability.output_schema),
        scopes=sorted(capability.scopes),
        effect=capability.effect,
        cost=capability.cost,
    )
