"""Rules of the code base that no linter knows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("mcp_engine", "rag", "agents", "graphs", "ftops", "security", "dashboard")
OUTSIDE = ("benchmarks", "sdk/mcp_engine_client")
"""Beside the server, with files as small; its rules about queries are not theirs."""
MAX_LINES = 400
SQL_NAMES = {"select", "insert", "update", "delete", "text"}
SQL_MODULES = {"sqlalchemy", "sqlalchemy.dialects.postgresql", "sqlmodel"}
SQL_ALLOWED = {"repository.py", "tables.py"}
"""Besides these, only `mcp_engine/database/` and migrations speak SQL; the rest is named with its reason."""
SQL_EXCEPTIONS = {
    "mcp_engine/server/backup.py": "makes and renames databases, which no tenant owns",
}
PAGES = sorted((ROOT / "dashboard" / "src").rglob("*.ts*"))
WRITES_SPREADSHEETS = re.compile(r"csv\.(writer|DictWriter)|to_csv|to_excel|write_csv|Workbook\(|Blob\(.*csv")


def source_files(*folders: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "node_modules" not in path.parts)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", source_files(*PACKAGES, *OUTSIDE), ids=relative)
def test_a_file_stays_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", source_files(*PACKAGES), ids=relative)
def test_queries_stand_in_repositories_only(path: Path) -> None:
    name = relative(path)
    if path.name in SQL_ALLOWED or name in SQL_EXCEPTIONS or "/migrations/" in name or "/database/" in name:
        return
    imported = [
        alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module in SQL_MODULES
        for alias in node.names
        if alias.name in SQL_NAMES
    ]
    assert imported == [], f"{name} builds queries; move them into a repository.py"


def test_the_product_never_names_the_benchmark_folder() -> None:
    named = [relative(path) for path in source_files(*PACKAGES, *OUTSIDE) if "shared/" in path.read_text()]
    assert named == []


def test_no_two_modules_differ_by_case_alone() -> None:
    """On macOS and Windows one would stand for the other: an import names no suffix."""
    twins: dict[str, set[str]] = {}
    for path in [*source_files(*PACKAGES, *OUTSIDE), *PAGES]:
        name = relative(path.with_suffix(""))
        twins.setdefault(name.lower(), set()).add(name)
    assert [names for names in twins.values() if len(names) > 1] == []


def test_nothing_is_exported_as_a_spreadsheet() -> None:
    """There a cell that begins with `=`, `+`, `-` or `@` is a formula: whoever adds such an export has to disarm it."""
    files = [*source_files(*PACKAGES, *OUTSIDE), *PAGES]
    assert [relative(path) for path in files if WRITES_SPREADSHEETS.search(path.read_text())] == []
    served = (ROOT / "openapi.json").read_text()
    assert "text/csv" not in served
    assert "spreadsheet" not in served
