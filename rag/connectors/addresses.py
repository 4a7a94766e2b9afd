"""Which addresses a source may be read from: those of the public internet, and what the operator allows.

A host is resolved once, each of its addresses is looked at, and the connection goes to one that was: what a name means
can't change between the look and the connection (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Set

from mcp_engine.errors import NotAllowed, TryLater

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291, 2.5.5.1


def is_public(address: str) -> bool:
    """Return whether an address is one of the public internet.

    Those that carry an IPv4 address (mapped, 6to4, Teredo, NAT64) are only if that one is as well.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return all(_is_global(one) for one in (found, *_carried(found)))


def _is_global(address: Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if mapped is not None or address in _NAT64:
        return True  # what it carries decides
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    carried: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE:
        carried.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in carried if one is not None]


async def resolved(host: str, port: int, allowed: Set[str]) -> str:
    """Return the address to connect to for a host.

    Args:
        allowed: hosts, or `host:port`, whose addresses are not looked at.

    Raises:
        NotAllowed: `source.address_refused` when an address of it is not public.
        TryLater: `source.unreachable` when it has none.
    """
    name = host.lower().strip("[]").rstrip(".")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TryLater("source.unreachable", f"{host} has no address; look after the name, or the network.") from None
    addresses = [str(one[4][0]) for one in found]
    return checked(host, port, addresses, allowed)


def checked(host: str, port: int, addresses: list[str], allowed: Set[str]) -> str:
    """Return the first of a host's addresses, if all are public or the host is allowed; raises as `resolved` does."""
    name = host.lower().strip("[]").rstrip(".")
    free = name in allowed or f"{name}:{port}" in allowed
    refused = [] if free else [one for one in addresses if not is_public(one)]
    if refused or not addresses:
        raise NotAllowed(
            "source.address_refused",
            f"{host} is at a private address, which sources don't read; the operator can allow it in "
            "MCP_ENGINE_SOURCE_HOSTS.",
        )
    return addresses[0]
