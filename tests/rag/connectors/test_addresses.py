"""Which addresses are public, and what a host name leads to."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mcp_engine.errors import NotAllowed, TryLater
from rag.connectors.addresses import checked, is_public, resolved

PRIVATE = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::1/128", "fc00::/7", "fe80::/10", "ff00::/8", "2001:db8::/32",
]  # fmt: skip
PRIVATE_V4 = [one for one in PRIVATE if ":" not in one]


def inside(network: str) -> some.SearchStrategy[str]:
    return some.ip_addresses(network=network).map(str)


@given(some.sampled_from(PRIVATE).flatmap(inside))
def test_no_private_address_is_public(address: str) -> None:
    assert not is_public(address)


@given(some.sampled_from(PRIVATE_V4).flatmap(inside))
def test_no_private_address_is_public_in_another_dress(address: str) -> None:
    number = int(ipaddress.IPv4Address(address))
    mapped = f"::ffff:{address}"
    nat64 = str(ipaddress.IPv6Address((0x64FF9B << 96) | number))
    six_to_four = str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1))
    compatible = str(ipaddress.IPv6Address(number))
    for dressed in (mapped, nat64, six_to_four, compatible):
        assert not is_public(dressed), dressed


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@given(some.text(max_size=20))
def test_what_is_no_address_is_not(text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        assert not is_public(text)


@given(some.lists(some.ip_addresses().map(str), min_size=1, max_size=4))
def test_one_private_address_of_a_host_is_enough(addresses: list[str]) -> None:
    with pytest.raises(NotAllowed) as raised:
        checked("example.org", 443, [*addresses, "127.0.0.1"], frozenset())
    assert raised.value.code == "source.address_refused"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST.", "0x7f.1", "2130706433", "[::1]", "0"])
async def test_the_machine_itself_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(NotAllowed):
        await resolved(host, 80, frozenset())


async def test_an_operator_allows_a_host_or_one_of_its_ports() -> None:
    assert await resolved("127.0.0.1", 80, frozenset({"127.0.0.1"})) == "127.0.0.1"
    assert await resolved("127.0.0.1", 81, frozenset({"127.0.0.1:81"})) == "127.0.0.1"
    with pytest.raises(NotAllowed):
        await resolved("127.0.0.1", 82, frozenset({"127.0.0.1:81"}))


@pytest.mark.parametrize("host", ["nothing.invalid", "a" * 70 + ".invalid", "x..y"])
async def test_a_host_without_an_address_may_have_one_later(host: str) -> None:
    with pytest.raises(TryLater):
        await resolved(host, 80, frozenset())
