"""Segments: whatever is appended, by whom and across how many files, can be read from both ends."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_engine.telemetry.journal import segments as module
from mcp_engine.telemetry.journal.segments import Segments, position_of, split_position
from mcp_engine.telemetry.journal.writer import LONGEST_LINE_BYTES, JournalWriter


def events_of(lines: list[bytes]) -> list[str]:
    return [json.loads(line)["event"] for line in lines]


@settings(max_examples=60, deadline=None)
@given(
    events=st.lists(st.text(max_size=60), max_size=40),
    segment_bytes=st.integers(1, 600),
    block_bytes=st.integers(1, 200),
)
def test_both_directions_give_the_same_lines_and_every_position_continues(
    events: list[str], segment_bytes: int, block_bytes: int
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK_BYTES", block_bytes)
        writer = JournalWriter(Path(folder), "server", segment_bytes=segment_bytes, kept=1_000)
        for event in events:
            writer.write({"event": event})
        writer.close()
        found = Segments(Path(folder))
        forwards = list(found.forwards(0))
        assert events_of([line.raw for line in forwards]) == [
            event.encode(errors="backslashreplace").decode() for event in events
        ]
        assert list(found.backwards()) == forwards[::-1]
        for number, line in enumerate(forwards):
            assert list(found.forwards(line.position)) == forwards[number + 1 :]
            assert list(found.backwards(line.position)) == forwards[:number][::-1]
        assert found.end() == (forwards[-1].position if forwards else 0)


@given(segment=st.integers(0, 99_999_999), offset=st.integers(0, (1 << 32) - 1))
def test_positions_are_ordered_as_they_were_written(segment: int, offset: int) -> None:
    assert split_position(position_of(segment, offset)) == (segment, offset)
    assert position_of(segment, offset) < position_of(segment + 1, 0)


def test_old_segments_go(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "server", segment_bytes=200, kept=2)
    for number in range(20):
        writer.write({"event": f"{number:0100}"})
    writer.close()
    found = Segments(tmp_path)
    assert len(found.numbers()) == 2
    assert not found.reaches_back_to(position_of(1, 5))
    assert found.reaches_back_to(found.end())
    assert found.path(found.numbers()[0]).stat().st_mode & 0o777 == 0o600


def test_half_a_line_of_a_crash_costs_only_itself(tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    segments.path(1).write_bytes(b'{"event": "whole"}\n{"event": "ha')
    assert [line.raw for line in segments.forwards(0)] == [b'{"event": "whole"}']
    assert [line.raw for line in segments.backwards()] == [b'{"event": "whole"}']
    writer = JournalWriter(tmp_path, "server")
    writer.write({"event": "next"})
    writer.close()
    assert events_of([line.raw for line in segments.forwards(0) if line.raw.endswith(b"}")]) == ["whole", "next"]


def test_removed_files_are_made_again(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "logs", "server")
    writer.write({"event": "before"})
    Segments(tmp_path / "logs").path(1).unlink()
    writer.write({"event": "after"})
    writer.close()
    assert events_of([line.raw for line in Segments(tmp_path / "logs").forwards(0)]) == ["after"]


def test_a_disk_that_refuses_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    writer = JournalWriter(tmp_path / "logs", "server")
    writer.write({"event": "lost"})
    assert writer.lost == 1


def test_a_huge_line_is_shortened(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "worker")
    writer.write({"event": "failed", "exception": "x" * 10_000_000, "body": ["y"] * 100_000, "tenant_id": "t"})
    writer.close()
    [line] = Segments(tmp_path).forwards(0)
    assert len(line.raw) < LONGEST_LINE_BYTES
    found = json.loads(line.raw)
    assert (found["event"], found["tenant_id"], found["process"], found["shortened"]) == ("failed", "t", "worker", True)


def _write_many(folder: str, name: str) -> None:
    writer = JournalWriter(Path(folder), name, segment_bytes=20_000, kept=1_000)
    for number in range(500):
        writer.write({"event": f"{name}-{number}", "filler": "z" * (number % 90)})
    writer.close()


def test_processes_that_write_at_once_lose_and_mix_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    names = ["server", "worker"]
    processes = [context.Process(target=_write_many, args=(str(tmp_path), name)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    events = events_of([line.raw for line in Segments(tmp_path).forwards(0)])
    for name in names:
        assert [event for event in events if event.startswith(name)] == [f"{name}-{number}" for number in range(500)]
