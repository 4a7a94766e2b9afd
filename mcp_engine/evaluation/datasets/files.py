"""Rows from a file: CSV, JSON Lines or Parquet.

A JSON line may say what it is by itself: `{"inputs": {…}, "expected": …, "metadata": {…}, "split": …}`. Every
other row is a record of columns, and `Columns` says what each is for.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from importlib import import_module
from pathlib import PurePath
from typing import Any, NamedTuple, cast

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.errors import InvalidInput, TooLarge, UnsupportedMedia
from mcp_engine.evaluation.datasets.rows import MAX_ROWS, Row

_NESTED = frozenset({"inputs", "expected", "metadata", "split"})
_MEMBER_CHARACTERS = 1_000_000


class Columns(BaseModel):
    """What the columns of a file are for. Columns that are named nowhere are inputs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inputs: list[str] | None = Field(default=None, description="Only these are inputs; the others are left out.")
    expected: str = Field(default="expected", description="The column with what should come out, if there is one.")
    metadata: list[str] = Field(default_factory=list, description="Kept beside the row, and never sent to a model.")
    split: str = Field(default="split", description="The column that names each row's split, if there is one.")


class FileRow(NamedTuple):
    """A row, the split that it names (None: none), and where it stood."""

    row: Row
    split: str | None
    where: str


def read_rows(filename: str, content: bytes, columns: Columns) -> list[FileRow]:
    """Read every row of a file.

    Raises:
        UnsupportedMedia: `dataset.file_type`.
        InvalidInput: `dataset.file_invalid`, `dataset.duplicate_columns`, `dataset.missing_column`,
            `dataset.value_invalid`; each says where.
        TooLarge: `dataset.too_many_rows`.
    """
    suffix = PurePath(filename).suffix.lower()
    readers: dict[str, Callable[[bytes], Iterator[tuple[str, Mapping[str, Any]]]]] = {
        ".csv": _csv, ".tsv": _tsv, ".jsonl": _json_lines, ".ndjson": _json_lines, ".parquet": _parquet,
    }  # fmt: skip
    reader = readers.get(suffix)
    if reader is None:
        raise UnsupportedMedia(
            "dataset.file_type", f"{filename[:140]!r} is no file of rows; use one of: {', '.join(sorted(readers))}."
        )
    found: list[FileRow] = []
    for where, record in reader(content):
        found.append(_row(where, record, columns))
        if len(found) > MAX_ROWS:
            raise TooLarge("dataset.too_many_rows", f"A dataset has {MAX_ROWS:,} rows at the most.")
    if not found:
        raise InvalidInput("dataset.file_invalid", f"{filename[:140]!r} holds no rows.")
    return found


def _row(where: str, record: Mapping[str, Any], columns: Columns) -> FileRow:
    if isinstance(record.get("inputs"), dict) and record.keys() <= _NESTED:
        return _nested(where, record)
    missing = [name for name in [*(columns.inputs or ()), *columns.metadata] if name not in record]
    if missing:
        raise InvalidInput(
            "dataset.missing_column",
            f"{where} has no column {missing[0]!r}; it has: {', '.join(map(str, record)) or 'none'}.",
            details={"column": missing[0]},
        )
    other = {columns.expected, columns.split, *columns.metadata}
    inputs = columns.inputs if columns.inputs is not None else [name for name in record if name not in other]
    row = Row(
        {name: record[name] for name in inputs},
        record.get(columns.expected),
        {name: record[name] for name in columns.metadata},
    )
    return FileRow(row, _split(where, record.get(columns.split)), where)


def _nested(where: str, record: Mapping[str, Any]) -> FileRow:
    metadata: Any = record.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise InvalidInput("dataset.value_invalid", f"{where}: `metadata` must be an object.")
    row = Row(record["inputs"], record.get("expected"), cast("dict[str, Any]", metadata))
    return FileRow(row, _split(where, record.get("split")), where)


def _split(where: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidInput("dataset.value_invalid", f"{where}: the split must be a name, not {value!r:.60}.")
    return value


def _csv(content: bytes, delimiter: str = ",") -> Iterator[tuple[str, dict[str, Any]]]:
    text = io.StringIO(_utf8(content), newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    try:
        for cells in reader:
            where = f"Line {reader.line_num}"
            if header is None:
                header = _header(cells)
            elif len(cells) == len(header):
                yield where, dict(zip(header, cells, strict=True))
            elif cells:
                raise InvalidInput(
                    "dataset.file_invalid",
                    f"{where} has {_counted(len(cells), 'cell')} under {_counted(len(header), 'column')}; give it "
                    "one for each, and quote cells that hold the delimiter.",
                )
    except csv.Error as error:
        raise InvalidInput("dataset.file_invalid", f"Line {reader.line_num}: {error}.") from error


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _tsv(content: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    return _csv(content, "\t")


def _header(names: Sequence[str]) -> list[str]:
    stripped = [name.strip() for name in names]
    if "" in stripped:
        raise InvalidInput("dataset.file_invalid", f"Column {stripped.index('') + 1} of the header has no name.")
    _distinct(stripped)
    return stripped


def _distinct(names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InvalidInput(
            "dataset.duplicate_columns",
            f"Two columns are named {twice[0]!r}; give each a name of its own.",
            details={"column": twice[0]},
        )


def _json_lines(content: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    # Not `splitlines`: a JSON text may hold the other line ends that Unicode knows.
    for number, line in enumerate(_utf8(content).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"Line {number}"
        try:
            record = json.loads(line, object_pairs_hook=_members, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise InvalidInput("dataset.file_invalid", f"{where} is no JSON: {error}.") from error
        if not isinstance(record, dict):
            raise InvalidInput("dataset.file_invalid", f"{where} must be a JSON object.")
        yield where, cast("dict[str, Any]", record)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _distinct([name for name, _ in pairs])
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _parquet(content: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    # Arrow has no types of its own to check against.
    arrow, parquet = cast("Any", import_module("pyarrow")), cast("Any", import_module("pyarrow.parquet"))
    number = 0
    try:
        file = parquet.ParquetFile(arrow.BufferReader(content))
        _distinct(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=1000):
            for record in batch.to_pylist():
                number += 1
                where = f"Row {number}"
                yield where, {name: _plain(value, where, name) for name, value in record.items()}
    except (arrow.ArrowException, OSError) as error:
        raise InvalidInput("dataset.file_invalid", f"This is no Parquet file that can be read: {error}.") from error


def _plain(value: Any, where: str, column: str) -> Any:
    """Return a value of Arrow's as JSON."""
    match value:
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case Decimal() if value.is_finite():
            return str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case list():
            return [_plain(item, where, column) for item in cast("list[Any]", value)]
        case dict():
            members = cast("dict[str, Any]", value)
            return {name: _plain(item, where, column) for name, item in members.items()}
        case _:
            raise InvalidInput(
                "dataset.value_invalid",
                f"{where}, column {column!r}: {value!r:.60} has no form in JSON; convert the column.",
                details={"column": column},
            )


def _utf8(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("dataset.file_invalid", f"The file is not UTF-8 text (byte {error.start}).") from error
