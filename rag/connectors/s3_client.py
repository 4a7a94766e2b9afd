"""What a source needs of `minio`, whose connections go to allowed addresses alone. Blocking: call it in threads."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from mcp_engine.errors import EngineError, Gone, InvalidInput, NotAllowed, NotFound, TryLater
from rag.collections import too_large
from rag.connectors.addresses import checked
from rag.connectors.options import SourceOptions
from rag.connectors.port import Fetched, Item

_GONE = ("NoSuchKey", "NoSuchVersion")
_REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AllAccessDisabled", "ExpiredToken")
_BUSY = ("SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout")


class Client:
    """Lists a bucket and reads its objects.

    Not covered: a listing without end; each answer has a time limit only between its bytes.

    Args:
        access_key, secret_key: None for what everybody may read.
    """

    def __init__(
        self, endpoint: str, region: str | None, access_key: str | None, secret_key: str | None, options: SourceOptions
    ) -> None:
        parts = urlsplit(endpoint)
        self._host = parts.hostname or ""
        self._pools = _pools(options)
        known = access_key is not None and secret_key is not None
        self._minio = Minio(
            parts.netloc, access_key=access_key if known else None, secret_key=secret_key if known else None,
            secure=parts.scheme == "https", region=region, http_client=self._pools,
        )  # fmt: skip

    def close(self) -> None:
        self._pools.clear()

    def listed(self, bucket: str, prefix: str) -> Iterator[Item]:
        """Return the objects of a bucket, each under its key.

        Raises:
            NotFound: `source.bucket_gone`. NotAllowed: `source.access_refused`, `source.address_refused`.
            InvalidInput: `source.not_readable`. TryLater: `source.unreachable`, `source.unavailable`.
        """
        try:
            for one in self._minio.list_objects(bucket, prefix=prefix, recursive=True):
                if one.object_name:
                    yield Item(one.object_name, one.etag or None, one.size)
        except (MinioException, HTTPError, ValueError) as error:
            raise self._told(error, bucket) from None

    def read(self, bucket: str, key: str, limit: int) -> Fetched:
        """Return an object; raises as `listed`, and `Gone` (`source.item_gone`), `TooLarge`."""
        response: Any = None
        try:
            response = self._minio.get_object(bucket, key)
            content: bytes = response.read(limit + 1)
            etag = str(response.headers.get("etag", "")).strip('"')
        except (MinioException, HTTPError, ValueError) as error:
            raise self._told(error, bucket) from None
        finally:
            if response is not None:
                response.close()
        if len(content) > limit:
            raise too_large(limit)
        return Fetched(content, etag or hashlib.sha256(content).hexdigest())

    def _told(self, error: Exception, bucket: str) -> EngineError:
        """Return the error that says what a person can do; none of them repeats what was sent."""
        if isinstance(error, HTTPError):
            return TryLater("source.unreachable", f"{self._host} can't be reached ({type(error).__name__}).")
        code = error.code if isinstance(error, S3Error) else type(error).__name__
        if code == "NoSuchBucket":
            return NotFound("source.bucket_gone", f"{self._host} has no bucket {bucket!r} (any more).")
        if code in _GONE:
            return Gone("source.item_gone", "The bucket does not hold this any more.")
        if code in _REFUSED:
            return NotAllowed("source.access_refused", f"{self._host} does not let this key read {bucket!r} ({code}).")
        if code in _BUSY:
            return TryLater("source.unavailable", f"{self._host} answered {code}; the next reading tries again.")
        return InvalidInput("source.not_readable", f"{self._host} answered {code}; correct the source's settings.")


def _pools(options: SourceOptions) -> urllib3.PoolManager:
    """Return connections that go to addresses which were looked at; also those of redirects."""
    allowed = options.hosts

    def connect(connection: HTTPConnection) -> socket.socket:
        host, port = connection.host, connection.port or connection.default_port
        try:
            found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise TryLater("source.unreachable", f"{host} has no address ({error.strerror}).") from None
        address = checked(host, port, [str(one[4][0]) for one in found], allowed)
        try:
            return socket.create_connection((address, port), timeout=options.source_seconds)
        except OSError as error:
            raise TryLater("source.unreachable", f"{host} can't be reached ({error.strerror}).") from None

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain  # pyright: ignore[reportAssignmentType] - its stub is a protocol of mutable members

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure  # pyright: ignore[reportAssignmentType] - as above

    pools = urllib3.PoolManager(timeout=urllib3.Timeout(options.source_seconds), retries=urllib3.Retry(2, redirect=3))
    pools.pool_classes_by_scheme = dict[str, type[HTTPConnectionPool]](http=PlainPool, https=SecurePool)
    return pools
