"""Verification of the log against the live rows of releases: what decides something can't be changed unnoticed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mcp_engine.access import Caller
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.database.engine import Database
from mcp_engine.gates.facts import GateCheck
from tests.conftest import plain_url
from tests.mcp_engine.gates.conftest import SEALED, Join, Story

TABLES: Final = (
    "release_request", "release_decision", "release_approval", "alpha_ledger", "alpha_ledger_member", "alpha_look",
    "alpha_spend",
)  # fmt: skip
NOBODY: Final = "'00000000-0000-0000-0000-000000000001'"
MISSING: Final = "the row that the entry speaks of is missing"
DECIDED: Final = "request_id IN (SELECT request_id FROM release_decision)"
TAMPERINGS: Final = {
    "UPDATE release_request SET namespace = 'elsewhere'": "namespace",
    "UPDATE release_request SET label = 'staging'": "label",
    "UPDATE release_request SET version_id = baseline_version_id": "version",
    "UPDATE release_request SET lock_digest = baseline_lock_digest": "lock_digest",
    "UPDATE release_request SET baseline_version_id = NULL": "baseline_version",
    "UPDATE release_request SET baseline_lock_digest = lock_digest": "baseline_lock_digest",
    "UPDATE release_request SET gates = jsonb_set(gates, '{0,error_budget}', '0.2')": "gates_digest",
    "UPDATE release_request SET requirements = jsonb_set(requirements, '{0,rows}', '500')": "requirements_digest",
    "UPDATE release_request SET reason = 'Ada asked for it.'": "reason_digest",
    f"UPDATE release_request SET actor_id = {NOBODY}": "actor_id",
    "DELETE FROM release_request": MISSING,
    "UPDATE release_decision SET verdicts = '[\"failed\"]'": "verdicts",
    "UPDATE release_decision SET look_id = NULL": "look",
    "DELETE FROM release_decision": MISSING,
    "INSERT INTO release_decision (tenant_id, request_id, verdicts) SELECT tenant_id, id, '[\"passed\"]' "
    "FROM release_request WHERE id NOT IN (SELECT request_id FROM release_decision)": "without_entry",
    "UPDATE alpha_look SET level = 0.05": "level",
    "UPDATE alpha_look SET passed = NOT passed": "passed",
    "UPDATE alpha_look SET question_digest = 'another'": "question_digest",
    "DELETE FROM alpha_look": "look",
    "INSERT INTO alpha_look (tenant_id, id, request_id, question_digest, level, passed) "
    "SELECT tenant_id, gen_random_uuid(), request_id, 'easy', 0.05, true FROM alpha_look": "without_entry",
    "DELETE FROM alpha_spend": "ledgers",
    f"UPDATE alpha_spend SET ledger_id = {NOBODY}": "ledgers",
    "UPDATE alpha_ledger SET budget = 0.2": "ledgers",
    "UPDATE alpha_ledger SET planned = 1": "ledgers",
    "DELETE FROM alpha_ledger": "ledgers",
    "DELETE FROM alpha_ledger_member": "ledgers",
    f"UPDATE alpha_ledger_member SET ledger_id = {NOBODY} "
    "WHERE inputs_digest = (SELECT min(inputs_digest) FROM alpha_ledger_member)": "ledgers",
    "UPDATE release_approval SET approved = NOT approved": "approved",
    "UPDATE release_approval SET comment = 'not seen'": "comment_digest",
    f"UPDATE release_approval SET actor_id = {NOBODY}": "actor_id",
    f"UPDATE release_approval SET request_id = (SELECT id FROM release_request WHERE NOT id IN "
    f"(SELECT request_id FROM release_approval WHERE {DECIDED}))": "request",
    "DELETE FROM release_approval": MISSING,
    f"INSERT INTO release_approval (tenant_id, id, request_id, approved, comment, actor_id) "
    f"SELECT tenant_id, gen_random_uuid(), request_id, true, '', {NOBODY} FROM release_approval": "without_entry",
}


@pytest.fixture
def database(fresh_database: Database) -> Database:
    """The log is one for all tenants, so that it wants a database of its own."""
    return fresh_database


async def recorded(story: Story, join: Join, database: Database, caller: Caller, folder: Path) -> AuditService:
    """One request that was decided and approved and one that was not, sequenced and signed."""
    await story.begin()
    await story.gate(SEALED, approvals=1, planned_looks=2)
    await join("ada")
    request = await story.asked()
    await story.ok(story.approve(request, "ada"))
    await story.ok(story.api.post("/prompts", {"name": "greet", "body": {"template": "newer {{ q }}"}}))
    last = await story.ok(story.api.post("/release-requests", {"name": "greet", "version": 3}))
    signer, witness = CheckpointSigner(Ed25519PrivateKey.generate()), Witness(folder / "log.txt")
    sequencer = Sequencer(database, signer, witness, poll_seconds=0.02, linger_seconds=0.0)
    audit = AuditService(database, signer.verifier, witness, [GateCheck()])
    await sequencer.start()
    await audit.proof(caller, last["id"])
    await sequencer.stop()
    return audit


async def test_whatever_decides_a_release_is_named_when_a_superuser_changes_it(
    story: Story, join: Join, database: Database, caller: Caller, fresh_owner_url: str, tmp_path: Path
) -> None:
    audit = await recorded(story, join, database, caller, tmp_path)
    report = await audit.verify()
    assert report.ok, report.problems
    unnoticed: dict[str, set[str]] = {}
    with psycopg.connect(plain_url(fresh_owner_url), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in TABLES:
            connection.execute(f"CREATE TABLE untouched_{table} AS TABLE {table}".encode())
        for tampering, fact in TAMPERINGS.items():
            assert connection.execute(tampering.encode()).rowcount > 0, tampering
            named = {problem.fact or problem.what for problem in (await audit.verify()).problems}
            if fact not in named:
                unnoticed[tampering] = named
            for table in TABLES:
                connection.execute(f"DELETE FROM {table}".encode())
                connection.execute(f"INSERT INTO {table} SELECT * FROM untouched_{table}".encode())
    assert not unnoticed
    assert (await audit.verify()).ok
