"""What the log says about keys still holds for the rows, and a row changed behind the engine's back shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from mcp_engine.canonical import canonical_json
from mcp_engine.database.engine import Database
from mcp_engine.identity.live import IdentityCheck
from mcp_engine.identity.service import IdentityService, KeyRequest, OwnerKey
from tests.conftest import plain_url
from tests.mcp_engine.identity.conftest import Clock


async def differences(database: Database, tenant_id: UUID) -> list[tuple[str, str]]:
    """Return (kind, name of the fact) wherever a recomputed fact is not the recorded one."""
    check, found = IdentityCheck(), list[tuple[str, str]]()
    async with database.unit_of_work(tenant_id, UUID(int=0)) as work:
        rows = (await work.session.execute(text("SELECT kind, subject, facts FROM audit_entry"))).all()
        for kind, subject, recorded in rows:
            if kind not in check.kinds:
                continue
            now: dict[str, Any] = {"": "the row is missing"}
            now = dict((await check.facts(work, kind, [subject])).get(subject, now))
            found += [(kind, name) for name in now if canonical_json(now[name]) != canonical_json(recorded.get(name))]
    return sorted(found)


async def filled(identity: IdentityService, owner: OwnerKey, clock: Clock) -> UUID:
    """Leave one entry of every kind; return the id of a revoked key."""
    caller = await identity.authenticate(owner.api_key)
    await identity.create_namespace(caller, "checked")
    request = KeyRequest(owner.principal_id, "k", ["ask", "prompts:read"], clock.now + timedelta(days=1), 0.1, 3)
    key, _ = await identity.create_key(caller, request)
    await identity.revoke_key(caller, key.id)
    return key.id


async def test_untouched_rows_agree_with_the_log(
    identity: IdentityService, owner: OwnerKey, clock: Clock, database: Database
) -> None:
    await filled(identity, owner, clock)
    assert await differences(database, owner.tenant_id) == []


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ("UPDATE api_key SET scopes = '{*}' WHERE id = %(key)s", ("key.created", "scopes")),
        (
            "UPDATE api_key SET secret_hash = decode(repeat('00', 32), 'hex') WHERE id = %(key)s",
            ("key.created", "hash_digest"),
        ),
        ("UPDATE api_key SET expires_at = NULL WHERE id = %(key)s", ("key.created", "expires_at")),
        ("UPDATE api_key SET burst = 100000 WHERE id = %(key)s", ("key.created", "burst")),
        ("UPDATE api_key SET revoked_at = NULL WHERE id = %(key)s", ("key.revoked", "revoked")),
        ("UPDATE principal SET kind = 'machine' WHERE tenant_id = %(tenant)s", ("principal.created", "kind")),
        ("DELETE FROM namespace WHERE tenant_id = %(tenant)s AND name = 'checked'", ("namespace.created", "")),
    ],
)
async def test_a_row_changed_by_the_database_owner_shows(
    identity: IdentityService, owner: OwnerKey, clock: Clock, database: Database, owner_url: str,
    change: str, shown: tuple[str, str],
) -> None:  # fmt: skip
    key_id = await filled(identity, owner, clock)
    with psycopg.connect(plain_url(owner_url), autocommit=True) as connection:
        assert connection.execute(change.encode(), {"key": key_id, "tenant": owner.tenant_id}).rowcount == 1
    assert await differences(database, owner.tenant_id) == [shown]
