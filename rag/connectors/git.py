"""Git repositories: the files of one branch, tag or commit."""

from __future__ import annotations

import asyncio
import base64
import shutil
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from mcp_engine.errors import Gone, Refused, TryLater
from rag.collections import too_large
from rag.connectors.addresses import resolved
from rag.connectors.folder import allowed_path
from rag.connectors.git_command import Git
from rag.connectors.options import SourceOptions
from rag.connectors.port import Fetched, Item
from rag.connectors.scratch import clear_left, scratch_folder

Scheme = Literal["https", "ssh", "file"]
_FILES = ("100644", "100755")
_READ = "refs/source"
"""Where the commit that is read is kept; not a branch, which can't hold an annotated tag."""
_NAMED = ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}")
"""What a short name may stand for, in the order in which `git fetch` takes one (gitrevisions(7))."""


class GitSettings(BaseModel):
    """A repository, and what of it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        max_length=2048, pattern=r"^(https|ssh|file)://[^\s\x00-\x1f\x7f]+$",
        description="https://…, ssh://USER@HOST/…, or file:///… below MCP_ENGINE_SOURCE_ROOTS.",
    )  # fmt: skip
    ref: str = Field(
        default="HEAD", max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/+-]*$",
        description="A branch or tag; of most servers also a whole commit id.",
    )  # fmt: skip

    @field_validator("url")
    @classmethod
    def _plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme == "file":
            if parts.netloc or not parts.path.startswith("/"):
                raise ValueError("a repository on disk is file:// and an absolute path")
        elif not parts.hostname or parts.hostname.startswith("-"):
            raise ValueError("the address names no host")
        if parts.password is not None or (parts.scheme == "https" and parts.username is not None):
            raise ValueError("the address holds no user or password; send the token as the credential")
        if (parts.username or "").startswith("-") or parts.query or parts.fragment:
            raise ValueError("the address has no query and no options")
        return url

    @field_validator("ref")
    @classmethod
    def _one(cls, ref: str) -> str:
        if ".." in ref or ref.endswith(("/", ".", ".lock")) or "//" in ref:
            raise ValueError("this can't name a branch, tag or commit")
        return ref

    @property
    def scheme(self) -> Scheme:
        scheme = urlsplit(self.url).scheme
        return "https" if scheme == "https" else "ssh" if scheme == "ssh" else "file"


class GitKind:
    """Copies one commit without its history into a scratch folder, and reads the files as git stores them.

    Nothing is checked out, so that no filter, hook, link or submodule of the repository has a say. Objects of Git LFS
    are read as the pointers that they are.
    """

    name = "git"
    description = "A git repository: the files of a branch, tag or commit."
    settings = GitSettings
    place = "url"
    credential = "Token for a private repository over https"
    least_seconds = 60

    def __init__(self, options: SourceOptions) -> None:
        self._options = options

    def operates(self, settings: GitSettings) -> bool:
        """Over ssh it is the server's own key that opens repositories."""
        return settings.scheme != "https"

    async def check(self, settings: GitSettings) -> None:
        if shutil.which("git") is None:
            raise Refused("source.git_missing", "The server needs the command `git` to read repositories; install it.")
        try:
            await self._address(settings)
        except TryLater:
            return  # it may be there by the time it is read

    @asynccontextmanager
    async def open(self, settings: GitSettings, credential: str | None) -> AsyncGenerator[Repository]:
        configuration = await self._address(settings)
        if credential is not None and settings.scheme == "https":
            parts = urlsplit(settings.url)
            token = base64.b64encode(f"x-access-token:{credential}".encode()).decode()
            configuration[f"http.https://{parts.netloc}/.extraHeader"] = f"Authorization: Basic {token}"
        await asyncio.to_thread(clear_left)
        with scratch_folder() as folder:
            options = self._options
            git = Git(
                folder, settings.scheme, configuration, seconds=options.source_clone_seconds,
                most_bytes=options.source_clone_bytes,
            )  # fmt: skip
            yield Repository(settings, git)

    async def _address(self, settings: GitSettings) -> dict[str, str]:
        """Return the configuration that binds git to the address that was looked at; raises what `check` raises."""
        parts = urlsplit(settings.url)
        host = parts.hostname or ""
        match settings.scheme:
            case "https":
                port = parts.port or 443
                address = await resolved(host, port, self._options.hosts)
                shown = f"[{address}]" if ":" in address else address
                return {"http.curloptResolve": f"{host}:{port}:{shown}", "http.proxy": ""}
            case "ssh":
                await resolved(host, parts.port or 22, self._options.hosts)
            case "file":
                await asyncio.to_thread(allowed_path, unquote(parts.path), self._options)
        return {}


class Repository:
    """A repository while it is read."""

    def __init__(self, settings: GitSettings, git: Git) -> None:
        self._settings = settings
        self._git = git
        self._blobs: dict[str, str] = {}

    async def items(self) -> AsyncIterator[Item]:
        await self._git.run("init", "--bare", "--quiet", ".")
        await self._git.run(
            "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--",
            self._settings.url, f"+{self._settings.ref}:{_READ}",
        )  # fmt: skip
        listed = await self._git.run("ls-tree", "-r", "-l", "-z", "--full-tree", _READ, "--")
        for entry in listed.split(b"\0"):
            if item := self._item(entry):
                yield item

    def _item(self, entry: bytes) -> Item | None:
        """Return a file of the listing; links and submodules are none."""
        described, tab, path = entry.partition(b"\t")
        if not tab:
            return None
        mode, _, blob, size = described.decode().split()
        if mode not in _FILES:
            return None
        name = path.decode(errors="replace")
        self._blobs[name] = blob
        return Item(name, blob, int(size))

    async def fetch(self, item: Item, known: str | None, limit: int) -> Fetched | None:  # noqa: ARG002
        blob = self._blobs.get(item.name)
        if blob is None:
            raise Gone("source.item_gone", f"{item.name} is not in the repository.")
        if item.size is not None and item.size > limit:
            raise too_large(limit)
        return Fetched(await self._git.run("cat-file", "blob", blob, most_output=limit), blob)

    async def state(self) -> str | None:
        """Return the commit or annotated tag that the ref names now; None for a commit id: it always means the same."""
        ref = self._settings.ref
        said = await self._git.run("ls-remote", "--quiet", "--", self._settings.url, ref)
        lines = (line.split("\t", 1) for line in said.decode(errors="replace").splitlines())
        # Asked for `main`, git lists `refs/heads/docs/main` too.
        listed = {line[1]: line[0] for line in lines if len(line) > 1}
        return next((listed[name] for form in _NAMED if (name := form.format(ref)) in listed), None)
