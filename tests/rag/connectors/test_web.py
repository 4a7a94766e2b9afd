"""Requests over TLS: to the address that was looked at, as the host that was asked for."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mcp_engine.errors import NotAllowed, TryLater
from rag.connectors.web import Web


def certified(folder: Path, host: str) -> Path:
    """Write a key and a certificate of its own for a host into one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = serialization.Encoding.PEM
    path = folder / "both.pem"
    path.write_bytes(
        builder.sign(key, hashes.SHA256()).public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest_asyncio.fixture(loop_scope="session")
async def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The port of a server that is `localhost` and answers with the `Host` it was asked for."""
    path = certified(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        host = next(line[6:] for line in head.split(b"\r\n") if line.lower().startswith(b"host: "))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(host), host))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def asked(host: str, port: int, allowed: set[str]) -> bytes:
    web = Web(frozenset(allowed), 10)
    try:
        return (await web.get(f"https://{host}:{port}/", 1000)).content
    finally:
        await web.close()


async def test_the_name_goes_with_the_request_and_the_certificate_is_its(port: int) -> None:
    assert await asked("localhost", port, {"localhost"}) == f"localhost:{port}".encode()
    with pytest.raises(TryLater) as raised:
        await asked("127.0.0.1", port, {"127.0.0.1"})
    assert raised.value.code == "source.unreachable"


async def test_without_permission_nothing_is_connected_to(port: int) -> None:
    with pytest.raises(NotAllowed):
        await asked("localhost", port, set())
