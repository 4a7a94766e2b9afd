"""Configure OpenTelemetry once a process, and start spans.

Nothing leaves the machine unless the operator names a collector (`MCP_ENGINE_OTLP_ENDPOINT`).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from mcp_engine import __version__
from mcp_engine.config import Settings
from mcp_engine.errors import EngineError
from mcp_engine.telemetry.context import current_tenant
from mcp_engine.telemetry.gen_ai import ERROR_TYPE

SERVICE_NAME = "mcp-engine"
TENANT_ATTRIBUTE = "mcp_engine.tenant.id"


def tracer(name: str) -> Tracer:
    """Return the tracer of a module; may be called at import time, before `configure`."""
    return trace.get_tracer(name, __version__)


def configure(settings: Settings, store: SpanProcessor) -> TracerProvider:
    """Send the spans of this process to `store`, and to the collector of `settings` if it names one.

    OpenTelemetry's provider can be set once a process, so a second call (the server starts again
    after a restore) keeps the provider and replaces where its spans go.

    Args:
        settings: `otlp_endpoint` is the full URL of an OTLP/HTTP traces endpoint, or None.
        store: usually a `SpanStore`; it is not closed by this module.
    """
    provider, outputs = _process_provider()
    exporters: list[SpanProcessor] = []
    if settings.otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporters.append(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.otlp_endpoint)))
    outputs.replace(store, exporters)
    return provider


def close() -> None:
    """Stop sending spans anywhere, having handed the collector what it is owed (blocks for up to 30 s)."""
    _, outputs = _process_provider()
    outputs.replace(None, [])


@cache
def _process_provider() -> tuple[TracerProvider, _Outputs]:
    resource = Resource.create({"service.name": SERVICE_NAME, "service.version": __version__})
    # Always on: whether a run's trace is kept is not for the client's traceparent to decide.
    provider = TracerProvider(resource=resource, sampler=ALWAYS_ON)
    outputs = _Outputs()
    provider.add_span_processor(outputs)
    trace.set_tracer_provider(provider)
    return provider, outputs


class _Outputs(SpanProcessor):
    """Marks each span with its tenant, and passes it on to outputs that can be replaced."""

    def __init__(self) -> None:
        self._store: SpanProcessor | None = None
        self._exporters: Sequence[SpanProcessor] = ()

    def replace(self, store: SpanProcessor | None, exporters: Sequence[SpanProcessor]) -> None:
        previous, self._exporters, self._store = self._exporters, exporters, store
        for exporter in previous:
            exporter.shutdown()

    def on_start(self, span: Span, parent_context: otel_context.Context | None = None) -> None:  # noqa: ARG002
        tenant_id = current_tenant()
        if tenant_id is not None:
            span.set_attribute(TENANT_ATTRIBUTE, str(tenant_id))

    def on_end(self, span: ReadableSpan) -> None:
        if self._store is not None:
            self._store.on_end(span)
        for exporter in self._exporters:
            exporter.on_end(span)

    def shutdown(self) -> None:
        self.replace(None, [])

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return all(exporter.force_flush(timeout_millis) for exporter in self._exporters)


def current_trace_id() -> str | None:
    """Return the trace id of the current span (32 hex digits), or None outside a span."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


_here: ContextVar[object] = ContextVar("mcp_engine_span_context")


@contextmanager
def span(
    using: Tracer,
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, AttributeValue] | None = None,
    parent: otel_context.Context | None = None,
) -> Generator[trace.Span]:
    """Run the block in a span, as `start_as_current_span` does, with three differences.

    It may be held across the `yield` of an asynchronous generator that is continued or closed in
    another task. Being cancelled is no error. Of an error it records the class and the stable code,
    never the message, which can hold content.
    """
    opened = using.start_span(name, context=parent, kind=kind, attributes=attributes)
    marker = _here.set(opened)
    token = otel_context.attach(trace.set_span_in_context(opened, parent))
    try:
        yield opened
    except Exception as error:
        record_error(opened, error)
        raise
    finally:
        try:
            _here.reset(marker)
        except ValueError:
            pass  # another context than the one that was entered: it ends with its task
        else:
            otel_context.detach(token)
        opened.end()


def record_error(span: trace.Span, error: BaseException) -> None:
    """Mark `span` as failed with the error's code (ours) or class (anyone's)."""
    code = error.code if isinstance(error, EngineError) else type(error).__qualname__
    span.set_attribute(ERROR_TYPE, code)
    span.set_status(Status(StatusCode.ERROR, code))
