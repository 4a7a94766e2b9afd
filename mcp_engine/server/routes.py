"""The instance over REST: what it is and does, backup, restore."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from mcp_engine.http.dependencies import authorised, service, services_of
from mcp_engine.server.backup import stage_restore, write_backup
from mcp_engine.server.database import migration_sources
from mcp_engine.server.running import Instance
from mcp_engine.server.status import InstanceStatus, instance_status

router = APIRouter(tags=["instance"])


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
    dependencies=[authorised("instance:operate")],
    response_class=FileResponse,
    responses={200: {"content": {"application/x-tar": {}}}},
)
async def create_backup(instance: Annotated[Instance, service(Instance)]) -> FileResponse:
    """Answer with one file that holds every tenant's data and the keys of the log: keep it as safe as the instance."""
    folder = tempfile.TemporaryDirectory(dir=_scratch(instance), prefix="backup-")
    target = Path(folder.name) / "mcp-engine-backup.tar"
    try:
        await write_backup(instance.urls.owner, instance.settings.secrets_dir, target)
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
async def create_restore(request: Request, instance: Annotated[Instance, service(Instance)]) -> Restarting:
    """Load a backup beside the live data, then restart with it. The replaced data is kept until the next restore."""
    with tempfile.TemporaryDirectory(dir=_scratch(instance), prefix="restore-") as folder:
        archive = Path(folder) / "backup.tar"
        with archive.open("wb") as file:
            async for piece in request.stream():
                file.write(piece)
        await stage_restore(
            archive, instance.urls.owner, instance.settings.home, _app_password(instance), migration_sources()
        )
    instance.restart.set()
    return Restarting(instance_started_at=instance.started_at)


def _scratch(instance: Instance) -> Path:
    folder = instance.settings.home / "tmp"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _app_password(instance: Instance) -> str:
    return str(instance.urls.application.password)
