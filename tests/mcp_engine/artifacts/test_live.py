"""Verification notices when a version or a label is no longer what was pushed or released."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.live import ArtifactCheck
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.audit.erasure import erase
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.schemas import VerificationReport
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from tests.conftest import make_tenant, plain_url
from tests.mcp_engine.artifacts.conftest import NoteKind, Notes


@dataclass
class Registry:
    """Notes in a database of their own, with its log."""

    notes: Notes
    audit: AuditService
    owner_url: str

    def tamper(self, statement: str, **parameters: object) -> None:
        """Run a statement as the superuser with triggers off: what no privilege can stop."""
        with psycopg.connect(plain_url(self.owner_url), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(
                statement.encode(), {"tenant": self.notes.caller.tenant_id, "id": new_id(), **parameters}
            )

    async def verify(self) -> VerificationReport:
        async with asyncio.timeout(30):
            while (report := await self.audit.verify()).unsequenced:
                await asyncio.sleep(0.02)
        return report


@pytest_asyncio.fixture(loop_scope="session")
async def registry(fresh_database: Database, fresh_owner_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    """`plan` in versions 1 and 2, `production` moved from the first to the second, and `part` that it uses."""
    notes = Notes(
        ArtifactService(fresh_database, KindRegistry([NoteKind()])), fresh_database, await make_tenant(fresh_database)
    )
    signer, witness = CheckpointSigner(Ed25519PrivateKey.generate()), Witness(tmp_path / "w" / "log.txt")
    sequencer = Sequencer(fresh_database, signer, witness, poll_seconds=0.02, linger_seconds=0.0)
    await sequencer.start()
    await notes.push("part", "part", labels=["stable"])
    await notes.push("plan", "one", "part@stable", labels=["production"])
    await notes.push("plan", "two", "part@stable", labels=["production"])
    yield Registry(notes, AuditService(fresh_database, signer.verifier, witness, [ArtifactCheck()]), fresh_owner_url)
    await sequencer.stop()


async def test_what_was_pushed_and_released_verifies(registry: Registry) -> None:
    report = await registry.verify()
    assert report.ok, report.problems
    assert report.live_rows_checked == 6


async def test_an_erased_body_still_verifies(registry: Registry) -> None:
    version = (await registry.notes.resolve("plan/1")).version_id
    async with registry.notes.database.unit_of_work(
        registry.notes.caller.tenant_id, registry.notes.caller.principal_id
    ) as work:
        await erase(work, "artifact_content", {"version_id": str(version)}, "a person asked")
    report = await registry.verify()
    assert report.ok, report.problems
    assert report.erased == 1


OF_PLAN = "(SELECT id FROM artifact WHERE name = 'plan')"
V1 = f"(SELECT id FROM artifact_version WHERE artifact_id = {OF_PLAN} AND number = 1)"
V2 = f"(SELECT id FROM artifact_version WHERE artifact_id = {OF_PLAN} AND number = 2)"

EXTRA_MOVE = """
    INSERT INTO label_event
        (tenant_id, id, artifact_id, label, number, from_version_id, to_version_id, lock_digest, actor_id, reason)
    SELECT tenant_id, %(id)s, artifact_id, label, 3, to_version_id, from_version_id, lock_digest, actor_id, reason
    FROM label_event WHERE number = 2
"""
EXTRA_VERSION = f"""
    INSERT INTO artifact_version (tenant_id, id, artifact_id, number, digest, author_id, message)
    SELECT tenant_id, %(id)s, artifact_id, 3, repeat('b', 64), author_id, '' FROM artifact_version WHERE id = {V2}
"""


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE artifact_content SET body = replace(body, 'one', 'bad') WHERE version_id = {V1}",
        f"DELETE FROM artifact_content WHERE version_id = {V1}",
        f"UPDATE artifact_version SET digest = repeat('a', 64) WHERE id = {V1}",
        f"UPDATE artifact_version SET number = 7 WHERE id = {V1}",
        f"DELETE FROM artifact_version WHERE id = {V1}",
        "UPDATE artifact SET name = 'other' WHERE name = 'plan'",
        "UPDATE artifact SET latest_number = 1 WHERE name = 'plan'",
        f"UPDATE label_event SET to_version_id = {V1} WHERE to_version_id = {V2}",
        f"DELETE FROM label_event WHERE to_version_id = {V2}",
        "UPDATE label_event SET number = number + 5 WHERE number = 1 AND label = 'production'",
        "UPDATE artifact_lock SET body = replace(body, 'part', 'trap')",
        EXTRA_MOVE,
        EXTRA_VERSION,
    ],
)
async def test_tampering_with_a_row_is_named(registry: Registry, statement: str) -> None:
    assert (await registry.verify()).ok
    registry.tamper(statement)
    report = await registry.verify()
    assert not report.ok
    assert report.first_problem is not None
