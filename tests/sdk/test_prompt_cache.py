"""Prompts from the cache: fresh, stale, while the registry hangs or fails, from many threads and after a fork."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mcp_engine_client import Client
from mcp_engine_client._prompt_cache import PromptCache
from mcp_engine_client.errors import (
    ContradictoryInput,
    Gone,
    InvalidInput,
    NotFound,
    TemplateInvalid,
    Unreachable,
    VariableMissing,
)
from tests.sdk.conftest import until
from tests.sdk.registry import Registry, Reply


def test_a_fresh_prompt_takes_no_round_trip(client: Client, registry: Registry) -> None:
    prompts = {id(client.get_prompt("greet", label="production")) for _ in range(100)}
    assert (len(prompts), len(registry.asked)) == (1, 1)
    assert "label=production" in registry.asked[0].path
    client.get_prompt("greet", version=1)
    assert len(registry.asked) == 2


def test_a_stale_prompt_is_served_while_the_next_is_fetched(client: Client, registry: Registry) -> None:
    assert client.get_prompt("greet", cache_ttl_seconds=1e-9).version == 1
    registry.serve(2)
    registry.gate.clear()
    served = [client.get_prompt("greet", cache_ttl_seconds=1e-9).version for _ in range(50)]
    assert set(served) == {1}
    registry.gate.set()
    until(lambda: client.get_prompt("greet", cache_ttl_seconds=60).version == 2)
    assert len(registry.asked) == 2


def test_without_caching_every_call_asks(client: Client, registry: Registry) -> None:
    for number in (1, 2, 3):
        registry.serve(number)
        assert client.get_prompt("greet", cache_ttl_seconds=0).version == number


def test_threads_that_miss_at_once_ask_once(client: Client, registry: Registry) -> None:
    registry.gate.clear()
    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(client.get_prompt, "greet") for _ in range(16)]
        until(lambda: registry.asked)
        registry.gate.set()
        assert {future.result().version for future in waiting} == {1}
    assert len(registry.asked) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(503, "a.busy"), (500, "engine.fault"), (404, "prompt.not_found"), (401, "x.y")]
)
def test_what_the_registry_last_gave_outlives_its_failures(
    client: Client, registry: Registry, status: int, code: str
) -> None:
    client.get_prompt("greet")
    registry.fail(status, code)
    for ttl in (1e-9, 0):
        assert client.get_prompt("greet", cache_ttl_seconds=ttl, fallback="Hi").version == 1
    until(lambda: len(registry.asked) >= 2)
    assert client.get_prompt("greet", cache_ttl_seconds=0).compile(n=1) == "Version 1"


def test_a_registry_that_is_gone_costs_nothing(registry: Registry) -> None:
    with Client("http://127.0.0.1:9", "mce_key") as client:
        with pytest.raises(Unreachable, match="mcp-engine up"):
            client.get_prompt("greet")
        prompt = client.get_prompt("greet", fallback="Hello {{ name }}!")
        assert (prompt.is_fallback, prompt.version, prompt.lock_digest) == (True, None, None)
        assert prompt.compile(name="Ada", unknown="passed over") == "Hello Ada!"
        with pytest.raises(VariableMissing):
            prompt.compile()
        chat = client.get_prompt("greet", fallback=[{"role": "user", "content": "{{ x }}?"}])
        assert chat.compile(x="Why") == [{"role": "user", "content": "Why?"}]
        alone = client.get_prompt("greet", fallback='{% include "tone@production" %} Hello')
        with pytest.raises(TemplateInvalid, match=r"tone@production.*must stand alone"):
            alone.compile()


def test_a_registry_that_hangs_holds_nobody_twice(registry: Registry) -> None:
    registry.gate.clear()
    with Client(registry.url, "mce_key", prompt_timeout_seconds=0.2) as client:
        assert client.get_prompt("greet", fallback="Hi").is_fallback
        asked = len(registry.asked)
        assert all(client.get_prompt("greet", fallback="Hi").is_fallback for _ in range(100))
        assert len(registry.asked) <= asked + 1
        registry.gate.set()
        until(lambda: not client.get_prompt("greet", fallback="Hi").is_fallback)


def test_a_registry_that_drips_holds_nobody_who_has_a_fallback(registry: Registry) -> None:
    registry.replies(Reply(drips=True))
    with Client(registry.url, "mce_key", prompt_timeout_seconds=0.2) as client:
        assert all(client.get_prompt("greet", fallback="Hi").is_fallback for _ in range(50))
        assert len(registry.asked) == 1
        registry.serve(1)
        assert client.get_prompt("other", fallback="Hi").version == 1
        registry.replies(Reply(drips=True))
        assert client.get_prompt("other", cache_ttl_seconds=0).version == 1


def test_what_was_erased_is_served_no_more(client: Client, registry: Registry) -> None:
    client.get_prompt("greet")
    registry.fail(410, "artifact.erased")
    with pytest.raises(Gone):
        client.get_prompt("greet", cache_ttl_seconds=0)
    assert client.get_prompt("greet", fallback="Hi").is_fallback
    with pytest.raises(Gone):
        client.get_prompt("greet")


def test_what_never_existed_is_an_error(client: Client, registry: Registry) -> None:
    registry.fail(404, "prompt.not_found")
    with pytest.raises(NotFound) as caught:
        client.get_prompt("nope")
    assert (caught.value.code, caught.value.status) == ("prompt.not_found", 404)


def test_the_cache_has_a_bound(registry: Registry) -> None:
    with Client(registry.url, "mce_key") as client:
        client._cache = PromptCache(max_entries=3)
        for name in "abcd":
            client.get_prompt(name)
        for name in "dcb":
            client.get_prompt(name)
        assert len(registry.asked) == 4
        client.get_prompt("a")
        assert len(registry.asked) == 5


@pytest.mark.parametrize(
    ("uri", "query"),
    [
        ("prompts:/greet@production", "label=production"),
        ("prompts:/greet/3", "version=3"),
        ("prompts:/greet", "greet?n"),
    ],
)
def test_a_uri_names_a_version(client: Client, registry: Registry, uri: str, query: str) -> None:
    client.get_prompt(uri)
    assert "/prompts/greet?" in registry.asked[0].path
    assert query in registry.asked[0].path


@pytest.mark.parametrize("uri", ["prompts:/", "prompts:/a@", "prompts:/a/x", "prompts:/a/1@b", "prompts:/@b"])
def test_a_uri_that_is_none_is_refused(client: Client, uri: str) -> None:
    with pytest.raises(InvalidInput, match="prompts:/name@label"):
        client.get_prompt(uri)


def test_a_version_and_a_label_contradict_each_other(client: Client) -> None:
    for arguments in ({"name": "greet", "version": 1}, {"name": "prompts:/greet/2"}):
        with pytest.raises(ContradictoryInput):
            client.get_prompt(**arguments, label="production")  # type: ignore[arg-type]


def test_a_closed_client_serves_what_it_has(registry: Registry) -> None:
    client = Client(registry.url, "mce_key")
    client.get_prompt("greet")
    client.close()
    assert client.get_prompt("greet").version == 1
    assert client.get_prompt("other", fallback="Hi").is_fallback
    with pytest.raises(InvalidInput, match="closed"):
        client.run("greet")


_FORKING = """
import os, sys, threading
from mcp_engine_client import Client
client = Client(sys.argv[1], "mce_key", prompt_timeout_seconds=30)
client.get_prompt("known")
hanging = threading.Thread(target=client.get_prompt, args=("hanging",), daemon=True)
hanging.start()
while "hanging" not in {key.name for key in client._cache._flights}:
    pass
client._cache._lock.acquire()
child = os.fork()
if child == 0:
    prompts = [client.get_prompt("known"), client.get_prompt("new"), client.get_prompt("hanging")]
    os._exit(0 if [prompt.version for prompt in prompts] == [1, 1, 1] else 1)
client._cache._lock.release()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
hanging.join()
print(client.get_prompt("hanging").version)
"""


def test_a_forked_child_has_connections_and_locks_of_its_own(registry: Registry) -> None:
    answer, first = registry.answer, threading.Event()

    def once_late(asked: object) -> object:
        if "hanging" in asked.path and not first.is_set():  # type: ignore[attr-defined]
            first.set()
            until(lambda: sum("hanging" in one.path for one in registry.asked) > 1)
        return answer(asked)  # type: ignore[arg-type]

    registry.answer = once_late  # type: ignore[assignment]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _FORKING, registry.url],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["0", "1"], done.stderr
