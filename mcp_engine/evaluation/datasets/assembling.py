"""From rows to a version: splits, columns, digests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.errors import InvalidInput, TooLarge
from mcp_engine.evaluation.datasets.files import FileRow
from mcp_engine.evaluation.datasets.kind import DatasetBody
from mcp_engine.evaluation.datasets.rows import (
    MAX_ROWS,
    OPEN,
    Splits,
    StoredRow,
    columns_of,
    drawn_split,
    split_digest,
    stored,
)
from mcp_engine.evaluation.datasets.schemas import PushOptions
from mcp_engine.identifiers import checked_name


def prepared(rows: Sequence[FileRow], options: PushOptions) -> tuple[Splits, dict[str, Any]]:
    """Return rows by split, and what their columns are.

    Raises:
        InvalidInput, TooLarge: names the row and what is wrong with it.
    """
    splits = Splits()
    for row, split, where in rows:
        kept = stored(row, where)
        if split is None:
            split = drawn_split(kept.inputs_digest, options.shares, options.seed) if options.shares else OPEN
        splits.add(checked_name(split, what="split"), kept, where)
    return splits, columns_of([row for row, _, _ in rows])


def extended(
    latest: ResolvedVersion, members: Iterable[tuple[str, str, str]], new: Splits, columns: Mapping[str, Any]
) -> tuple[Splits, dict[str, Any]]:
    """Return the same with the rows of the latest version before them.

    Raises:
        InvalidInput: `dataset.other_columns`, `dataset.in_two_splits`.
        TooLarge: `dataset.too_many_rows`.
    """
    before = DatasetBody.model_validate(latest.body).columns
    if before.inputs != columns["inputs"]:
        raise InvalidInput(
            "dataset.other_columns",
            f"{latest.name!r} has the inputs {', '.join(before.inputs)}; these rows have "
            f"{', '.join(columns['inputs'])}. Push them under another name.",
        )
    splits = Splits()
    for split, digest, inputs_digest in members:
        splits.add(split, StoredRow(digest, inputs_digest, ""), f"Row {digest[:12]} of version {latest.number}")
    splits.repeated = new.repeated
    for split, rows in new.rows.items():
        for row in rows.values():
            splits.add(split, row, f"Row {row.digest[:12]}")
    if splits.count() > MAX_ROWS:
        raise TooLarge("dataset.too_many_rows", f"A dataset has {MAX_ROWS:,} rows at the most.")
    return splits, {
        "inputs": before.inputs,
        "metadata": sorted({*before.metadata, *columns["metadata"]}),
        "expected": before.expected or columns["expected"],
    }


def body_of(
    options: PushOptions, columns: Mapping[str, Any], splits: Splits, latest: ResolvedVersion | None
) -> dict[str, Any]:
    """Return the body of the version that has these rows; what is said of them stays as it was in `latest`."""
    before: Mapping[str, Any] = {} if latest is None else latest.body
    return {
        "description": before.get("description", "") if options.description is None else options.description,
        "tags": before.get("tags", []) if options.tags is None else options.tags,
        "columns": columns,
        "splits": {
            split: {"rows": len(rows), "digest": split_digest(rows)} for split, rows in sorted(splits.rows.items())
        },
    }
