"""Datasets on their way: their rows checked, and known by their digest, before anything is pushed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from mcp_engine.canonical import digest
from mcp_engine.errors import EngineError
from mcp_engine.evaluation.datasets.assembling import body_of, prepared
from mcp_engine.evaluation.datasets.files import Columns, read_rows
from mcp_engine.evaluation.datasets.kind import DatasetKind
from mcp_engine.evaluation.datasets.schemas import PushOptions
from mcp_engine.exchange.parcel import ParcelDataset, Remark
from mcp_engine.faults import faults_of


def row_line(row: Mapping[str, Any]) -> bytes:
    """Return a row as a line of JSON; the same row is always the same bytes."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(", ", ": ")).encode() + b"\n"


def lines_of(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as JSON Lines."""
    return b"".join(map(row_line, rows))


def options_of(dataset: ParcelDataset) -> dict[str, Any]:
    """Return what is pushed beside the rows."""
    given = {"description": dataset.description, "tags": [*dataset.tags], "message": dataset.message}
    return {"name": dataset.name, **given}


def dataset_digest(dataset: ParcelDataset) -> str | Remark:
    """Return the digest of the version that a push would make, or the fault that keeps it from being one."""
    try:
        options = PushOptions.model_validate(options_of(dataset))
        splits, columns = prepared(read_rows("rows.jsonl", dataset.lines, Columns()), options)
        return digest(DatasetKind().normalise(body_of(options, columns, splits, None)))
    except EngineError as error:
        return Remark(dataset.subject, "fault", f"{dataset.where}: {error.message}")
    except ValidationError as error:
        return Remark(dataset.subject, "fault", f"{dataset.where}: {faults_of(error)}")
