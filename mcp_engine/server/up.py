"""From nothing to serving: the steps of `mcp-engine up`, and the way back on Ctrl-C."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import structlog
import uvicorn

from mcp_engine import __version__, logs
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.witness import Witness
from mcp_engine.components.component import installed_components
from mcp_engine.config import Settings
from mcp_engine.database.ddl import APP_ROLE
from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.engine import Database
from mcp_engine.database.migrate import upgrade
from mcp_engine.errors import EngineError
from mcp_engine.jobs.backend import prepare
from mcp_engine.secrets import Secrets
from mcp_engine.server.app import create_app
from mcp_engine.server.backup import finish_restore, swap_pending_restore
from mcp_engine.server.compose import running_services
from mcp_engine.server.database import database_urls, embedded_cluster, migration_sources
from mcp_engine.server.history import record_restore
from mcp_engine.server.instance import clear_scratch, held_home
from mcp_engine.server.listening import listen, local_url
from mcp_engine.server.progress import Progress
from mcp_engine.server.running import Instance
from mcp_engine.server.signals import ended_by_sigterm, put_off, stop_on_signals, unwind_on_signals
from mcp_engine.server.welcome import welcome
from mcp_engine.services import Services
from mcp_engine.telemetry.journal.feed import LogFeed
from mcp_engine.telemetry.journal.writer import journaling

_log = structlog.get_logger(__name__)
SaveCredentials = Callable[[str, str], Path]
GRACE_SECONDS = 10
DATABASE_LOOK_SECONDS = 1.0


def serve(settings: Settings, progress: Progress, save_credentials: SaveCredentials, *, new_key: bool = False) -> None:
    """Set up what is missing in `settings.home`, then serve until SIGINT or SIGTERM.

    Args:
        settings: the operator's settings.
        progress: where slow steps are shown.
        save_credentials: keeps (url, owner key) for this account's command line.
        new_key: make one more owner key, for whoever holds the machine and lost theirs.

    Raises:
        Conflict: the directory is held, or the port taken; the message names the holder or a free port.
        Refused: the database can't start, a newer version wrote it, or a component can't be loaded.
    """
    installed_components()
    logs.configure(settings.log_level, settings.log_format)
    url = local_url(settings.host, settings.port)
    with (
        ended_by_sigterm(),
        held_home(settings.home, url),
        journaling(settings.journal_dir, "server"),
        listen(settings.host, settings.port) as listener,
    ):
        progress.say(f"MCP Engine {__version__}, data in {settings.home}")
        clear_scratch(settings.home)
        with _postgres(settings, progress) as cluster, asyncio.Runner() as runner:
            while runner.run(_serve_once(settings, progress, listener, url, save_credentials, cluster, new_key)):
                new_key = False
                progress.say("Starting again with the restored data.")


@contextmanager
def _postgres(settings: Settings, progress: Progress) -> Generator[EmbeddedPostgres | None]:
    if settings.database_url is not None:
        yield None
        return
    cluster = embedded_cluster(settings)
    try:
        # A signal in the middle would leave a server behind that nobody knows of yet.
        with progress.step("Starting PostgreSQL"), put_off():
            cluster.start()
        yield cluster
    finally:
        with put_off():
            cluster.stop()


async def _serve_once(
    settings: Settings,
    progress: Progress,
    listener: socket.socket,
    url: str,
    save_credentials: SaveCredentials,
    cluster: EmbeddedPostgres | None,
    new_key: bool,
) -> bool:
    """Serve until a signal or a restore ends it; return whether to start again."""
    unwind_on_signals()
    secrets = Secrets.load(settings.secrets_dir)
    urls = database_urls(settings, secrets)
    restored = await asyncio.to_thread(swap_pending_restore, urls.owner, settings.home, settings.secrets_dir)
    if restored:
        secrets = Secrets.load(settings.secrets_dir)
        # The log of a restored backup ends where it was made: the pin of what came later steps aside.
        Witness.of(settings.state_home, CheckpointSigner(secrets.signing_key).verifier.name).set_aside()
    with progress.step("Updating the database schema"):
        await asyncio.to_thread(upgrade, urls.owner, secrets.database_app_password, migration_sources())
        await asyncio.to_thread(prepare, urls.owner, APP_ROLE)
    instance = Instance(settings, urls)
    async with running_services(settings, secrets, instance) as services:
        if restored:
            await record_restore(services.get(Database), restored)
            finish_restore(settings.home)
        app = create_app(services, settings, installed_components())
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS, loop="none", log_level="warning",
        )  # fmt: skip
        server = _Server(config, services.get(LogFeed).close)
        stopped = stop_on_signals(server)
        serving = asyncio.create_task(server.serve(sockets=[listener.dup()]))
        keeping = asyncio.create_task(_keep_running(cluster))
        with_key = new_key or restored is not None
        greeting = asyncio.create_task(_greet(server, services, progress, url, save_credentials, with_key))
        restarting = asyncio.create_task(instance.restart.wait())
        await asyncio.wait({serving, restarting}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        for task in (greeting, keeping, restarting):
            task.cancel()
        await asyncio.gather(greeting, keeping, restarting, return_exceptions=True)
        await serving
        if not instance.restart.is_set():
            progress.say("Stopping.")
    return instance.restart.is_set() and not stopped.is_set()


async def _greet(
    server: _Server,
    services: Services,
    progress: Progress,
    url: str,
    save_credentials: SaveCredentials,
    new_key: bool,
) -> None:
    await server.ready.wait()
    try:
        await welcome(services, progress, url, save_credentials, new_key=new_key)
    except Exception as error:  # noqa: BLE001 - the server serves all the same, and the person must know
        _log.error("welcome_failed", exc_info=error)
        progress.say(f"The server runs, but its first steps did not end well: {error}")


async def _keep_running(cluster: EmbeddedPostgres | None) -> None:
    """Start the embedded PostgreSQL again when it has ended: killed, or out of disk space for its log."""
    while cluster is not None:
        await asyncio.sleep(DATABASE_LOOK_SECONDS)
        if await asyncio.to_thread(cluster.is_alive):
            continue
        _log.error("database_ended")
        try:
            await asyncio.to_thread(cluster.start)
            _log.warning("database_started_again")
        except (EngineError, OSError) as error:
            _log.error("database_not_started", error=str(error))


class _Server(uvicorn.Server):
    """Uvicorn that says when it listens, and without its own signal handlers, which raise it again at the end.

    Args:
        end_streams: called when it begins to stop, to end answers that would go on as long as it runs.
    """

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()
