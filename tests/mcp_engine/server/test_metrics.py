"""The gauges that `/metrics` looks up when it is asked."""

from __future__ import annotations

from pathlib import Path

import httpx

from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.config import Settings
from mcp_engine.database.engine import Database
from mcp_engine.identifiers import new_id
from mcp_engine.identity.service import IdentityService
from mcp_engine.jobs.service import JobService
from mcp_engine.secrets import Secrets
from mcp_engine.server.app import create_app
from mcp_engine.server.compose import register_core
from mcp_engine.services import Services
from tests.conftest import make_tenant


async def test_waiting_jobs_and_entries_show(fresh_database: Database, tmp_path: Path) -> None:
    caller = await make_tenant(fresh_database)
    settings, secrets = Settings(home=tmp_path), Secrets.load(tmp_path / "secrets")
    services = Services()
    register_core(services, settings, secrets, fresh_database)
    signer = CheckpointSigner(secrets.signing_key)
    services.add(AuditService(fresh_database, signer.verifier, Witness(tmp_path / "pin")))
    key = await services.get(IdentityService).bootstrap()
    assert key is not None
    async with fresh_database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        for _ in range(3):
            await JobService(fresh_database).enqueue(work, kind="test.nothing", subject_id=new_id())
    transport = httpx.ASGITransport(create_app(services, settings, ()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        text = (await client.get("/metrics", headers={"Authorization": f"Bearer {key.api_key}"})).text
    assert "mcp_engine_jobs_unfinished 3.0" in text
    assert "mcp_engine_workers 0.0" in text
    assert 'mcp_engine_model_queue_length{model="local"} 0.0' in text
