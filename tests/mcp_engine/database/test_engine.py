"""The unit of work: one transaction, one tenant."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from tests.conftest import make_tenant

COUNT = text("SELECT count(*) FROM namespace")


async def test_a_tenant_sees_its_own_rows_only(database: Database, caller: Caller) -> None:
    await make_tenant(database)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        assert (await work.session.execute(COUNT)).scalar() == 1


async def test_without_a_tenant_no_tenant_row_is_visible(database: Database, caller: Caller) -> None:
    async with database.global_work() as session:
        assert (await session.execute(COUNT)).scalar() == 0


async def test_a_row_of_another_tenant_is_refused(database: Database, caller: Caller) -> None:
    other = await make_tenant(database)
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await work.session.execute(
                text("INSERT INTO namespace (tenant_id, name) VALUES (:id, 'x')"), {"id": other.tenant_id}
            )


async def test_callbacks_run_after_commit_and_never_after_rollback(database: Database, caller: Caller) -> None:
    called: list[str] = []
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        work.after_commit(lambda: called.append("committed"))
        assert called == []
    with pytest.raises(RuntimeError):
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            work.after_commit(lambda: called.append("rolled back"))
            raise RuntimeError
    assert called == ["committed"]


async def test_the_application_role_cannot_lift_row_level_security(database: Database) -> None:
    row = "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    assert await database.scalar(row) is False
