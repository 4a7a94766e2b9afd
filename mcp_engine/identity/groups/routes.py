"""Groups over REST."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page, page_of
from mcp_engine.identity.groups.schemas import GroupIn, GroupOut
from mcp_engine.identity.groups.service import GroupService
from mcp_engine.identity.schemas import PrincipalOut

router = APIRouter(prefix="/groups", tags=["identity"])

Groups = Annotated[GroupService, service(GroupService)]
Reader = Annotated[Caller, authorised("identity:read")]
Writer = Annotated[Caller, authorised("identity:write")]


@router.get("", summary="List groups")
async def list_groups(caller: Reader, groups: Groups, limit: Limit = 50, cursor: Cursor = None) -> Page[GroupOut]:
    """The tenant's groups by name."""
    return await groups.list(caller, cursor=cursor, limit=limit)


@router.post("", summary="Create a group", status_code=201)
async def create_group(caller: Writer, groups: Groups, body: GroupIn) -> GroupOut:
    """Make a group without members; access lists can name it from then on."""
    return await groups.create(caller, body.name)


@router.get("/{name}", summary="Show a group")
async def get_group(name: str, caller: Reader, groups: Groups) -> GroupOut:
    """Return a group and how many belong to it."""
    return await groups.get(caller, name)


@router.delete("/{name}", summary="Delete a group", status_code=204)
async def delete_group(name: str, caller: Writer, groups: Groups) -> None:
    """Remove a group that no access list names any more."""
    await groups.delete(caller, name)


@router.get("/{name}/members", summary="List a group's members")
async def list_group_members(
    name: str, caller: Reader, groups: Groups, limit: Limit = 50, cursor: Cursor = None
) -> Page[PrincipalOut]:
    """The principals that belong to a group, oldest first; a disabled one stays and can do nothing."""
    rows = await groups.members(caller, name, cursor=cursor, limit=limit)
    return page_of([PrincipalOut.model_validate(row) for row in rows], limit, lambda item: (str(item.id),))


@router.put("/{name}/members/{principal_id}", summary="Add a member", status_code=204)
async def add_group_member(name: str, principal_id: UUID, caller: Writer, groups: Groups) -> None:
    """Put a principal into a group; a second time changes nothing."""
    await groups.add_member(caller, name, principal_id)


@router.delete("/{name}/members/{principal_id}", summary="Remove a member", status_code=204)
async def remove_group_member(name: str, principal_id: UUID, caller: Writer, groups: Groups) -> None:
    """Take a principal out of a group, at once."""
    await groups.remove_member(caller, name, principal_id)
