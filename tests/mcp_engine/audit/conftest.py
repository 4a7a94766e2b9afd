"""A whole log in a database of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import make_url

from mcp_engine.access import Caller
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.witness import Witness
from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.engine import Database
from tests.conftest import copy_template, make_tenant, plain_url


@dataclass
class Log:
    """A fresh database with one tenant, its owner's URL to tamper through, and the parts of its log."""

    database: Database
    owner_url: str
    caller: Caller
    witness: Witness
    signer: CheckpointSigner = field(default_factory=lambda: CheckpointSigner(Ed25519PrivateKey.generate()))

    async def append(self, *subjects: str, kind: str = "prompt.pushed", facts: Mapping[str, Any] | None = None) -> UUID:
        """Append one entry a subject in one transaction; return the last one's id."""
        async with self.database.unit_of_work(self.caller.tenant_id, self.caller.principal_id) as work:
            ids = [await append(work, AuditEvent(kind, subject, facts or {"digest": subject})) for subject in subjects]
        return ids[-1]

    @asynccontextmanager
    async def sequencing(self, **options: Any) -> AsyncIterator[Sequencer]:
        sequencer = Sequencer(
            self.database, self.signer, self.witness, **{"poll_seconds": 0.02, "linger_seconds": 0.0, **options}
        )
        await sequencer.start()
        try:
            yield sequencer
        finally:
            await sequencer.stop()

    async def sequence(self, *, batch_size: int = 4096) -> Sequencer:
        """Sequence everything committed, as a process that starts, works and stops does."""
        async with self.sequencing(batch_size=batch_size) as sequencer:
            await until(lambda: sequencer.state.leading or sequencer.state.failure)
        return sequencer

    def tamper(self, *statements: str, parameters: Sequence[Any] = ()) -> None:
        """Run statements as the superuser with triggers off: what no privilege can stop."""
        with psycopg.connect(plain_url(self.owner_url), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement.encode(), parameters)


async def until(condition: Any, *, seconds: float = 300) -> None:
    """Wait for a condition that other tasks bring about."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest_asyncio.fixture(loop_scope="session")
async def log(fresh_database: Database, fresh_owner_url: str, tmp_path: Path) -> Log:
    return Log(fresh_database, fresh_owner_url, await make_tenant(fresh_database), Witness(tmp_path / "w" / "log.txt"))


@pytest.fixture
def fresh_owner_url(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """As the project's, and dropped again: dozens of databases would make the cluster's shutdown slow."""
    url = copy_template(postgres, migrated_template)
    yield url
    with psycopg.connect(plain_url(postgres.url(database="postgres")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)".encode())
