"""What is generated is what its sources make: API types, the built pages; and the front end's own checks.

They need Node and `npm ci` in dashboard/, which users don't: without them they are skipped, except where CI=true.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "dashboard"
PROGRAMS = DASHBOARD / "node_modules" / ".bin"
SCHEMA = DASHBOARD / "src" / "api" / "schema.d.ts"
MAX_LINES = 250


@pytest.fixture(scope="module")
def node() -> None:
    """Skip where the front end's tools are not installed, but never in CI."""
    missing = "Node is not installed" if shutil.which("node") is None else None
    if missing is None and not (PROGRAMS / "vite").exists():
        missing = "dashboard/node_modules is missing; run `npm ci` in dashboard/"
    if missing is not None and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing is not None:
        pytest.skip(missing)


def run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(PROGRAMS / program), *arguments], cwd=DASHBOARD, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def source_files() -> list[Path]:
    sources = (path for suffix in ("*.ts", "*.tsx") for path in (DASHBOARD / "src").rglob(suffix))
    return sorted(path for path in sources if path != SCHEMA)


def test_api_types_are_those_of_the_openapi_document(node: None, tmp_path: Path) -> None:
    run("openapi-typescript", str(ROOT / "openapi.json"), "--output", str(tmp_path / "schema.d.ts"))
    assert (tmp_path / "schema.d.ts").read_text() == SCHEMA.read_text(), "write them again: make dashboard"


def test_the_built_pages_are_what_the_sources_make(node: None, tmp_path: Path) -> None:
    run("vite", "build", "--outDir", str(tmp_path / "dist"), "--logLevel", "warn")
    built, kept = files_of(tmp_path / "dist"), files_of(DASHBOARD / "dist")
    changed = sorted(name for name in built.keys() | kept.keys() if built.get(name) != kept.get(name))
    assert changed == [], "build them again: make dashboard"


def test_types_check(node: None) -> None:
    run("tsc", "--noEmit")


def test_the_logic_passes_its_tests(node: None) -> None:
    run("vitest", "run")


@pytest.mark.parametrize("path", source_files(), ids=lambda path: path.relative_to(DASHBOARD).as_posix())
def test_a_file_stays_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_the_pages_load_nothing_from_elsewhere() -> None:
    index = (DASHBOARD / "index.html").read_text()
    assert "http" not in index
    assert "<script>" not in index
