"""Rows about answers and what they cite: ids, places and states, no content."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field, timestamp_field


class CitingAnswerRow(TenantRow, table=True):
    """That an answer cites a version: finds answers by version.

    The trigger `citing_answer` writes it with the outcome of the execution, whose `sources` it unfolds: no index
    on an array is used under row-level security.
    """

    __tablename__: ClassVar[Any] = "citing_answer"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "execution_id"], ["execution.tenant_id", "execution.id"]),)

    version_id: UUID = Field(primary_key=True)
    execution_id: UUID = Field(primary_key=True)


class CitationSupportRow(TenantRow, table=True):
    """How citation `n` of an answer stands in the version that was searched when somebody looked last.

    `against_id` is that version, null when the document was searched no more; `start` and `end` are the
    place in it, null for what is gone. An answer whose documents have not changed has no rows.
    """

    __tablename__: ClassVar[Any] = "citation_support"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "execution_id"], ["execution.tenant_id", "execution.id"]),
        ForeignKeyConstraint(["tenant_id", "document_id"], ["document.tenant_id", "document.id"]),
        Index("ix_citation_support_collection", "tenant_id", "collection_id", "standing", "execution_id"),
        Index("ix_citation_support_document", "tenant_id", "document_id", "standing", "execution_id"),
    )

    execution_id: UUID = Field(primary_key=True)
    n: int = Field(primary_key=True)
    collection_id: UUID
    document_id: UUID
    version_id: UUID
    against_id: UUID | None = None
    standing: str
    start: int | None = None
    end: int | None = None
    looked_at: datetime = timestamp_field()


class AskedAgainRow(TenantRow, table=True):
    """That somebody asked the question of an answer again, and the execution that answered."""

    __tablename__: ClassVar[Any] = "asked_again"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "execution_id"], ["execution.tenant_id", "execution.id"]),
        ForeignKeyConstraint(["tenant_id", "again_id"], ["execution.tenant_id", "execution.id"]),
    )

    execution_id: UUID = Field(primary_key=True)
    again_id: UUID
    created_at: datetime = created_field()
