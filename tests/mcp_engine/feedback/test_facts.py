"""Verification of the log against the live rows of feedback."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mcp_engine.audit.check import check_proof
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.database.engine import Database
from mcp_engine.executions.live import ExecutionCheck
from mcp_engine.executions.schemas import Outcome, StartExecution
from mcp_engine.executions.service import ExecutionService
from mcp_engine.feedback.facts import FeedbackCheck
from mcp_engine.feedback.schemas import GiveFeedback
from mcp_engine.feedback.service import FeedbackService
from tests.conftest import make_tenant, plain_url


async def recorded(database: Database, folder: Path) -> AuditService:
    """An execution with three judgements, the words of the last erased, all of it sequenced and signed."""
    caller, executions, feedback = await make_tenant(database), ExecutionService(database), FeedbackService(database)
    running = await executions.start(caller, StartExecution("default", "ask", {"question": "Why?"}))
    await running.finish(Outcome(output="Because."))
    signer, witness = CheckpointSigner(Ed25519PrivateKey.generate()), Witness(folder / "log.txt")
    for value, metric, comment in ((True, "helpful", None), (0.1, "score", "Why so?"), ("No.", "comment", None)):
        about = GiveFeedback(metric_name=metric, value=value, execution_id=running.id, comment=comment)
        last = await feedback.give(caller, "default", about)
    await feedback.erase_words(caller, last.id, "asked to")
    sequencer = Sequencer(database, signer, witness, poll_seconds=0.02, linger_seconds=0.0)
    audit = AuditService(database, signer.verifier, witness, [ExecutionCheck(), FeedbackCheck()])
    await sequencer.start()
    bundle = await audit.proof(caller, str(last.id))
    await sequencer.stop()
    proven = check_proof(bundle.model_dump_json(), signer.verifier.vkey)
    assert {str(last.id), str(running.id)} <= {entry.subject for entry in proven.leaves}
    return audit


async def test_feedback_verifies_and_its_proof_carries_the_execution(fresh_database: Database, tmp_path: Path) -> None:
    report = await (await recorded(fresh_database, tmp_path)).verify()
    assert report.ok, report.problems
    assert report.erased == 1


@pytest.mark.parametrize(
    ("tampering", "fact"),
    [
        ("UPDATE feedback SET boolean_value = false WHERE metric_name = 'helpful'", "boolean_value"),
        ("UPDATE feedback SET number_value = 0.9 WHERE metric_name = 'score'", "number_value"),
        ("UPDATE feedback_content SET content = '{}'", "content_commitment"),
        ("DELETE FROM feedback_content", "content_commitment"),
    ],
)
async def test_tampering_is_named(
    fresh_database: Database, fresh_owner_url: str, tmp_path: Path, tampering: str, fact: str
) -> None:
    audit = await recorded(fresh_database, tmp_path)
    with psycopg.connect(plain_url(fresh_owner_url), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(tampering.encode())
    report = await audit.verify()
    assert not report.ok
    assert fact in str(report.problems)
