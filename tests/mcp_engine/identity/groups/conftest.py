"""The routes of groups beside those of identity."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from mcp_engine.access import Authenticator
from mcp_engine.database.engine import Database
from mcp_engine.http.problems import install_handlers
from mcp_engine.identity.groups.routes import router as groups
from mcp_engine.identity.groups.service import GroupService
from mcp_engine.identity.routes import router as identity_router
from mcp_engine.identity.service import IdentityService
from mcp_engine.services import Services


@pytest.fixture
def app(identity: IdentityService, database: Database) -> FastAPI:
    app = FastAPI()
    services = Services()
    services.add(identity)
    services.add(identity, provides=Authenticator)
    services.add(GroupService(database))
    app.state.services = services
    app.include_router(identity_router)
    app.include_router(groups)
    install_handlers(app)
    return app
