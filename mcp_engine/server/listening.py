"""The listening socket, taken before anything slow is done."""

from __future__ import annotations

import errno
import socket

from mcp_engine.errors import Conflict

_PORTS_TRIED = 50


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to `host:port`.

    Raises:
        Conflict: `instance.port_in_use`, naming the port and a free one to use instead.
    """
    try:
        return _bound(host, port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        reason = "in use by another program" if error.errno == errno.EADDRINUSE else "reserved for root"
        free = _free_port(host, port)
        offer = f" Port {free} is free: MCP_ENGINE_PORT={free} make up" if free else ""
        raise Conflict("instance.port_in_use", f"Port {port} on {host} is {reason}.{offer}") from error


def local_url(host: str, port: int) -> str:
    """Return the address at which this machine reaches a server that listens on `host:port`."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off for sockets that name TCP only; with it on, an answer in two
    # writes waits up to 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    listener.set_inheritable(False)
    return listener


def _free_port(host: str, taken: int) -> int | None:
    first = max(taken, 1023) + 1
    for candidate in range(first, min(first + _PORTS_TRIED, 65536)):
        try:
            _bound(host, candidate).close()
        except OSError:
            continue
        return candidate
    return None
