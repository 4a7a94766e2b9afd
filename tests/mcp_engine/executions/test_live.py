"""Verification of the log against the live rows of executions."""

from __future__ import annotations

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.schemas import VerificationReport
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.database.engine import Database
from mcp_engine.executions.live import ExecutionCheck
from mcp_engine.executions.schemas import Outcome, StartExecution
from mcp_engine.executions.service import ExecutionService
from mcp_engine.identifiers import new_id
from tests.conftest import make_tenant, plain_url

START = StartExecution(namespace="default", kind="ask", inputs={"question": "Why?"}, parameters={"temperature": 0.1})


async def recorded(database: Database, witness: Witness) -> AuditService:
    """Three ended executions, the last with its content erased, all of them sequenced and signed."""
    caller, executions = await make_tenant(database), ExecutionService(database)
    for _ in range(3):
        running = await executions.start(caller, START)
        await running.finish(Outcome(output=["Because.", 1e20], input_tokens=3, sources=[new_id(), new_id()]))
    await executions.erase_content(caller, running.id, "asked to")
    signer = CheckpointSigner(Ed25519PrivateKey.generate())
    sequencer = Sequencer(database, signer, witness, poll_seconds=0.02, linger_seconds=0.0)
    audit = AuditService(database, signer.verifier, witness, [ExecutionCheck()])
    await sequencer.start()
    await audit.proof(caller, str(running.id))
    await sequencer.stop()
    return audit


@pytest.fixture
def witness(tmp_path_factory: pytest.TempPathFactory) -> Witness:
    return Witness(tmp_path_factory.mktemp("witness") / "log.txt")


async def test_executions_verify_erased_ones_included(fresh_database: Database, witness: Witness) -> None:
    report = await (await recorded(fresh_database, witness)).verify()
    assert report.ok, report.problems
    assert report.live_rows_checked >= 3
    assert report.erased == 2


@pytest.mark.parametrize(
    ("tampering", "fact"),
    [
        ("UPDATE execution SET version_digest = 'forged'", "version_digest"),
        ("UPDATE execution SET parameters = '{}'", "parameters_digest"),
        ("UPDATE execution_outcome SET status = 'cancelled'", "status"),
        ("UPDATE execution_outcome SET input_tokens = 4", "input_tokens"),
        ("UPDATE execution_inputs SET content = '{}'", "inputs_commitment"),
        ("UPDATE execution_output SET content = 'no JSON'", "output_commitment"),
        ("UPDATE execution_outcome SET sources = sources[1:1]", "sources"),
        ("UPDATE execution_outcome SET sources = NULL", "sources"),
        ("DELETE FROM execution_output", "output_commitment"),
        ("DELETE FROM execution_output; UPDATE execution_outcome SET output_commitment = NULL", "output_commitment"),
        ("DELETE FROM execution_outcome", None),
    ],
)
async def test_each_tampering_behind_the_engines_back_is_named(
    fresh_database: Database, fresh_owner_url: str, witness: Witness, tampering: str, fact: str | None
) -> None:
    audit = await recorded(fresh_database, witness)
    with psycopg.connect(plain_url(fresh_owner_url), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        for statement in tampering.split("; "):
            owner.execute(statement.encode())
    report: VerificationReport = await audit.verify()
    assert not report.ok
    assert report.first_problem is not None
    assert (report.first_problem.kind, report.first_problem.fact) == ("execution.ended", fact)
