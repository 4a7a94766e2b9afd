"""Questions about one row of a sheet: that row answers, alone and word for word."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest

from mcp_engine.access import Caller
from tests.rag.conftest import Workspace

HEAD = ["Port", "Harbour master", "Depth in metres", "Opened", "Note"]
NAMES = "Vane Karsund Oltre Tamsin Brenholm Sarnvik Ulvik Dorra".split()
FIRST = "Ada Ben Cleo Dag Elin Finn Gro Hal".split()
ROWS = [
    [
        f"{NAMES[n % 8]} {'North South East West Old'.split()[n // 8]}",
        f"{FIRST[(n * 3) % 8]} {NAMES[(n * 5 + 1) % 8]}son",
        4 + n,
        1850 + 3 * n,
        "closed. Since the storm" if n % 7 == 0 else None,
    ]
    for n in range(40)
]


def as_xlsx() -> bytes:
    book: Any = openpyxl.Workbook()
    book.active.title = "Ports"
    for row in [HEAD, *ROWS]:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_csv() -> bytes:
    target = io.StringIO()
    csv.writer(target).writerows([HEAD, *ROWS])
    return target.getvalue().encode()


def line(n: int) -> str:
    pairs = zip(HEAD, ROWS[n], strict=True)
    return "; ".join(f"{name}: {cell}" for name, cell in pairs if cell is not None)


async def test_rows_that_answer_alike_are_no_repetitions(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "ports.csv", as_csv())
    given = await workspace.asking.answer(caller, "default", "docs", "Which ports had the harbour master Dag Ulvikson?")
    rows = [line(n) for n in range(40) if ROWS[n][1] == "Dag Ulvikson"]
    assert len(rows) > 1
    assert len(given.citations) > 1
    assert {citation.cited_text for citation in given.citations} <= {*rows}


@pytest.mark.parametrize(("name", "content"), [("ports.xlsx", as_xlsx()), ("ports.csv", as_csv())])
@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("What is the depth in metres of the port Karsund South?", 9),
        ("Who is the harbour master of Dorra East?", 23),
        ("When was the port Ulvik Old opened?", 38),
        ("What is the note about the port Brenholm West?", 28),
    ],
)
async def test_the_row_that_was_asked_for_is_cited(
    workspace: Workspace, caller: Caller, name: str, content: bytes, question: str, row: int
) -> None:
    await workspace.add(caller, name, content)
    given = await workspace.asking.answer(caller, "default", "docs", question)
    assert not given.refused, given.reason
    assert [citation.cited_text for citation in given.citations] == [line(row)]
