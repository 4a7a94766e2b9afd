"""What `mcp-engine up` says and does once it serves: the owner's key, the sample, the first question."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from mcp_engine.access import Caller
from mcp_engine.config import Settings
from mcp_engine.identity.service import IdentityService, OwnerKey
from mcp_engine.jobs.service import JobService
from mcp_engine.models.pool import ModelPool
from mcp_engine.server.links import sign_in_url
from mcp_engine.server.progress import Progress
from mcp_engine.server.sample import PROMPT, add_sample
from mcp_engine.services import Services

QUESTION = "What does freedom from fear mean?"
COLLECTION = "handbook"
_LOOK_SECONDS = 0.3


async def welcome(
    services: Services, progress: Progress, url: str, save_credentials: Callable[[str, str], Path], *, new_key: bool
) -> None:
    """Make the first tenant and its sample where there is none, then say how to go on.

    A file says from before the tenant is there until its sample is whole that the sample is owed: a
    start that was killed in between leaves the rest to the next.

    Args:
        new_key: make one more owner key of a tenant that is there already.
    """
    identity, settings = services.get(IdentityService), services.get(Settings)
    unfilled = settings.home / "sample.unfilled"
    if settings.sample and await identity.operating_owner() is None:
        unfilled.touch()
    key = await identity.bootstrap() or (await identity.replace_owner_key() if new_key else None)
    if key is not None:
        _show_key(progress, key, save_credentials(url, key.api_key))
    progress.say(f"\nServing at {url} (API documentation: {url}/docs). Ctrl-C stops it.")
    await _show_link(progress, identity, url)
    with progress.step("Preparing the model"):
        await services.get(ModelPool).weights()
    owner = await identity.operating_owner()
    if settings.sample and owner is not None and unfilled.exists():
        await _fill(services, progress, owner, unfilled.unlink)
    command = Path(sys.argv[0]).name if Path(sys.argv[0]).parent == Path() else _shortest(Path(sys.argv[0]))
    if settings.sample:
        progress.say(
            "Ask your first question in another terminal:\n\n"
            f'    {command} ask "{QUESTION}" --collection {COLLECTION}\n'
            f"    {command} prompt run {PROMPT}@production --var term=gravity --stream\n"
        )


async def _fill(services: Services, progress: Progress, owner: Caller, filled: Callable[[], None]) -> None:
    with progress.step("Filling the sample workspace") as show:
        await add_sample(services, owner)
        filled()  # what is left are durable jobs
        jobs = services.get(JobService)
        total = waiting = await jobs.unfinished(owner)
        while waiting:
            show(f"{total - waiting} of {total} documents indexed")
            await asyncio.sleep(_LOOK_SECONDS)
            waiting = await jobs.unfinished(owner)


async def _show_link(progress: Progress, identity: IdentityService, url: str) -> None:
    link = await identity.sessions.owners_link()
    if link is not None:
        progress.say(f"Sign in (this link works once, for five minutes):\n\n    {sign_in_url(url, link.token)}\n")


def _show_key(progress: Progress, key: OwnerKey, saved_in: Path) -> None:
    progress.say(
        f"\nOwner key, shown this once: {key.api_key}\nThe command line of this account uses it already ({saved_in})."
    )


def _shortest(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
