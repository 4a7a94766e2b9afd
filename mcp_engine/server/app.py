"""The HTTP application: routes of the core and of every component, behind one set of middleware."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI

from mcp_engine import __version__
from mcp_engine.artifacts.routes import router as artifacts
from mcp_engine.audit.routes import router as audit
from mcp_engine.components.component import Component
from mcp_engine.components.routes import router as capabilities
from mcp_engine.config import Settings
from mcp_engine.evaluation.datasets.routes import router as datasets
from mcp_engine.evaluation.labels.routes import router as labels
from mcp_engine.evaluation.pairs.routes import router as judged_comparisons
from mcp_engine.evaluation.runs.routes import router as evaluations
from mcp_engine.executions.routes import router as executions
from mcp_engine.experiments.routes import router as experiments
from mcp_engine.feedback.routes import router as feedback
from mcp_engine.gates.routes import router as gates
from mcp_engine.http.problems import install_handlers
from mcp_engine.http.statuses import document_problems
from mcp_engine.identity.groups.routes import router as groups
from mcp_engine.identity.routes import router as identity
from mcp_engine.jobs.routes import router as jobs
from mcp_engine.models.routes import router as models
from mcp_engine.prompts.routes import router as prompts
from mcp_engine.server.health import router as health
from mcp_engine.server.hosts import TrustedHosts
from mcp_engine.server.limits import BodyGuard
from mcp_engine.server.routes import router as instance
from mcp_engine.server.web import WebApp, web_folder
from mcp_engine.services import Services
from mcp_engine.telemetry.history.routes import router as history
from mcp_engine.telemetry.journal.routes import router as journal
from mcp_engine.telemetry.middleware import RequestTelemetry

PREFIX = "/api/v1"
# Routes are tried in this order: what programs ask for most comes first.
CORE_ROUTERS = (
    prompts,
    identity,
    groups,
    artifacts,
    executions,
    feedback,
    datasets,
    experiments,
    evaluations,
    gates,
    labels,
    judged_comparisons,
    models,
    jobs,
    audit,
    capabilities,
    journal,
    history,
    instance,
)


class _Application(FastAPI):
    """FastAPI whose document says how each operation can fail."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document_problems(super().openapi(), PREFIX)
        assert self.openapi_schema is not None
        return self.openapi_schema


def create_app(services: Services, settings: Settings, components: tuple[Component, ...]) -> FastAPI:
    """Return the application; its routes find what they use in `services` at request time."""
    app = _Application(
        title="MCP Engine",
        version=__version__,
        summary="A model control plane: governed prompts, cited answers, a provable log.",
        generate_unique_id_function=lambda route: route.name,
        separate_input_output_schemas=False,
        # The web application has the page of the API: FastAPI's own loads its scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        # `RequestTelemetry` does it, without the query strings and bodies that FastAPI's own would record.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.services = services
    install_handlers(app)
    app.include_router(health)
    for router in (*CORE_ROUTERS, *_contributed(components)):
        app.include_router(router, prefix=PREFIX)
    folder = web_folder(components, settings)
    if folder is not None:
        app.router.default = WebApp(folder, app.router.default)
    app.add_middleware(BodyGuard, settings=settings, unlimited=frozenset({f"{PREFIX}/instance/restore"}))
    app.add_middleware(TrustedHosts, names=[*settings.trusted_hosts.split(","), settings.host])
    app.add_middleware(RequestTelemetry)
    return app


def _contributed(components: tuple[Component, ...]) -> list[APIRouter]:
    return [router for component in components for router in component.routers()]
