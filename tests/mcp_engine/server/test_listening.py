"""A taken port is named, and a free one is offered."""

from __future__ import annotations

import re
import socket

import pytest

from mcp_engine.errors import Conflict
from mcp_engine.server.listening import listen


def test_a_taken_port_is_named_and_the_offered_one_is_free() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Conflict) as caught:
            listen("127.0.0.1", port)
    assert caught.value.code == "instance.port_in_use"
    assert str(port) in caught.value.message
    offered = re.search(r"MCP_ENGINE_PORT=(\d+)", caught.value.message)
    assert offered
    listen("127.0.0.1", int(offered[1])).close()


def test_a_free_port_is_bound() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0


def test_the_socket_is_one_that_asyncio_answers_on_without_delay() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
