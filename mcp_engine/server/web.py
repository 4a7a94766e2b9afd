"""The web application that a component contributes: its files, and its index for every route of its own.

Files are revalidated with strong entity tags (RFC 9110, section 8.8.3) instead of kept for long: their names don't
change from release to release.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_engine.components.component import Component
from mcp_engine.config import Settings

INDEX = "index.html"
PAGES: Mapping[str, str] = {"": INDEX, "docs": "docs.html"}
"""Files of the web application that have a path of their own; `/docs` is its page of the REST API."""
SERVED_OTHERWISE = frozenset(
    {"api", "v1", "mcp", "docs", "redoc", "openapi.json", "healthz", "readyz", "metrics", "assets"}
)
"""First segments of paths that never are routes of the web application: what is missing there is a 404 in JSON."""

# Scripts come from here and nowhere else, and none stands inside a document. Styles may: editors and charts make them.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_COMPRESSED = ("text/", "application/json", "image/svg+xml", "application/manifest+json")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


def web_folder(components: Iterable[Component], settings: Settings) -> Path | None:
    """Return the folder of the web application to serve; None when no component has one.

    Raises:
        TypeError: two components contribute one.
    """
    if settings.web_dir is not None:
        return settings.web_dir
    folders = [folder for component in components if (folder := component.web_app()) is not None]
    if len(folders) > 1:
        raise TypeError(f"two components contribute a web application: {folders[0]} and {folders[1]}")
    return folders[0] if folders else None


class WebApp:
    """ASGI application for what no route of the API serves.

    Args:
        folder: the built application; it is read when asked, so a new build shows at once.
        otherwise: answers what is no part of the web application.
    """

    path = "(web application)"
    """What stands for the route in logs and metrics, where each file would be a line of its own."""

    def __init__(self, folder: Path, otherwise: ASGIApp) -> None:
        self._folder = folder.resolve()
        self._otherwise = otherwise
        self._files: dict[Path, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = await asyncio.to_thread(self._file_for, scope) if scope["type"] == "http" else None
        if file is None:
            await self._otherwise(scope, receive, send)
            return
        scope["route"] = self
        await file.response(Headers(scope=scope))(scope, receive, send)

    def _file_for(self, scope: Scope) -> _File | None:
        if scope["method"] not in ("GET", "HEAD"):
            return None
        path = scope["path"].lstrip("/")
        found = self._read(PAGES.get(path, path))
        if found is not None:
            return found
        is_page = "text/html" in Headers(scope=scope).get("accept", "")
        return self._read(INDEX) if is_page and path.partition("/")[0] not in SERVED_OTHERWISE else None

    def _read(self, path: str) -> _File | None:
        """Return a file below the folder, from memory unless it changed on disk."""
        try:
            target = (self._folder / path).resolve()
            if not target.is_relative_to(self._folder) or not target.is_file():
                return None
            status = target.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._files.get(target)
            if known is None or known.stamp != stamp:
                known = self._files[target] = _File.of(target, stamp)
        except (OSError, ValueError):  # a name that no file can have
            return None
        return known


@dataclass(frozen=True, slots=True)
class _File:
    """A file's bytes, plain and compressed, and its tag."""

    stamp: tuple[int, int]
    media_type: str
    content: bytes
    compressed: bytes | None
    digest: str

    @classmethod
    def of(cls, path: Path, stamp: tuple[int, int]) -> _File:
        content = path.read_bytes()
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        compressed = gzip.compress(content, 6, mtime=0) if media_type.startswith(_COMPRESSED) else None
        return cls(stamp, media_type, content, compressed, hashlib.sha256(content).hexdigest()[:32])

    def response(self, request: Headers) -> Response:
        zipped = self.compressed is not None and "gzip" in request.get("accept-encoding", "")
        tag = f'"{self.digest}{"-gzip" if zipped else ""}"'
        headers = {**SECURITY_HEADERS, "Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept-Encoding"}
        if tag in [known.strip().removeprefix("W/") for known in request.get("if-none-match", "").split(",")]:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if zipped:
            headers["Content-Encoding"] = "gzip"
        body = self.compressed if zipped and self.compressed is not None else self.content
        return Response(body, headers=headers, media_type=self.media_type)
