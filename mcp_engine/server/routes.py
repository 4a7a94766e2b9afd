"""The instance over REST: what it is and does, backup, restore."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from mcp_engine.errors import TryLater
from mcp_engine.http.dependencies import authorised, service, services_of
from mcp_engine.server.backup import stage_restore, write_backup
from mcp_engine.server.database import migration_sources
from mcp_engine.server.history import record_backup
from mcp_engine.server.instance import scratch
from mcp_engine.server.running import Instance
from mcp_engine.server.status import InstanceStatus, instance_status

router = APIRouter(tags=["instance"])

Operator = Annotated[Caller, authorised("instance:operate")]
ThisInstance = Annotated[Instance, service(Instance)]
Db = Annotated[Database, service(Database)]


class Restarting(BaseModel):
    """A restore is loaded and takes effect with the restart that follows this answer."""

    instance_started_at: datetime
    """Of the process that answers; `/readyz` shows a later one when the restart is done."""


@router.get("/status", summary="What the instance is, holds and does", dependencies=[authorised("instance:operate")])
async def get_status(request: Request) -> InstanceStatus:
    """Return versions, the database, models and their queue, workers and the audit log's state."""
    return await instance_status(services_of(request))


@router.post(
    "/instance/backup",
    summary="Back up",
    response_class=FileResponse,
    responses={200: {"content": {"application/x-tar": {}}, "description": "The backup."}},
)
async def create_backup(caller: Operator, instance: ThisInstance, database: Db) -> FileResponse:
    """Answer with one file that holds every tenant's data and the keys of the log: keep it as safe as the instance."""
    async with _copying(instance):
        folder = tempfile.TemporaryDirectory(dir=scratch(instance.settings.home), prefix="backup-")
        target = Path(folder.name) / "mcp-engine-backup.tar"
        try:
            manifest = await write_backup(instance.urls.owner, instance.settings.secrets_dir, target)
            await record_backup(database, caller, manifest)
        except BaseException:
            folder.cleanup()
            raise
    return FileResponse(
        target, media_type="application/x-tar", filename=target.name, background=BackgroundTask(folder.cleanup)
    )


@router.post(
    "/instance/restore",
    status_code=202,
    summary="Restore",
    dependencies=[authorised("instance:operate")],
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
)
async def create_restore(request: Request, instance: ThisInstance) -> Restarting:
    """Load a backup beside the live data, then restart with it. The replaced data is kept until the next restore."""
    async with _copying(instance):
        with tempfile.TemporaryDirectory(dir=scratch(instance.settings.home), prefix="restore-") as folder:
            archive = Path(folder) / "backup.tar"
            with archive.open("wb") as file:
                async for piece in request.stream():
                    await asyncio.to_thread(file.write, piece)
            await stage_restore(
                archive, instance.urls.owner, instance.settings.home, _app_password(instance), migration_sources()
            )
        instance.restart.set()
    return Restarting(instance_started_at=instance.started_at)


@asynccontextmanager
async def _copying(instance: Instance) -> AsyncGenerator[None]:
    """Let one backup or restore run at a time, and say when the disk is full."""
    if instance.copying.locked():
        raise TryLater("instance.busy", "Another backup or restore runs; wait for it.", retry_after_seconds=10)
    async with instance.copying:
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise TryLater(
                "instance.no_space",
                f"There is no disk space left in {instance.settings.home}; free some, then repeat.",
                retry_after_seconds=30,
            ) from error


def _app_password(instance: Instance) -> str:
    return str(instance.urls.application.password)
