"""Erasure: content goes through one door only, and the log still verifies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import make_url, text

from mcp_engine.access import Caller
from mcp_engine.audit.erasure import erase
from mcp_engine.audit.live import Erased
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.canonical import digest
from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.database.migrate import CORE, MigrationSource, app_url, upgrade
from mcp_engine.errors import Gone, NotFound
from tests.conftest import APP_PASSWORD, copy_template, make_tenant, plain_url
from tests.mcp_engine.audit.conftest import Log

MIGRATION = """
import sqlalchemy as sa
from alembic import op
from mcp_engine.database import ddl
revision = "t1"
down_revision = None
def upgrade():
    op.create_table(
        "letter_content",
        sa.Column("tenant_id", sa.Uuid(), primary_key=True),
        sa.Column("letter", sa.String(), primary_key=True),
        sa.Column("page", sa.Integer(), primary_key=True),
        sa.Column("body", sa.String(), nullable=False),
    )
    ddl.tenant_table("letter_content", privileges="SELECT, INSERT, UPDATE, DELETE, TRUNCATE")
    ddl.erasable("letter_content")
"""


class LetterCheck:
    """A letter's leaf holds the digest of its pages."""

    kinds = frozenset({"letter.written"})

    async def facts(self, work: UnitOfWork, kind: str, subjects: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        rows = await work.session.execute(text("SELECT letter, body FROM letter_content ORDER BY letter, page"))
        pages: dict[str, list[str]] = {}
        for row in rows:
            pages.setdefault(row.letter, []).append(row.body)
        return {
            name: {"pages": digest(pages[name]) if name in pages else Erased("letter_content", {"letter": name})}
            for name in subjects
        }


@pytest.fixture(scope="module")
def letter_template(
    postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A database whose migrations include the content table's."""
    folder = tmp_path_factory.mktemp("migrations")
    (folder / "t1.py").write_text(MIGRATION)
    url = copy_template(postgres, migrated_template)
    upgrade(url, APP_PASSWORD, [CORE, MigrationSource("letters", folder)])
    return str(make_url(url).database)


@pytest.fixture(scope="module")
def shared_url(postgres: EmbeddedPostgres, letter_template: str) -> str:
    return copy_template(postgres, letter_template)


async def letters_in(url: str, tmp_path: Path) -> AsyncIterator[Log]:
    """Letters `a` and `b` of two pages each, of a new tenant."""
    database = Database(app_url(url, APP_PASSWORD))
    log = Log(database, url, await make_tenant(database), Witness(tmp_path / "w" / "log.txt"))
    await write(log, log.caller, "a", "b")
    for name in "ab":
        await log.append(name, kind="letter.written", facts={"pages": digest([f"{name} 1", f"{name} 2"])})
    yield log
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def letters(shared_url: str, tmp_path: Path) -> AsyncIterator[Log]:
    """In a database shared with other tests, as tenants share one."""
    async for log in letters_in(shared_url, tmp_path):
        yield log


@pytest_asyncio.fixture(loop_scope="session")
async def own_letters(postgres: EmbeddedPostgres, letter_template: str, tmp_path: Path) -> AsyncIterator[Log]:
    """In a database of the test's own, whose whole log it verifies."""
    async for log in letters_in(copy_template(postgres, letter_template), tmp_path):
        yield log


async def write(log: Log, caller: Caller, *names: str) -> None:
    async with log.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await work.session.execute(
            text("INSERT INTO letter_content VALUES (:tenant, :letter, :page, :body)"),
            [
                {"tenant": caller.tenant_id, "letter": name, "page": page, "body": f"{name} {page}"}
                for name in names
                for page in (1, 2)
            ],
        )


async def count(log: Log, caller: Caller) -> int:
    async with log.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        return (await work.session.execute(text("SELECT count(*) FROM letter_content"))).scalar_one()


async def erased(log: Log, name: str, reason: str = "asked by the writer") -> Any:
    async with log.database.unit_of_work(log.caller.tenant_id, log.caller.principal_id) as work:
        return await erase(work, "letter_content", {"letter": name}, reason)


async def test_erasing_leaves_a_tombstone_and_a_leaf_and_the_log_verifies(own_letters: Log) -> None:
    service = AuditService(own_letters.database, own_letters.signer.verifier, own_letters.witness, [LetterCheck()])
    tombstone = await erased(own_letters, "a")
    await own_letters.sequence()
    report = await service.verify()
    assert report.ok
    assert (report.erased, report.live_rows_checked, report.tree_size) == (1, 3, 3)
    assert await count(own_letters, own_letters.caller) == 2
    async with own_letters.database.unit_of_work(own_letters.caller.tenant_id, own_letters.caller.principal_id) as work:
        row = (await work.session.execute(text("SELECT * FROM erasure"))).one()
    assert (row.id, row.content_table, row.key, row.reason) == (
        tombstone,
        "letter_content",
        {"letter": "a"},
        "asked by the writer",
    )
    assert (row.row_count, row.actor_id) == (2, own_letters.caller.principal_id)


async def test_content_that_disappeared_without_erasure_is_named(own_letters: Log) -> None:
    await own_letters.sequence()
    own_letters.tamper("DELETE FROM letter_content WHERE letter = 'b'")
    service = AuditService(own_letters.database, own_letters.signer.verifier, own_letters.witness, [LetterCheck()])
    first = (await service.verify()).first_problem
    assert first is not None
    assert (first.seq, first.subject, first.fact) == (1, "b", "pages")
    assert "never erased" in first.what


@pytest.mark.parametrize("change", ["reason = 'another'", 'key = \'{"letter": "b"}\'', "content_table = 'x'"])
async def test_a_changed_tombstone_is_named(own_letters: Log, change: str) -> None:
    await erased(own_letters, "a")
    await own_letters.sequence()
    own_letters.tamper(f"UPDATE erasure SET {change}")
    service = AuditService(own_letters.database, own_letters.signer.verifier, own_letters.witness)
    first = (await service.verify()).first_problem
    assert first is not None
    assert (first.seq, first.kind) == (2, "content.erased")


async def test_a_forged_tombstone_is_named(own_letters: Log) -> None:
    await own_letters.sequence()
    own_letters.tamper(
        "DELETE FROM letter_content WHERE letter = 'a'",
        "INSERT INTO erasure SELECT tenant_id, gen_random_uuid(), 'letter_content', '{\"letter\": \"a\"}', 'x', "
        "gen_random_uuid(), 2 FROM letter_content LIMIT 1",
    )
    service = AuditService(own_letters.database, own_letters.signer.verifier, own_letters.witness, [LetterCheck()])
    report = await service.verify()
    assert [problem.seq for problem in report.problems] == [0, None]
    assert "has no entry" in report.problems[1].what


REFUSED = [
    "DELETE FROM letter_content",
    "UPDATE letter_content SET body = 'x'",
    "TRUNCATE letter_content",
]
FORGERIES = [
    "SELECT set_config('mcp_engine.erasing', 'on', true)",
    "INSERT INTO engine_private.erasing VALUES (pg_current_xact_id(), 'letter_content'::regclass)",
    "INSERT INTO erasure VALUES (:tenant, gen_random_uuid(), 'letter_content', '{}', 'x', gen_random_uuid(), 1)",
    "ALTER TABLE letter_content DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
]


@pytest.mark.parametrize("statement", REFUSED)
async def test_the_application_cannot_remove_content_directly(letters: Log, statement: str) -> None:
    with pytest.raises(Exception, match=r"only be removed by erase|immutable"):
        async with letters.database.unit_of_work(letters.caller.tenant_id, letters.caller.principal_id) as work:
            await work.session.execute(text(statement))
    assert await count(letters, letters.caller) == 4


@pytest.mark.parametrize("statement", REFUSED)
def test_the_superuser_cannot_either_while_triggers_are_on(letters: Log, statement: str) -> None:
    with psycopg.connect(plain_url(letters.owner_url)) as connection:
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(statement.encode())


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_the_application_cannot_pretend_to_be_erasing(letters: Log, forgery: str) -> None:
    with pytest.raises(Exception, match=r"permission denied|must be owner|only be removed by erase"):
        async with letters.database.unit_of_work(letters.caller.tenant_id, letters.caller.principal_id) as work:
            await work.session.execute(text(forgery), {"tenant": letters.caller.tenant_id} if ":t" in forgery else {})
            await work.session.execute(text("DELETE FROM letter_content"))
    assert await count(letters, letters.caller) == 4


async def test_after_erase_the_same_transaction_can_delete_no_more(letters: Log) -> None:
    with pytest.raises(Exception, match="only be removed by erase"):
        async with letters.database.unit_of_work(letters.caller.tenant_id, letters.caller.principal_id) as work:
            await erase(work, "letter_content", {"letter": "a"}, "x")
            await work.session.execute(text("DELETE FROM letter_content"))
    assert await count(letters, letters.caller) == 4


async def test_another_tenants_content_stays(letters: Log) -> None:
    other = await make_tenant(letters.database)
    await write(letters, other, "a")
    await erased(letters, "a")
    assert await count(letters, other) == 2
    with pytest.raises(NotFound):
        async with letters.database.unit_of_work(other.tenant_id, other.principal_id) as work:
            await erase(work, "letter_content", {"letter": "b"}, "x")
    with pytest.raises(NotFound):
        async with letters.database.unit_of_work(other.tenant_id, other.principal_id) as work:
            await erase(work, "letter_content", {"letter": "b", "tenant_id": str(letters.caller.tenant_id)}, "x")


async def test_erasing_twice_is_gone_and_erasing_nothing_is_not_found(letters: Log) -> None:
    await erased(letters, "a")
    with pytest.raises(Gone):
        await erased(letters, "a")
    with pytest.raises(NotFound):
        await erased(letters, "zzz")


@pytest.mark.parametrize(
    ("table", "key", "message"),
    [
        ("audit_entry", {"kind": "letter.written"}, "no erasable content"),
        ("no_such_table", {"x": 1}, "no erasable content"),
        ("letter_content; DROP TABLE erasure", {"x": 1}, "no erasable content"),
        ("letter_content", {}, "needs a key"),
        ("letter_content", {"tenant_id": "x"}, "needs a key"),
        ("letter_content", {"letter = letter --": "x"}, "does not exist"),
    ],
)
async def test_only_content_tables_by_their_columns(
    letters: Log, table: str, key: dict[str, Any], message: str
) -> None:
    with pytest.raises(Exception, match=message):
        async with letters.database.unit_of_work(letters.caller.tenant_id, letters.caller.principal_id) as work:
            await erase(work, table, key, "x")
    assert await count(letters, letters.caller) == 4


async def test_without_a_tenant_nothing_can_be_erased(letters: Log) -> None:
    call = (
        "SELECT erase('letter_content', '{\"letter\": \"a\"}', 'x', gen_random_uuid(), gen_random_uuid(), "
        "gen_random_uuid(), now(), '{}', sha256('x'))"
    )
    with pytest.raises(Exception, match="no tenant"):
        async with letters.database.global_work() as session:
            await session.execute(text(call))


async def test_it_works_where_the_owner_is_no_superuser(own_letters: Log) -> None:
    owner = f"owner_{own_letters.caller.tenant_id.hex}"
    with psycopg.connect(plain_url(own_letters.owner_url), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {owner} NOSUPERUSER NOBYPASSRLS".encode())
        connection.execute(f"GRANT CREATE, USAGE ON SCHEMA public, engine_private TO {owner}".encode())
        for table in ("letter_content", "erasure", "audit_entry", "audit_unsequenced", "engine_private.erasing"):
            connection.execute(f"ALTER TABLE {table} OWNER TO {owner}".encode())
        for function in ("erase", "refuse_change_unless_erasing"):
            connection.execute(f"ALTER FUNCTION {function} OWNER TO {owner}".encode())
    await erased(own_letters, "a")
    assert await count(own_letters, own_letters.caller) == 2
    with pytest.raises(Exception, match="only be removed by erase"):
        async with own_letters.database.unit_of_work(
            own_letters.caller.tenant_id, own_letters.caller.principal_id
        ) as work:
            await work.session.execute(text("DELETE FROM letter_content"))
