"""Liveness, readiness and metrics, for supervisors and Prometheus."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from mcp_engine.database.engine import Database
from mcp_engine.errors import TryLater
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.problems import Problem
from mcp_engine.server.running import Instance
from mcp_engine.telemetry.metrics import REGISTRY

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


@router.get("/readyz", summary="Readiness", responses={503: {"model": Problem, "description": "Not ready."}})
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
    responses={200: {"content": {"text/plain": {}}}},
)
async def metrics() -> Response:
    """Return the engine's metrics in Prometheus's text format."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
