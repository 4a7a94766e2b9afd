"""What the API takes and shows of datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.artifacts.schemas import VersionView
from mcp_engine.evaluation.datasets.kind import ColumnsBody, SplitBody
from mcp_engine.evaluation.datasets.rows import OPEN
from mcp_engine.identifiers import NAME_PATTERN

MAX_EXECUTIONS = 1000
Name = Annotated[str, Field(pattern=NAME_PATTERN)]


class NewRow(BaseModel):
    """A row to store."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, Any]
    expected: Any = None
    metadata: dict[str, Any] = {}
    split: Name | None = None


class PushOptions(BaseModel):
    """How rows become a version."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: str | None = Field(default=None, max_length=2000, description="Left out with `extend`: as it was.")
    tags: list[Annotated[str, Field(min_length=1, max_length=64)]] | None = Field(
        default=None, max_length=32, description="Left out with `extend`: as they were."
    )
    message: str = ""
    labels: list[str] = Field(default=[], max_length=16)
    extend: bool = Field(default=False, description="Keep the rows of the latest version, and add these.")
    shares: dict[str, float] = Field(
        default={},
        max_length=16,
        description="Split rows that name no split by shares, such as {open: 0.6, sealed: 0.4}. Drawn by the "
        f"row's inputs, so a row stays where it is whatever is added later. Without shares they go to `{OPEN}`.",
    )
    seed: int = Field(default=0, ge=0, le=2**53 - 1, description="Of the shares.")


class PushDataset(PushOptions):
    """Rows to store as the next version; the identical version that exists is found instead."""

    rows: list[NewRow] = Field(min_length=1)


class PushExecutions(PushOptions):
    """Stored runs to make rows of: their variables, and what they gave or should have given."""

    execution_ids: list[UUID] = Field(min_length=1, max_length=MAX_EXECUTIONS)
    expected: str = Field(
        default="demonstration",
        pattern="^(output|demonstration|nothing)$",
        description="`demonstration`: what somebody gave as feedback of that name, nothing where nobody did.",
    )


class DatasetDetail(VersionView):
    """One version: what its rows hold, and how many each split has."""

    description: str
    tags: list[str]
    columns: ColumnsBody
    splits: dict[str, SplitBody]
    lock_digest: str


class DatasetPushed(DatasetDetail):
    """The version that a push stored, or the identical one that it found (`created` is false)."""

    created: bool
    repeated: int = Field(description="Rows that were given twice, and are kept once.")


class DatasetSummary(BaseModel):
    """One line of the list of datasets."""

    name: str
    namespace: str
    description: str
    tags: list[str]
    latest: int
    labels: dict[str, int]
    splits: dict[str, int] = Field(description="How many rows each split of the latest version has.")
    created_at: datetime
    updated_at: datetime


class DatasetRowView(BaseModel):
    """One row; what it held is null once it is erased."""

    position: int
    digest: str
    erased: bool
    inputs: dict[str, Any] | None
    expected: Any
    metadata: dict[str, Any] | None


class RowErased(BaseModel):
    """The tombstone that an erasure left."""

    erasure_id: UUID
