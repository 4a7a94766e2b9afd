"""The rules of groups: who belongs to which, and what each change leaves in the log."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from mcp_engine.access import Caller
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, NotFound
from mcp_engine.http.paging import Page, decode_cursor, decode_id_cursor, page_of
from mcp_engine.identifiers import checked_name, new_id
from mcp_engine.identity.groups.repository import CountedGroup, GroupRepository
from mcp_engine.identity.groups.schemas import GroupOut
from mcp_engine.identity.repository import IdentityRepository
from mcp_engine.identity.tables import Principal


class GroupService:
    """The tenant's groups. Whoever joins or leaves one does so with the next statement of any request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, caller: Caller, name: str) -> GroupOut:
        """Make a group without members.

        Raises:
            InvalidInput: `name.invalid`.
            Conflict: `group.exists`.
        """
        checked_name(name, what="group")
        group_id = new_id()
        async with self._work(caller) as work:
            if not await GroupRepository(work).add(group_id, name):
                raise Conflict("group.exists", f"There is a group {name!r} already; choose another name.")
            await append(work, AuditEvent("group.created", str(group_id), {"name": name}))
            return _view(await _found(work, name))

    async def list(self, caller: Caller, *, cursor: str | None, limit: int) -> Page[GroupOut]:
        """Return groups by name.

        Raises:
            InvalidInput: `paging.bad_cursor`.
        """
        position = decode_cursor(cursor, parts=1)
        after = None if position is None else str(position[0])
        async with self._work(caller) as work:
            rows = await GroupRepository(work).page(after=after, limit=limit + 1)
        return page_of([_view(row) for row in rows], limit, lambda one: (one.name,))

    async def get(self, caller: Caller, name: str) -> GroupOut:
        """Return a group, or raise `NotFound` (`group.not_found`)."""
        async with self._work(caller) as work:
            return _view(await _found(work, name))

    async def delete(self, caller: Caller, name: str) -> None:
        """Remove a group with its members.

        Raises:
            NotFound: `group.not_found`.
            Conflict: `group.in_use` while an access list names it: nobody might be left on that list.
        """
        try:
            async with self._work(caller) as work:
                group = (await _found(work, name)).group
                await GroupRepository(work).remove(group.id)
                await append(work, AuditEvent("group.deleted", str(group.id), {"name": name}))
        except IntegrityError as error:
            raise Conflict(
                "group.in_use",
                f"Access lists name the group {name!r}; take it off them first. To end its rights at once, "
                "remove its members.",
            ) from error

    async def members(self, caller: Caller, name: str, *, cursor: str | None, limit: int) -> Sequence[Principal]:
        """Return one page of who belongs to a group, and one more if there are more.

        Raises:
            NotFound: `group.not_found`.
            InvalidInput: `paging.bad_cursor`.
        """
        after = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            group = (await _found(work, name)).group
            return await GroupRepository(work).members(group.id, after=after, limit=limit + 1)

    async def add_member(self, caller: Caller, name: str, principal_id: UUID) -> None:
        """Put a principal into a group; a second time changes nothing.

        Raises:
            NotFound: `group.not_found`, `principal.not_found`.
        """
        async with self._work(caller) as work:
            group = (await _found(work, name)).group
            await _check_principal(work, principal_id)
            if await GroupRepository(work).add_member(group.id, principal_id):
                await append(work, _changed("group.member_added", group.id, name, principal_id))

    async def remove_member(self, caller: Caller, name: str, principal_id: UUID) -> None:
        """Take a principal out of a group; it may read nothing through the group from then on.

        Raises:
            NotFound: `group.not_found`, `principal.not_found`, `group.not_a_member`.
        """
        async with self._work(caller) as work:
            group = (await _found(work, name)).group
            await _check_principal(work, principal_id)
            if not await GroupRepository(work).remove_member(group.id, principal_id):
                raise NotFound("group.not_a_member", f"The principal {principal_id} does not belong to {name!r}.")
            await append(work, _changed("group.member_removed", group.id, name, principal_id))

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


def no_group(name: str) -> NotFound:
    """Return the error for a name that no group has."""
    return NotFound("group.not_found", f"There is no group {name[:140]!r}; list them by GET /groups.")


async def _found(work: UnitOfWork, name: str) -> CountedGroup:
    found = None if "\x00" in name else await GroupRepository(work).named(name)
    if found is None:
        raise no_group(name)
    return found


async def _check_principal(work: UnitOfWork, principal_id: UUID) -> None:
    if await IdentityRepository(work).principal(principal_id) is None:
        raise NotFound("principal.not_found", f"There is no principal {principal_id}; list them by GET /principals.")


def _changed(kind: str, group_id: UUID, name: str, principal_id: UUID) -> AuditEvent:
    return AuditEvent(kind, str(group_id), {"name": name, "principal_id": str(principal_id)})


def _view(found: CountedGroup) -> GroupOut:
    row = found.group
    return GroupOut(id=row.id, name=row.name, members=found.members, created_at=row.created_at)
