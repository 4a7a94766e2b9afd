"""The course of metrics over REST."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from mcp_engine.http.dependencies import authorised, service
from mcp_engine.telemetry.history.schemas import METRIC_NAMES, MetricName, MetricsHistory, RoutesUse
from mcp_engine.telemetry.history.service import MetricHistory

router = APIRouter(prefix="/metrics", tags=["metrics"], dependencies=[authorised("instance:operate")])

History = Annotated[MetricHistory, service(MetricHistory)]
Since = Annotated[AwareDatetime | None, Query(description="With its time zone; an hour ago when left out.")]
Until = Annotated[AwareDatetime | None, Query(description="With its time zone; now when left out.")]


@router.get("/history", summary="Show metrics over time")
async def get_metrics_history(
    history: History,
    metric: Annotated[
        list[MetricName], Query(description="Which; may be repeated, all when left out.", max_length=20)
    ] = [*METRIC_NAMES],  # noqa: B006 - FastAPI copies it
    since: Since = None,
    until: Until = None,
    step: Annotated[int | None, Query(ge=10, le=86_400, description="Seconds; chosen for you when left out.")] = None,
    route: Annotated[
        str | None, Query(max_length=300, description="`METHOD /template`: requests and latency of this route only.")
    ] = None,
) -> MetricsHistory:
    """Return the instance's metrics in equal steps: the last six hours by ten seconds, thirty days by five minutes."""
    names = list(dict.fromkeys(metric))
    return await history.history(names, since=since, until=until, step_seconds=step, route=route)


@router.get("/routes", summary="Show how each route fares")
async def get_route_metrics(history: History, since: Since = None, until: Until = None) -> RoutesUse:
    """Return requests, failures and latency quantiles of every route that was asked for in a range of time."""
    return await history.routes(since=since, until=until)
