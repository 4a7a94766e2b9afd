"""Folders on the machine of the server and its workers."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.errors import Gone, InvalidInput, NotAllowed, NotFound
from rag.collections import too_large
from rag.connectors.options import SourceOptions
from rag.connectors.port import Fetched, Item

MAX_DEPTH = 64


class FolderSettings(BaseModel):
    """A folder, with everything below it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(
        min_length=1, max_length=4096, pattern=r"^/[^\x00]*$",
        description="Absolute path on the machine of the server and its workers, below MCP_ENGINE_SOURCE_ROOTS.",
    )  # fmt: skip


class FolderKind:
    """Reads below the operator's roots only; a link is followed as long as it stays in the folder.

    Not covered: hard links, and mounts, that the machine's owner put below a root.
    """

    name = "folder"
    description = "A folder on the server's machine; with a short interval changes are seen as they happen."
    settings = FolderSettings
    place = "path"
    credential = ""
    least_seconds = 2

    def __init__(self, options: SourceOptions) -> None:
        self._options = options

    def operates(self, settings: FolderSettings) -> bool:  # noqa: ARG002 - it always reads the server's disk
        return True

    async def check(self, settings: FolderSettings) -> None:
        await asyncio.to_thread(allowed_path, settings.path, self._options)

    @asynccontextmanager
    async def open(self, settings: FolderSettings, credential: str | None) -> AsyncGenerator[Folder]:  # noqa: ARG002
        yield Folder(await asyncio.to_thread(allowed_path, settings.path, self._options))


def allowed_path(path: str, options: SourceOptions) -> Path:
    """Return a folder without links in its path, if it is below one of the operator's roots.

    Raises:
        NotAllowed: `source.path_refused`; also for what is not there, so that nobody learns what is.
        NotFound: `source.folder_gone` for a folder below a root that is not there.
    """
    found = Path(os.path.realpath(path))
    if not any(found.is_relative_to(root) for root in options.roots):
        raise NotAllowed(
            "source.path_refused",
            f"Sources don't read {path[:200]!r}: the operator names the folders that they may read below in "
            "MCP_ENGINE_SOURCE_ROOTS.",
        )
    if not found.is_dir():
        raise NotFound("source.folder_gone", f"There is no folder {path[:200]!r} on this machine.")
    return found


class Folder:
    """A folder while it is read."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def items(self) -> AsyncIterator[Item]:
        for item in await asyncio.to_thread(lambda: sorted(self._walk(), key=lambda one: one.name)):
            yield item

    async def fetch(self, item: Item, known: str | None, limit: int) -> Fetched | None:  # noqa: ARG002
        return await asyncio.to_thread(self._read, item, limit)

    async def state(self) -> str | None:
        return await asyncio.to_thread(self._digest)

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for line in sorted(f"{one.name}\0{one.fingerprint}\n" for one in self._walk()):
            digest.update(line.encode(errors="surrogatepass"))
        return digest.hexdigest()

    def _walk(self) -> Iterator[Item]:
        closed: list[OSError] = []
        for folder, folders, files in os.walk(self._root, onerror=closed.append):
            below = Path(folder).relative_to(self._root)
            if len(below.parts) >= MAX_DEPTH:
                folders.clear()
            # Hidden folders hold what programs keep for themselves, often very much of it.
            folders[:] = [one for one in folders if not one.startswith(".")]
            for name in files:
                if item := self._item((below / name).as_posix()):
                    yield item
        for error in closed:
            yield self._closed(error)

    def _closed(self, error: OSError) -> Item:
        name = os.path.relpath(error.filename, self._root)
        message = f"The folder {name} can't be read ({error.strerror}); let the server's account read it."
        problem = InvalidInput("source.folder_unreadable", message)
        if name == ".":
            raise problem from error
        return Item(f"{name}/", problem=problem)

    def _item(self, name: str) -> Item | None:
        path = self._root / name
        target = Path(os.path.realpath(path))
        if not target.is_relative_to(self._root):
            problem = NotAllowed("source.link_leads_out", f"{name} is a link that leads out of the folder.")
            return Item(name, problem=problem)
        try:
            found = target.stat()
        except OSError:
            return None  # gone since the listing, or a link to nothing
        if not stat.S_ISREG(found.st_mode):
            return None
        return Item(name, _fingerprint(found), found.st_size)

    def _read(self, item: Item, limit: int) -> Fetched:
        try:
            target = Path(os.path.realpath(self._root / item.name)).relative_to(self._root)
            descriptor = _opened_below(self._root, PurePosixPath(target))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            raise Gone("source.item_gone", f"{item.name} is not there any more.") from None
        except OSError as error:
            raise InvalidInput("source.item_unreadable", f"{item.name} can't be read ({error.strerror}).") from None
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            content = file.read(limit + 1)
        if len(content) > limit:
            raise too_large(limit)
        return Fetched(content, _fingerprint(found))


def _opened_below(root: Path, target: PurePosixPath) -> int:
    """Open a regular file part by part, following no link: nothing that changes meanwhile leads elsewhere."""
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in target.parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = inner
        # A pipe would wait for a writer for ever.
        descriptor = os.open(target.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    finally:
        with suppress(OSError):
            os.close(here)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a file")
    return descriptor


def _fingerprint(found: os.stat_result) -> str:
    """The time of the last change of the entry tells what the content's own, which tools set, does not."""
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}"
