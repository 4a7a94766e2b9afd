"""What an instance is, holds and does, on one page."""

from __future__ import annotations

import asyncio
import platform
import shutil
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from mcp_engine import __version__
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.service import AuditService
from mcp_engine.components.component import installed_components
from mcp_engine.components.service import CapabilityService
from mcp_engine.database.engine import Database
from mcp_engine.jobs.repository import JobRepository
from mcp_engine.models.pool import ModelPool
from mcp_engine.server.running import Instance
from mcp_engine.services import Services


class EngineStatus(BaseModel):
    version: str
    python: str
    started_at: datetime
    home: str
    components: list[str]
    capabilities: list[str]


class DatabaseStatus(BaseModel):
    kind: str
    """`embedded`, or `external` for one of your own."""
    version: str
    size_bytes: int


class DiskStatus(BaseModel):
    """Of the file system that holds the data directory."""

    free_bytes: int
    total_bytes: int


class ModelStatus(BaseModel):
    processes: int
    alive: int
    busy: int
    waiting: int
    context_tokens: int
    last_failure: str | None


class JobsStatus(BaseModel):
    workers: int
    """Workers with a good lease, on this machine and others."""


class AuditStatus(BaseModel):
    origin: str
    verifier_key: str
    """The public key (C2SP vkey) that `audit check` takes."""
    size: int
    sequencing: bool
    failure: str | None
    witness_failure: str | None


class InstanceStatus(BaseModel):
    """The whole page."""

    engine: EngineStatus
    database: DatabaseStatus
    disk: DiskStatus
    model: ModelStatus
    jobs: JobsStatus
    audit: AuditStatus


async def instance_status(services: Services) -> InstanceStatus:
    """Ask every part how it is."""
    instance, database = services.get(Instance), services.get(Database)
    async with database.global_work() as session:
        workers = len(await JobRepository(session).workers())
    return InstanceStatus(
        engine=EngineStatus(
            version=__version__,
            python=platform.python_version(),
            started_at=instance.started_at,
            home=str(instance.settings.home),
            components=[component.name for component in installed_components()],
            capabilities=[capability.name for capability in services.get(CapabilityService).list()],
        ),
        database=DatabaseStatus(
            kind="embedded" if instance.settings.database_url is None else "external",
            version=str(await database.scalar("SHOW server_version")),
            size_bytes=int(await database.scalar("SELECT pg_database_size(current_database())")),
        ),
        disk=await asyncio.to_thread(_disk, instance.settings.home),
        model=_model(services.get(ModelPool)),
        jobs=JobsStatus(workers=workers),
        audit=_audit(services),
    )


def _disk(home: Path) -> DiskStatus:
    found = shutil.disk_usage(home)
    return DiskStatus(free_bytes=found.free, total_bytes=found.total)


def _model(pool: ModelPool) -> ModelStatus:
    failures = [process.last_failure for process in pool.processes() if process.last_failure]
    return ModelStatus(
        processes=pool.options.processes,
        alive=pool.alive,
        busy=pool.busy,
        waiting=pool.queue_length,
        context_tokens=pool.options.context_tokens,
        last_failure=failures[-1] if failures else None,
    )


def _audit(services: Services) -> AuditStatus:
    verifier, state = services.get(AuditService).verifier, services.get(Sequencer).state
    return AuditStatus(
        origin=verifier.name,
        verifier_key=verifier.vkey,
        size=state.size,
        sequencing=state.leading,
        failure=state.failure,
        witness_failure=state.witness_failure,
    )
