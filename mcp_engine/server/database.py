"""Which PostgreSQL this instance uses: its own embedded one, or yours."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import URL, make_url

from mcp_engine.components.component import installed_components
from mcp_engine.config import Settings
from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.migrate import CORE, MigrationSource, app_url
from mcp_engine.errors import InvalidInput
from mcp_engine.secrets import Secrets


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """The two roles: the owner migrates and backs up, the application does everything else."""

    owner: URL
    application: URL


def embedded_cluster(settings: Settings) -> EmbeddedPostgres:
    secrets = Secrets.load(settings.secrets_dir)
    return EmbeddedPostgres(settings.home / "postgresql", secrets.database_owner_password)


def database_urls(settings: Settings, secrets: Secrets) -> DatabaseUrls:
    """Return the URLs of the instance's database.

    Raises:
        InvalidInput: `database.bad_url` when `MCP_ENGINE_DATABASE_URL` is not PostgreSQL's.
    """
    if settings.database_url is None:
        owner = make_url(embedded_cluster(settings).url())
    else:
        owner = make_url(settings.database_url.get_secret_value())
        if owner.get_backend_name() not in ("postgresql", "postgres") or not owner.database:
            raise InvalidInput(
                "database.bad_url", "MCP_ENGINE_DATABASE_URL must look like postgresql://owner:password@host:5432/name."
            )
        owner = owner.set(drivername="postgresql+psycopg")
    return DatabaseUrls(owner, app_url(owner, secrets.database_app_password))


def migration_sources() -> list[MigrationSource]:
    """Return the core's migrations and those of every component, in the order they run."""
    components = ((component.name, component.migrations()) for component in installed_components())
    return [CORE, *(MigrationSource(name, folder) for name, folder in components if folder)]
