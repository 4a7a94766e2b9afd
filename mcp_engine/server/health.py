"""Liveness, readiness and metrics, for supervisors and Prometheus."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from mcp_engine.audit.service import AuditService
from mcp_engine.database.engine import Database
from mcp_engine.errors import TryLater
from mcp_engine.http.dependencies import authorised, service, services_of
from mcp_engine.http.problems import documented
from mcp_engine.jobs.repository import JobRepository
from mcp_engine.models.pool import ModelPool
from mcp_engine.server.running import Instance
from mcp_engine.services import Services
from mcp_engine.telemetry.metrics import AUDIT_LAG, JOBS_UNFINISHED, MODEL_QUEUE_LENGTH, REGISTRY, WORKERS

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    status: Literal["ready"] = "ready"
    instance_started_at: datetime


@router.get("/healthz", summary="Liveness")
async def healthz() -> Alive:
    """Answer as long as the process serves requests."""
    return Alive()


@router.get("/readyz", summary="Readiness", responses=documented(503))
async def readyz(
    database: Annotated[Database, service(Database)], instance: Annotated[Instance, service(Instance)]
) -> Ready:
    """Answer 200 when the database answers too, else 503."""
    try:
        await database.scalar("SELECT 1")
    except SQLAlchemyError as error:
        raise TryLater("database.unavailable", "The database does not answer.", retry_after_seconds=2) from error
    return Ready(instance_started_at=instance.started_at)


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    dependencies=[authorised("instance:operate")],
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **documented(401, 403, 429, 503)},
)
async def metrics(request: Request) -> Response:
    """Return the engine's metrics in Prometheus's text format."""
    await look_at_gauges(services_of(request))
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


async def look_at_gauges(services: Services) -> None:
    """Set the gauges of what is asked for and not counted."""
    MODEL_QUEUE_LENGTH.labels(model="local").set(services.get(ModelPool).queue_length)
    AUDIT_LAG.set(await services.get(AuditService).waiting())
    async with services.get(Database).global_work() as session:
        jobs = JobRepository(session)
        JOBS_UNFINISHED.set(await jobs.unfinished_everywhere())
        WORKERS.set(len(await jobs.workers()))
