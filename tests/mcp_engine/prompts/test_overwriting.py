"""A stored version's text is changed by nobody: not over the API, not over SQL, and not unseen by a superuser."""

from __future__ import annotations

from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from mcp_engine.access import Authenticator
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.live import ArtifactCheck
from mcp_engine.artifacts.routes import router as artifacts_router
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.problems import install_handlers
from mcp_engine.prompts.kind import PromptKind
from mcp_engine.prompts.routes import router as prompts_router
from mcp_engine.prompts.service import PromptService
from mcp_engine.secrets import Secrets
from mcp_engine.services import Services
from tests.conftest import make_tenant, plain_url
from tests.keys import Keys
from tests.mcp_engine.prompts.conftest import Models, Script

FORGED = '{"template":"Forged"}'


async def test_the_text_of_a_version_can_not_be_overwritten(
    fresh_database: Database, fresh_owner_url: str, tmp_path: Path
) -> None:
    caller = await make_tenant(fresh_database)
    artifacts, executions = (
        ArtifactService(fresh_database, KindRegistry([PromptKind()])),
        ExecutionService(fresh_database),
    )
    signer = CheckpointSigner(Secrets.load(tmp_path / "secrets").signing_key)
    witness = Witness.of(tmp_path, signer.verifier.name)
    audit = AuditService(fresh_database, signer.verifier, witness, [ArtifactCheck()])
    sequencer = Sequencer(fresh_database, signer, witness)
    app, services = FastAPI(), Services()
    for service in (artifacts, PromptService(artifacts, Models(Script()), executions), Settings()):
        services.add(service)
    services.add(Keys({"owner": caller}), provides=Authenticator)
    app.state.services = services
    for router in (prompts_router, artifacts_router):
        app.include_router(router, prefix="/api/v1")
    install_handlers(app)
    headers = {"Authorization": "Bearer owner"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://engine/api/v1", headers=headers) as api:
        body = {"template": "Real"}
        pushed = (await api.post("/prompts", json={"name": "greet", "body": body})).json()
        for path in ("/prompts/greet", "/prompts/greet/versions", "/artifacts/prompt/greet"):
            for method in ("PUT", "PATCH", "DELETE"):
                refused = await api.request(method, path, json={"body": {"template": "Forged"}})
                assert refused.status_code in (404, 405), refused.text
        aimed = {"name": "greet", "body": {"template": "Forged"}, "version": 1}
        assert (await api.post("/prompts", json=aimed)).status_code == 422
        for role in ("mcp_engine_app", None):
            with psycopg.connect(plain_url(fresh_owner_url)) as connection:
                if role is not None:
                    connection.execute("SET ROLE mcp_engine_app")
                with pytest.raises(psycopg.Error):
                    connection.execute("UPDATE artifact_content SET body = %s", (FORGED,))
        assert (await api.get("/prompts/greet", params={"version": 1})).json()["body"]["template"] == "Real"
    await sequencer.start()
    await audit.proof(caller, pushed["version_id"])
    await sequencer.stop()
    assert (await audit.verify()).ok
    with psycopg.connect(plain_url(fresh_owner_url)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE artifact_content SET body = %s", (FORGED,))
    report = await audit.verify()
    assert not report.ok
    assert "artifact.version_pushed" in str(report.problems)
    assert "digest" in str(report.problems)
