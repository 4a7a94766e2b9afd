"""A defence against DNS rebinding: the server answers only to names that are its own."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_engine.http.problems import problem_response

ANY = "*"
_UNSPECIFIED = {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound


class TrustedHosts:
    """ASGI middleware that answers 400 to a `Host` that is not one of `names`, with or without a port.

    Args:
        app: the application behind it.
        names: host names and addresses, IPv6 ones with or without brackets; `*` trusts every name.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app = app
        self._names = {_bare(name.strip().lower()) for name in names} - _UNSPECIFIED

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or ANY in self._names:
            await self.app(scope, receive, send)
            return
        host = _without_port(dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower())
        if host in self._names:
            await self.app(scope, receive, send)
            return
        refusal = problem_response(
            400,
            "request.untrusted_host",
            f"This server does not answer to the host name {host[:100]!r}; name it in MCP_ENGINE_TRUSTED_HOSTS.",
        )
        await refusal(scope, receive, send)


def _without_port(host: str) -> str:
    """Return the host of RFC 9110's `uri-host [ ":" port ]`."""
    if host.startswith("["):
        return _bare(host.partition("]")[0] + "]")
    return host.partition(":")[0]


def _bare(host: str) -> str:
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host
