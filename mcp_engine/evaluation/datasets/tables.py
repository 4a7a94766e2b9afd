"""Rows of datasets. Which rows a version has never changes; what they hold can be erased."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text
from sqlmodel import Field, col

from mcp_engine.artifacts.tables import Version
from mcp_engine.database.rows import TenantRow


class DatasetRow(TenantRow, table=True):
    """A row by its digest; versions and datasets share it."""

    __tablename__ = "dataset_row"  # pyright: ignore[reportAssignmentType]

    digest: str = Field(primary_key=True)
    inputs_digest: str


class DatasetRowContent(TenantRow, table=True):
    """What a row holds, as the canonical JSON that its digest was taken of."""

    __tablename__ = "dataset_row_content"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "row_digest"], [col(DatasetRow.tenant_id), col(DatasetRow.digest)]),
    )

    row_digest: str = Field(primary_key=True)
    content: str = Field(sa_type=Text)


class DatasetMember(TenantRow, table=True):
    """A row of a split of a version; `position` is its place in the order of the push, from 0."""

    __tablename__ = "dataset_member"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "version_id"], [col(Version.tenant_id), col(Version.id)]),
        ForeignKeyConstraint(["tenant_id", "row_digest"], [col(DatasetRow.tenant_id), col(DatasetRow.digest)]),
        Index("ix_dataset_member_tenant_id_row_digest", "tenant_id", "row_digest"),
    )

    version_id: UUID = Field(primary_key=True)
    split: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    row_digest: str
