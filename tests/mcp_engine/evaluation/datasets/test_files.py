"""Rows from files."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import EngineError
from mcp_engine.evaluation.datasets import files
from mcp_engine.evaluation.datasets.files import Columns, read_rows

CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20) | st.sampled_from(
    ['a "b"', "a,b", "a\nb", ""]
)


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_what_a_spreadsheet_writes_is_read_back(cells: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["question", "expected"])
    writer.writerows(cells)
    rows = [row for row, _, _ in read_rows("rows.csv", out.getvalue().encode(), Columns())]
    assert [(row.inputs["question"], row.expected) for row in rows] == cells


@given(st.lists(st.dictionaries(CELLS, st.integers(-9, 9) | CELLS | st.none(), min_size=1, max_size=3), min_size=1))
def test_json_lines_keep_their_values(records: list[dict[str, Any]]) -> None:
    text = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    columns = Columns(expected="no such column", split="no such column")
    assert [dict(row.inputs) for row, _, _ in read_rows("rows.jsonl", text.encode(), columns)] == records


def test_a_json_line_may_say_what_it_is() -> None:
    line = json.dumps({"inputs": {"q": "1"}, "expected": [1, 2], "metadata": {"by": "Ada"}, "split": "sealed"})
    [(row, split, where)] = read_rows("rows.jsonl", f"\n{line}\n".encode(), Columns())
    assert (row.inputs, row.expected, row.metadata) == ({"q": "1"}, [1, 2], {"by": "Ada"})
    assert (split, where) == ("sealed", "Line 2")


def test_columns_say_what_each_is_for() -> None:
    columns = Columns(inputs=["q"], expected="gold", metadata=["by"], split="fold")
    [(row, split, _)] = read_rows("rows.tsv", b"q\tgold\tby\tfold\tother\n1\t2\tAda\tdev\tx\n", columns)
    assert (row.inputs, row.expected, row.metadata, split) == ({"q": "1"}, "2", {"by": "Ada"}, "dev")


def test_parquet_values_become_json() -> None:
    table = pa.table(
        {"q": ["1"], "day": [date(2026, 1, 2)], "price": [Decimal("1.50")], "tags": [["a", "b"]], "expected": [3]}
    )
    [(row, split, where)] = read_rows("rows.parquet", parquet(table), Columns())
    assert row.inputs == {"q": "1", "day": "2026-01-02", "price": "1.50", "tags": ["a", "b"]}
    assert (row.expected, split, where) == (3, None, "Row 1")


@pytest.mark.parametrize(
    ("name", "content", "code", "named"),
    [
        ("rows.xlsx", b"PK", "dataset.file_type", ".csv"),
        ("rows.csv", b"", "dataset.file_invalid", "no rows"),
        ("rows.csv", b"q,q\n1,2\n", "dataset.duplicate_columns", "'q'"),
        ("rows.csv", b"q,\n1,2\n", "dataset.file_invalid", "Column 2"),
        ("rows.csv", b"q,a\n1\n", "dataset.file_invalid", "Line 2 has 1 cell under 2 columns"),
        ("rows.csv", b'q\n"open\n', "dataset.file_invalid", "Line 2"),
        ("rows.csv", b"q\n\xff\n", "dataset.file_invalid", "byte 2"),
        ("rows.jsonl", b'{"q": 1, "q": 2}', "dataset.duplicate_columns", "'q'"),
        ("rows.jsonl", b'{"q": NaN}', "dataset.file_invalid", "Line 1 is no JSON: NaN"),
        ("rows.jsonl", b'{"q": 1}\n[2]', "dataset.file_invalid", "Line 2 must be"),
        ("rows.jsonl", b"[" * 100_000, "dataset.file_invalid", "Line 1 is no JSON"),
        ("rows.jsonl", b'{"q": 1, "split": 3}', "dataset.value_invalid", "Line 1"),
        ("rows.parquet", b"PAR1", "dataset.file_invalid", "no Parquet"),
        ("rows.parquet", parquet(pa.table({"q": [float("nan")]})), "dataset.value_invalid", "Row 1, column 'q'"),
        ("rows.parquet", parquet(pa.table({"q": [b"\x00"]})), "dataset.value_invalid", "Row 1, column 'q'"),
        (
            "rows.parquet",
            parquet(pa.table([pa.array([1]), pa.array([2])], names=["q", "q"])),
            "dataset.duplicate_columns",
            "'q'",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(name: str, content: bytes, code: str, named: str) -> None:
    with pytest.raises(EngineError) as refused:
        read_rows(name, content, Columns())
    assert refused.value.code == code
    assert named in refused.value.message


@pytest.mark.parametrize("columns", [Columns(inputs=["question"]), Columns(metadata=["question"])])
def test_a_missing_column_is_named_beside_those_there_are(columns: Columns) -> None:
    with pytest.raises(EngineError, match=r"no column 'question'; it has: q") as refused:
        read_rows("rows.csv", b"q\n1\n", columns)
    assert refused.value.code == "dataset.missing_column"


def test_a_file_has_not_more_rows_than_a_dataset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_ROWS", 2)
    with pytest.raises(EngineError) as refused:
        read_rows("rows.csv", b"q\n1\n2\n3\n", Columns())
    assert refused.value.code == "dataset.too_many_rows"
