"""The instruments themselves: figures, reports, the load generator, peers' processes."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from benchmarks.__main__ import main
from benchmarks.gate_service import MUCH_BETTER, Slice, expected
from benchmarks.harness.benchmark import Benchmark, Metric, Outcome, at_least, at_most
from benchmarks.harness.figures import middle, percentile, ratio, spread
from benchmarks.harness.load import Measured, Target, alternating, load, request
from benchmarks.harness.load_client import answer_end
from benchmarks.harness.looks import Looks
from benchmarks.harness.machine import machine, versions
from benchmarks.harness.peers import PeerFailed, own_environment, running_peer
from benchmarks.harness.report import Report, shown
from benchmarks.harness.rule_model import answer, rule_model
from benchmarks.registry import benchmarks
from mcp_engine.statistics.spending import Ledger

ROOT = Path(__file__).parents[2]
KEYS = {
    "prompt_fetch": {"rest_rps_32", "rest_ratio_32", "cached_us", "cached_ratio"},
    "overhead": {"tokens_ratio", "ttft_extra_ms"},
    "audit": {"with_over_without_32", "bulk_appends_per_s", "lag_ms", "verify_entries_per_s"},
    "ingest": {"pages_per_s"},
    "ingest_search": {"pages_per_s", "p50_ms_10k", "p50_ms_100k", "recall_100k"},
    "vector_scale": {
        "p50_ms_10k",
        "p99_ms_100k",
        "recall_100k",
        "recall_1m",
        "memory_mb_10k",
        "disk_mb_100k",
        "busy_failures",
    },
    "tenants": {"recall", "leaks"},
    "http": {"p95_ms_256", "errors", "mb_per_stream"},
    "registry_chaos": {"lost", "reordered"},
    "assignment": {"us"},
    "analysis": {"seconds_1e6"},
    "experiments_aa": {"false_positive_rate", "power", "median_pairs"},
    "gate_attack": {"false_promotion_rate", "planted_found_rate", "attempts", "service_agrees"},
    "retrieval_quality": {"ndcg10_squad", "ndcg10_chunking", "ndcg10_clapnq", "span_recall", "span_iou"},
    "abstention": {"unsupported_rate", "coverage", "off_topic_answered"},
    "citations": {"byte_exact", "precision", "recall"},
    "injection": {"followed", "effects", "quoted", "changed", "followed_instruction"},
}


def test_the_names_and_keys_that_others_rely_on_are_there() -> None:
    known = benchmarks()
    assert list(known) == list(KEYS)
    for name, keys in KEYS.items():
        assert keys <= {metric.key for metric in known[name].metrics}


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_one_of_the_values_and_has_its_share_below(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_ratios_and_middles() -> None:
    assert (ratio(10, 5), ratio(1, 0), middle([3, 1, 2]), spread([1, 2, 3])) == (2, float("inf"), 2, 1)
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 0.5)
    assert [shown(value) for value in (0.12345, 12.0, 12.345, 1234.5, float("inf"))] == [
        "0.123", "12", "12.3", "1,234", "inf",
    ]  # fmt: skip


def report(**metrics: float) -> Report:
    benchmark = Benchmark(
        "sums", "adding numbers",
        (Metric("rate", "sums/s", at_least(10)), Metric("wait", "ms", at_most(5)), Metric("size", "bytes")),
        lambda _: Outcome({}),
    )  # fmt: skip
    outcome = Outcome(metrics, {"abacus": {"rate": 4.0}}, {"threads": 1})
    return Report(benchmark, outcome, "python -m benchmarks sums", 7, {"cpu": "x"}, {"scale": "small"})


def test_a_report_has_the_promised_form_and_judges_goals(tmp_path: Path) -> None:
    one = report(rate=12, wait=6.0)
    one.write(tmp_path / "sums.json")
    assert json.loads((tmp_path / "sums.json").read_text()) == {
        "name": "sums", "metrics": {"rate": 12.0, "wait": 6.0}, "peers": {"abacus": {"rate": 4.0}},
        "command": "python -m benchmarks sums", "seed": 7, "machine": {"cpu": "x"}, "settings": {"scale": "small"},
    }  # fmt: skip
    assert one.missed == ["wait"]
    assert report(rate=9).missed == ["rate", "wait"]
    console = Console(width=120, record=True, file=io.StringIO())
    one.show(console)
    text = console.export_text()
    assert "3×" in text
    assert "≥ 10 reached" in text
    assert "≤ 5 missed" in text


def test_a_figure_says_on_what_it_was_taken() -> None:
    assert {"cpu", "cores", "memory_gib", "python", "load_1m", "commit"} <= machine().keys()
    assert versions(["fastapi", "no-such-package"])["no-such-package"] == "not installed"


def test_a_wrong_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["no_such_benchmark"])
    assert ended.value.code == 2
    assert "prompt_fetch" in capsys.readouterr().err


ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n",
]


@given(st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=4), st.data())
def test_answers_are_told_apart_wherever_the_network_cuts_them(answers: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(answers)
    buffer, found, position = bytearray(), list[bytes](), 0
    while position < len(stream):
        step = data.draw(st.integers(1, len(stream)))
        buffer += stream[position : position + step]
        position += step
        while buffer and (end := answer_end(buffer)) is not None:
            found.append(bytes(buffer[:end]))
            del buffer[:end]
    assert found == answers


@contextmanager
def served(answer: Callable[[int], bytes]) -> Generator[tuple[str, list[bytes]]]:
    """Serve on a thread of its own: `answer` gives the bytes for the n-th request; empty ones close the connection."""
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                seen.append(await reader.readuntil(b"\r\n\r\n"))
                data = answer(len(seen))
                if not data:
                    break
                writer.write(data)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    loop = asyncio.new_event_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    server = loop.run_until_complete(asyncio.start_server(handle, sock=listener))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(asyncio.sleep(0))
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def drive(url: str, **options: float) -> Measured:
    target = Target(url, [request("GET", url, "/a", {"X-Key": "1"}), request("POST", url, "/b", body=b"")])
    return load(target, clients=4, seconds=0.3, warm_up_seconds=0.1, **options)


def test_load_counts_answers_and_sends_requests_in_turn() -> None:
    with served(lambda _: ANSWERS[0]) as (url, seen):
        measured = drive(url)
    assert measured.errors == 0
    assert measured.requests_per_second > 10
    assert 0 < measured.p50 <= measured.p95 <= measured.p99
    assert {line.split(b" ", 2)[1] for line in seen} == {b"/a", b"/b"}
    assert any(b"x-key: 1" in line.lower() for line in seen)


def test_refusals_and_broken_connections_are_errors() -> None:
    with served(lambda number: ANSWERS[3] if number % 2 else ANSWERS[0]) as (url, _):
        assert drive(url).errors > 0
    with served(lambda number: b"" if number % 10 == 0 else ANSWERS[0]) as (url, _):
        assert drive(url).errors > 0


def test_paced_clients_pause_between_their_requests() -> None:
    with served(lambda _: ANSWERS[0]) as (url, seen):
        assert drive(url, pace_seconds=0.2).errors == 0
    assert len(seen) <= 4 * 3


def test_peers_take_turns() -> None:
    order: list[str] = []
    one = Measured(1, 1, 1, 1, 0, 1)

    def measure(name: str) -> Measured:
        order.append(name)
        return one

    seen = alternating({name: partial(measure, name) for name in "ab"}, 3)
    assert order == list("abbaab")
    assert {name: len(runs) for name, runs in seen.items()} == {"a": 3, "b": 3}


def test_a_peer_answers_line_by_line_and_says_what_went_wrong() -> None:
    with running_peer(own_environment(), "llama_direct") as peer:
        with pytest.raises(PeerFailed, match=r"ValueError|FileNotFoundError"):
            peer.ask("load", path="/no/such/file.gguf", threads=1, context_tokens=64)
        with pytest.raises(PeerFailed, match="KeyError"):
            peer.ask("no_such_operation")


def test_a_model_that_answers_by_a_rule_is_right_as_often_as_it_was_asked_to() -> None:
    for rate in (0.0, 0.5, 0.95, 1.0):
        right = sum(answer(f"source {rate} q{row}") == f"q{row}" for row in range(4000)) / 4000
        assert right == pytest.approx(rate, abs=0.03)
    sources = [[answer(f"{source} 0.5 q{row}") for row in range(50)] for source in ("one", "other", "one")]
    assert sources[0] == sources[2] != sources[1]


def test_a_model_that_answers_by_a_rule_streams_it_over_http() -> None:
    asked = json.dumps({"messages": [{"role": "user", "content": "any 1.0 q7"}], "stream": True}).encode()
    with rule_model() as url, urllib.request.urlopen(f"{url}/chat/completions", asked, timeout=30) as answered:
        events = [line[6:] for line in answered.read().decode().splitlines() if line.startswith("data: ")]
    assert json.loads(events[0])["choices"][0]["delta"] == {"content": "q7"}
    assert events[-1] == "[DONE]"


def test_a_question_that_was_asked_before_costs_no_look() -> None:
    looks = Looks(Ledger(0.05, 2))
    first = looks.look("one", lambda _: False)
    assert looks.look("one", lambda _: True) == first
    assert (looks.ledger.looks, first.passed) == (1, False)
    assert looks.look("two", lambda level: level == first.level).passed
    assert looks.look("three", lambda _: False).level < first.level / 10


def test_a_slice_of_the_attack_tries_noise_in_every_way_and_one_gain() -> None:
    drawn = Slice.drawn(20261121, 20, 40)
    assert [one.rate for one in drawn.attempts].count(MUCH_BETTER) == 1
    assert len({one.prompt for one in drawn.attempts}) > 2
    assert len({one.dataset for one in drawn.attempts}) == 1 + 8
    assert min(len(one.rows) for one in drawn.attempts) < 40
    seen, looks = expected(drawn, 20261121)
    assert [one.promoted for one in seen] == [one.rate == MUCH_BETTER for one in drawn.attempts]
    assert len(looks.seen) < 20
