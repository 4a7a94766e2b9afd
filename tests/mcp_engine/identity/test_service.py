"""The first start, the cache of grants, races, and the schema."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, text
from sqlmodel import SQLModel

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict, NotFound, NotSignedIn
from mcp_engine.identity import tables
from mcp_engine.identity.grants import Grant, GrantCache
from mcp_engine.identity.namespaces import require_namespace
from mcp_engine.identity.permissions import PermissionRegistry
from mcp_engine.identity.service import IdentityService, KeyRequest, OwnerKey
from mcp_engine.secrets import Secrets
from tests.mcp_engine.identity.conftest import Clock

OURS = {
    table.__tablename__
    for table in (tables.Tenant, tables.Namespace, tables.Principal, tables.ApiKey, tables.Session, tables.RefreshToken)
}


async def test_the_first_start_makes_one_owner_who_runs_the_instance(
    fresh_database: Database, engine_secrets: Secrets
) -> None:
    identity = IdentityService(fresh_database, engine_secrets, PermissionRegistry())
    starts = await asyncio.gather(*(identity.bootstrap() for _ in range(4)))
    owners = [owner for owner in starts if owner]
    assert len(owners) == 1
    assert await identity.bootstrap() is None
    assert await identity.bootstrap("another-name") is None
    caller = await identity.authenticate(owners[0].api_key)
    assert "instance:operate" in caller.scopes
    assert [row.name for row in await identity.namespaces(caller)] == ["default"]
    assert (await identity.me(caller)).tenant.name == "default"
    second = await identity.create_tenant(caller, "second")
    assert "instance:operate" not in (await identity.authenticate(second.api_key)).scopes
    with pytest.raises(Conflict, match="second"):
        await identity.create_tenant(caller, "second")


async def test_a_lost_owner_key_is_replaced_by_whoever_holds_the_machine(
    fresh_database: Database, engine_secrets: Secrets
) -> None:
    identity = IdentityService(fresh_database, engine_secrets, PermissionRegistry())
    with pytest.raises(NotFound, match="first start"):
        await identity.replace_owner_key()
    first = await identity.bootstrap()
    assert first is not None
    replacement = await identity.replace_owner_key()
    caller = await identity.authenticate(replacement.api_key)
    assert (caller.principal_id, "instance:operate" in caller.scopes) == (first.principal_id, True)
    assert (await identity.authenticate(first.api_key)).principal_id == first.principal_id


def test_an_owner_key_does_not_show_itself() -> None:
    owner = OwnerKey(UUID(int=1), UUID(int=2), UUID(int=3), "mce_secret")
    assert "mce_secret" not in repr(owner)


def count_statements(database: Database) -> list[str]:
    statements: list[str] = []

    def record(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", record)
    return statements


async def test_a_known_key_touches_the_database_once_in_a_while(
    identity: IdentityService, owner: OwnerKey, database: Database, clock: Clock
) -> None:
    statements = count_statements(database)
    for _ in range(20):
        await identity.authenticate(owner.api_key)
    reads = [statement for statement in statements if "FROM api_key" in statement]
    writes = [statement for statement in statements if statement.startswith("UPDATE api_key")]
    assert (len(reads), len(writes)) == (1, 1)
    for _ in range(3):
        clock.advance(6)
        await identity.authenticate(owner.api_key)
    reads = [statement for statement in statements if "FROM api_key" in statement]
    writes = [statement for statement in statements if statement.startswith("UPDATE api_key")]
    assert (len(reads), len(writes)) == (4, 1)


async def test_last_use_is_recorded_coarsely(identity: IdentityService, owner: OwnerKey, clock: Clock) -> None:
    caller = await identity.authenticate(owner.api_key)
    [key] = await identity.keys(caller)
    assert key.last_used_at == clock.now
    first = clock.now
    clock.advance(200)
    await identity.authenticate(owner.api_key)
    assert (await identity.keys(caller))[0].last_used_at == first
    clock.advance(200)
    await identity.authenticate(owner.api_key)
    assert (await identity.keys(caller))[0].last_used_at == clock.now


async def test_two_owners_can_not_remove_each_other(identity: IdentityService, owner: OwnerKey) -> None:
    first = await identity.authenticate(owner.api_key)
    other = await identity.create_principal(first, kind="person", name="other", role="owner")
    _, key = await identity.create_key(first, KeyRequest(other.id, "k"))
    second = await identity.authenticate(key)
    results = await asyncio.gather(
        identity.change_principal(first, other.id, disabled=True),
        identity.change_principal(second, owner.principal_id, role="viewer"),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Principal"]


async def test_a_missing_namespace_is_answered_with_those_that_exist(
    identity: IdentityService, owner: OwnerKey, database: Database
) -> None:
    caller = await identity.authenticate(owner.api_key)
    await identity.create_namespace(caller, "team-a")
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await require_namespace(work, "team-a")
        for name in ("team-b", "team-a\x00"):
            with pytest.raises(NotFound, match="default, team-a"):
                await require_namespace(work, name)


def grant(credential: int, *, key: int = 1, tenant: int = 1) -> Grant:
    ids = [UUID(int=number) for number in (tenant, credential, key, 7)]
    return Grant(*ids, "person", frozenset(), bytes(32), None, 1.0, 1)


async def test_what_is_revoked_while_it_is_being_read_is_not_kept() -> None:
    cache = GrantCache(lambda: 0.0, ttl_seconds=5)

    async def load_while_revoked() -> Grant | None:
        cache.forget_key(UUID(int=1))
        return grant(1)

    async def gone() -> Grant | None:
        return None

    assert await cache.get(UUID(int=1), UUID(int=1), load_while_revoked) is not None
    assert await cache.get(UUID(int=1), UUID(int=1), gone) is None


async def test_the_cache_is_bounded_and_keeps_tenants_apart() -> None:
    cache = GrantCache(lambda: 0.0, ttl_seconds=5, capacity=2)
    loads: list[int] = []

    async def ask(number: int, tenant: int = 1) -> Grant | None:
        async def load() -> Grant | None:
            loads.append(number)
            return grant(number) if tenant == 1 else None

        return await cache.get(UUID(int=tenant), UUID(int=number), load)

    for number in (1, 2, 3, 3, 2):
        await ask(number)
    assert loads == [1, 2, 3]
    await ask(1)
    assert loads == [1, 2, 3, 1]
    assert await ask(1, tenant=2) is None


async def test_a_caller_can_not_create_a_key_for_another_tenants_principal(
    identity: IdentityService, owner: OwnerKey, caller: Caller
) -> None:
    with pytest.raises(NotFound):
        await identity.create_key(caller, KeyRequest(owner.principal_id, "x"))


async def test_the_application_can_not_rewrite_a_key(database: Database, owner: OwnerKey) -> None:
    for change in ("scopes = '{*}'", "secret_hash = '\\x00'", "expires_at = null", "principal_id = id"):
        with pytest.raises(Exception, match="permission denied"):
            async with database.unit_of_work(owner.tenant_id, owner.principal_id) as work:
                await work.session.execute(text(f"UPDATE api_key SET {change}"))


async def test_no_secret_is_stored(identity: IdentityService, owner: OwnerKey, database: Database) -> None:
    session = await identity.sessions.open(owner.api_key)
    async with database.unit_of_work(owner.tenant_id, owner.principal_id) as work:
        for table in ("api_key", "refresh_token"):
            rows = (await work.session.execute(text(f"SELECT {table}::text FROM {table}"))).scalars().all()
            assert rows
            for hidden in (owner.api_key[-43:], session.refresh_token[-43:]):
                assert hidden not in str(rows)


async def test_a_disabled_principal_is_refused_by_every_server_after_the_cache_time(
    identity: IdentityService, owner: OwnerKey, database: Database, engine_secrets: Secrets, clock: Clock
) -> None:
    other = IdentityService(
        database, engine_secrets, identity.permissions, now=lambda: clock.now, clock=lambda: clock.seconds
    )
    admin = await identity.authenticate(owner.api_key)
    principal = await identity.create_principal(admin, kind="machine", name="ci", role="automation")
    _, key = await identity.create_key(admin, KeyRequest(principal.id, "k"))
    await other.authenticate(key)
    await identity.change_principal(admin, principal.id, disabled=True)
    with pytest.raises(NotSignedIn):
        await identity.authenticate(key)
    clock.advance(5)
    with pytest.raises(NotSignedIn):
        await other.authenticate(key)


def test_models_and_migration_agree(owner_url: str) -> None:
    engine = create_engine(owner_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, kind, _: kind != "table" or name in OURS,
                "include_object": lambda thing, name, kind, *_: kind != "table" or name in OURS,
            },
        )
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
