"""The process's Prometheus metrics, in a registry of their own.

Labels never hold a tenant, a user's name for something, or a raw path: their values stay few.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

SECONDS_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)

HTTP_REQUESTS: Final = Counter(
    "mcp_engine_http_requests", "Requests answered.", ["method", "route", "status"], registry=REGISTRY
)
HTTP_SECONDS: Final = Histogram(
    "mcp_engine_http_request_seconds",
    "From the request to the last byte of its answer; of an event stream, to its first.",
    ["method", "route"],
    buckets=SECONDS_BUCKETS,
    registry=REGISTRY,
)
HTTP_RUNNING: Final = Gauge("mcp_engine_http_requests_running", "Requests being answered.", registry=REGISTRY)

MODEL_TOKENS: Final = Counter(
    "mcp_engine_model_tokens",
    "Tokens read (`input`) and written (`output`).",
    ["model", "direction"],
    registry=REGISTRY,
)
MODEL_QUEUE_LENGTH: Final = Gauge(
    "mcp_engine_model_queue_length", "Requests that wait for a model.", ["model"], registry=REGISTRY
)
MODEL_FIRST_TOKEN_SECONDS: Final = Histogram(
    "mcp_engine_model_first_token_seconds",
    "From a model request, queueing included, to its first token.",
    ["model"],
    buckets=SECONDS_BUCKETS,
    registry=REGISTRY,
)

EXECUTIONS: Final = Counter("mcp_engine_executions", "Executions that ended.", ["kind", "status"], registry=REGISTRY)
EXECUTION_SECONDS: Final = Histogram(
    "mcp_engine_execution_seconds", "Total time of an execution.", ["kind"], buckets=SECONDS_BUCKETS, registry=REGISTRY
)
EXECUTIONS_RUNNING: Final = Gauge("mcp_engine_executions_running", "Executions that run.", ["kind"], registry=REGISTRY)

CACHE_LOOKUPS: Final = Counter(
    "mcp_engine_cache_lookups",
    "What was looked for in a cache: it was there (`hit`) or was not (`miss`).",
    ["cache", "result"],
    registry=REGISTRY,
)

JOBS_UNFINISHED: Final = Gauge("mcp_engine_jobs_unfinished", "Jobs that wait or run.", registry=REGISTRY)
WORKERS: Final = Gauge("mcp_engine_workers", "Workers with a good lease, on all machines.", registry=REGISTRY)

AUDIT_LAG: Final = Gauge(
    "mcp_engine_audit_unsequenced_entries", "Committed audit entries without a place in the tree.", registry=REGISTRY
)

SPANS_STORED: Final = Counter("mcp_engine_spans_stored", "Spans written to the database.", registry=REGISTRY)
SPANS_DROPPED: Final = Counter(
    "mcp_engine_spans_dropped",
    "Spans lost: the queue was full (`queue_full`), or a write failed (`write_failed`).",
    ["reason"],
    registry=REGISTRY,
)
