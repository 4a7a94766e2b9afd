"""The unit of work: one transaction, one tenant."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
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


async def test_a_unit_of_work_is_one_transaction_for_all_its_statements(database: Database, caller: Caller) -> None:
    insert = text("INSERT INTO namespace (tenant_id, name) VALUES (:id, :name)")
    for number in range(8):  # more often than the driver needs to begin to prepare a statement
        with pytest.raises(RuntimeError):
            async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
                await work.session.execute(insert, {"id": caller.tenant_id, "name": f"a{number}"})
                await work.session.execute(insert, {"id": caller.tenant_id, "name": f"b{number}"})
                raise RuntimeError
    with pytest.raises(IntegrityError):
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await work.session.execute(insert, {"id": caller.tenant_id, "name": "c"})
            await work.session.execute(insert, {"id": caller.tenant_id, "name": "default"})
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        assert (await work.session.execute(COUNT)).scalar() == 1


async def test_global_work_is_one_transaction_too(database: Database) -> None:
    tenant_id = new_id()
    with pytest.raises(RuntimeError):
        async with database.global_work() as session:
            await session.execute(
                text("INSERT INTO tenant (id, name) VALUES (:id, :name)"), {"id": tenant_id, "name": tenant_id.hex}
            )
            raise RuntimeError
    assert await database.scalar("SELECT count(*) FROM tenant WHERE id = :id", id=tenant_id) == 0


async def test_the_tenant_of_one_transaction_is_gone_in_the_next(database: Database, caller: Caller) -> None:
    one = Database(database.url, pool_size=2)
    try:
        async with one.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            backend = (await work.session.execute(text("SELECT pg_backend_pid()"))).scalar()
        async with one.global_work() as session:
            assert (await session.execute(text("SELECT pg_backend_pid()"))).scalar() == backend
            assert (await session.execute(COUNT)).scalar() == 0
    finally:
        await one.close()


async def test_a_connection_that_broke_while_it_rested_is_replaced(database: Database, owner_url: str) -> None:
    one, owner = Database(database.url, pool_size=2), Database(owner_url, pool_size=2)
    try:
        for _ in range(2):
            async with one.global_work() as session:
                backend = (await session.execute(text("SELECT pg_backend_pid()"))).scalar()
            assert await owner.scalar("SELECT pg_terminate_backend(:pid)", pid=backend) is True
            assert await one.scalar("SELECT pg_backend_pid()") != backend
    finally:
        await one.close()
        await owner.close()


async def test_a_connection_that_breaks_in_the_middle_fails_the_work(database: Database, owner_url: str) -> None:
    one, owner = Database(database.url, pool_size=2), Database(owner_url, pool_size=2)
    try:
        with pytest.raises(OperationalError):
            async with one.global_work() as session:
                backend = (await session.execute(text("SELECT pg_backend_pid()"))).scalar()
                assert await owner.scalar("SELECT pg_terminate_backend(:pid)", pid=backend) is True
                await session.execute(text("SELECT 1"))
    finally:
        await one.close()
        await owner.close()
