"""Buckets of S3-compatible servers, by the client `minio` (the extra `s3` of the package)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from mcp_engine.errors import Refused, TryLater
from rag.connectors.addresses import resolved
from rag.connectors.options import SourceOptions
from rag.connectors.port import Fetched, Item

if TYPE_CHECKING:
    from rag.connectors.s3_client import Client

_AT_ONCE = 500


class S3Settings(BaseModel):
    """A bucket, or what begins with a prefix in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", description="The bucket's name.")
    endpoint: str = Field(
        default="https://s3.amazonaws.com", max_length=512, description="http:// or https:// and the server's host."
    )
    region: str | None = Field(default=None, max_length=64, pattern=r"^[A-Za-z0-9-]+$", description="Its region.")
    key_prefix: str = Field(default="", max_length=1024, pattern=r"^[^\x00]*$", description="Only keys that begin so.")
    access_key: str | None = Field(
        default=None, max_length=256, pattern=r"^[\x21-\x7e]+$",
        description="Id of the key whose secret is the credential; without one the bucket is read as a stranger.",
    )  # fmt: skip

    @field_validator("endpoint")
    @classmethod
    def _plain(cls, endpoint: str) -> str:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("the endpoint begins with http:// or https://, names a host, and has no path")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("the endpoint holds no user and no query; send the secret key as the credential")
        return endpoint.rstrip("/")


class S3Kind:
    """Lists a bucket and reads what is new by its etag. Addresses are those that `addresses` lets through."""

    name = "s3"
    description = "A bucket of an S3-compatible server."
    settings = S3Settings
    place = "bucket"
    credential = "Secret key of the access key"
    least_seconds = 60

    def __init__(self, options: SourceOptions) -> None:
        self._options = options

    def operates(self, settings: S3Settings) -> bool:  # noqa: ARG002 - the operator's list of hosts decides
        return False

    async def check(self, settings: S3Settings) -> None:
        _require_client()
        parts = urlsplit(settings.endpoint)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            await resolved(parts.hostname or "", port, self._options.hosts)
        except TryLater:
            return  # it may be there by the time it is read

    @asynccontextmanager
    async def open(self, settings: S3Settings, credential: str | None) -> AsyncGenerator[Bucket]:
        _require_client()
        from rag.connectors.s3_client import Client

        client = Client(settings.endpoint, settings.region, settings.access_key, credential, self._options)
        try:
            yield Bucket(settings, client)
        finally:
            client.close()


class Bucket:
    """A bucket while it is read; what waits for its server runs in threads."""

    def __init__(self, settings: S3Settings, client: Client) -> None:
        self._settings = settings
        self._client = client
        self._keys: dict[str, str] = {}

    async def items(self) -> AsyncIterator[Item]:
        listing = self._client.listed(self._settings.bucket, self._settings.key_prefix)
        while batch := await asyncio.to_thread(lambda: list(islice(listing, _AT_ONCE))):
            for item in self._named(batch):
                yield item

    def _named(self, batch: list[Item]) -> Iterator[Item]:
        """Name what is below the prefix; of two keys that differ in slashes alone the first is read."""
        for one in batch:
            name = one.name.removeprefix(self._settings.key_prefix).lstrip("/")
            if name and not one.name.endswith("/") and self._keys.setdefault(name, one.name) == one.name:
                yield Item(name, one.fingerprint, one.size)

    async def fetch(self, item: Item, known: str | None, limit: int) -> Fetched | None:  # noqa: ARG002
        return await asyncio.to_thread(self._client.read, self._settings.bucket, self._keys[item.name], limit)

    async def state(self) -> str | None:
        return None


def _require_client() -> None:
    if find_spec("minio") is None:
        raise Refused(
            "source.package_missing",
            "The server needs the package `minio` to read buckets; install mcp-engine with the extra `s3`.",
        )
