"""A tenant with people, a group, and documents that only the group may read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.http.idempotency import IdempotencyKey
from mcp_engine.identifiers import new_id
from mcp_engine.identity.groups.service import GroupService
from mcp_engine.jobs.context import JobContext
from mcp_engine.jobs.service import JobService
from rag.duplicates.service import DuplicateService
from rag.lost_support.job import RecheckJob
from rag.readers.schemas import ReadersIn
from rag.readers.service import ReaderService
from tests.conftest import caller_of, make_tenant
from tests.rag.conftest import Attempt, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE

WHO = "Who built the lighthouse of Karsund?"
CREW = ReadersIn(groups=["crew"])


@dataclass
class Place:
    """`owner` set the lists and is on them by name; `member` through the group; `outsider` is on none."""

    workspace: Workspace
    owner: Caller
    member: Caller
    outsider: Caller
    restricted: UUID = field(default_factory=new_id)
    open: UUID = field(default_factory=new_id)

    @property
    def groups(self) -> GroupService:
        return GroupService(self.workspace.database)

    @property
    def readers(self) -> ReaderService:
        return ReaderService(self.workspace.database)

    @property
    def jobs(self) -> JobService:
        return JobService(self.workspace.database)

    @property
    def duplicates(self) -> DuplicateService:
        return DuplicateService(self.workspace.database)

    @property
    def listed(self) -> ReadersIn:
        return ReadersIn(groups=["crew"], principals=[str(self.owner.principal_id)])

    async def restrict(self, document_id: UUID) -> None:
        await self.readers.restrict(self.owner, document_id, self.listed)

    async def add_restricted(self, name: str, content: str, collection: str) -> UUID:
        """Add a document that is restricted from its first moment, and index it."""
        data = content.encode()
        added = await self.workspace.documents.add(self.owner, "default", collection, name, data, self.listed)
        await self.workspace.index(self.owner, added.document.latest.id)
        return added.document.id

    async def add_open(self, name: str, content: str, collection: str) -> UUID:
        return (await self.workspace.add(self.owner, name, content, collection)).document.id

    async def ask(self, caller: Caller, collection: str = "mixed", key: IdempotencyKey | None = None) -> UUID:
        answer = await self.workspace.asking.answer(caller, "default", collection, WHO, key=key)
        return answer.execution_id

    async def recheck(self, document_id: UUID) -> None:
        """Run the job that looks at answers again after what is searched of a document changed."""
        context = Attempt(self.workspace.database, self.owner.tenant_id, self.owner.principal_id, document_id)
        await RecheckJob().run(cast("JobContext", context))


async def make_place(workspace: Workspace) -> Place:
    """Make the tenant with `mixed` (a restricted lighthouse, an open bakery)."""
    owner = await make_tenant(workspace.database)
    member, outsider = [await _person(workspace, owner, name) for name in ("member", "outsider")]
    place = Place(workspace, owner, member, outsider)
    await place.groups.create(owner, "crew")
    await place.groups.add_member(owner, "crew", member.principal_id)
    place.restricted = await place.add_restricted("lighthouse.md", LIGHTHOUSE, "mixed")
    place.open = await place.add_open("bakery.md", BAKERY, "mixed")
    return place


async def _person(workspace: Workspace, owner: Caller, name: str) -> Caller:
    """Insert a person of the owner's tenant, who holds every scope: what it lacks here is never a scope."""
    principal_id = new_id()
    async with workspace.database.unit_of_work(owner.tenant_id, owner.principal_id) as work:
        await work.session.execute(
            text("INSERT INTO principal (tenant_id, id, kind, name, role) VALUES (:t, :p, 'person', :name, 'editor')"),
            {"t": owner.tenant_id, "p": principal_id, "name": name},
        )
    return caller_of(owner.tenant_id, principal_id)
