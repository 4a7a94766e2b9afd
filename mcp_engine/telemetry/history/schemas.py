"""What the history's routes answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

MetricName = Literal[
    "requests", "latency", "tokens", "first_token", "queue", "running", "executions", "caches", "memory", "cpu"
]
METRIC_NAMES: tuple[MetricName, ...] = (
    "requests", "latency", "tokens", "first_token", "queue", "running", "executions", "caches", "memory", "cpu",
)  # fmt: skip


class Series(BaseModel):
    """One line of a chart."""

    labels: dict[str, str]
    values: list[float | None] = Field(
        description="One for each of `times`; null where no server ran or nothing has a quantile."
    )


class Metric(BaseModel):
    """One metric's lines; none when nothing of the kind happened."""

    metric: MetricName
    unit: str
    series: list[Series]


class MetricsHistory(BaseModel):
    """Metrics over one range of time."""

    since: datetime
    until: datetime
    step_seconds: int = Field(description="Longer than asked for where the past is kept in longer steps only.")
    times: list[datetime] = Field(description="Where each step begins.")
    metrics: list[Metric]


class RouteUse(BaseModel):
    """How one route fared; latencies in seconds, of event streams up to their first byte."""

    method: str
    route: str
    requests: int
    refused: int = Field(description="Answered with a status of 4xx.")
    failed: int = Field(description="Answered with a status of 5xx.")
    p50: float | None
    p95: float | None
    p99: float | None


class RoutesUse(BaseModel):
    """Every route that was asked for in a range of time, the busiest first."""

    since: datetime
    until: datetime
    routes: list[RouteUse]
