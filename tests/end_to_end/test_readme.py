"""The main job in ten lines: the README's own lines."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.end_to_end.blocks import CHECKOUT, run_blocks, sh_blocks
from tests.end_to_end.instance import EngineProcess

pytestmark = pytest.mark.slow


def test_the_main_job_runs_as_written(readers_engine: EngineProcess, tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "docs", tmp_path / "docs")
    blocks = sh_blocks(CHECKOUT / "README.md")
    assert len(blocks) == 1
    assert len(blocks[0].splitlines()) <= 10
    printed = run_blocks(blocks, readers_engine, tmp_path)
    assert "write-ahead log" in printed, printed
    assert "[1] operations.md" in printed, printed
    assert "The log is sound" in printed, printed
    assert "Proven" in printed, printed
