"""Rows of drafted questions. Nothing here is ever updated, and nothing here is content: a question is the output of an
execution or what somebody wrote of it, and a sentence stands in its document."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index
from sqlmodel import Field

from mcp_engine.database.rows import TenantRow, created_field, reference, timestamp_field


def _question() -> ForeignKeyConstraint:
    to = "drafted_question"
    return ForeignKeyConstraint(
        ["tenant_id", "draft_id", "position"], [f"{to}.tenant_id", f"{to}.draft_id", f"{to}.position"]
    )


class QuestionDraftRow(TenantRow, table=True):
    """Which sentences of which collection are asked about, and by which prompt."""

    __tablename__: ClassVar[Any] = "question_draft"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "namespace"], ["namespace.tenant_id", "namespace.name"]),
        reference("collection_id", "collection"),
        reference("prompt_version_id", "artifact_version"),
        Index("ix_question_draft_tenant_id_namespace_id", "tenant_id", "namespace", "id"),
    )

    id: UUID = Field(primary_key=True)
    namespace: str
    job_id: UUID
    collection_id: UUID
    collection: str
    prompt_name: str
    prompt_number: int
    prompt_version_id: UUID
    prompt_lock_digest: str
    seed: int = Field(sa_type=BigInteger)
    questions: int
    actor_id: UUID
    created_at: datetime = created_field()


class DraftedQuestionRow(TenantRow, table=True):
    """The sentence that a question is asked about: `text[start:end]` of a version; positions count from 1."""

    __tablename__: ClassVar[Any] = "drafted_question"
    __table_args__ = (reference("draft_id", "question_draft"), reference("version_id", "document_version"))

    draft_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    version_id: UUID
    start: int
    end: int


class DraftedRunRow(TenantRow, table=True):
    """The run of the prompt that worded a question; `fault` is the code of why there is none."""

    __tablename__: ClassVar[Any] = "drafted_question_run"
    __table_args__ = (_question(), reference("execution_id", "execution"))

    draft_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    execution_id: UUID | None = None
    fault: str | None = None
    ended_at: datetime = timestamp_field()


class DraftVerdictRow(TenantRow, table=True):
    """What a person said of a drafted question; the last word counts.

    `wording_id` is the question in that person's words, `feedback_id` the verdict on the prompt's run.
    """

    __tablename__: ClassVar[Any] = "drafted_question_verdict"
    __table_args__ = (
        _question(),
        reference("feedback_id", "feedback"),
        reference("wording_id", "feedback"),
        Index("ix_drafted_question_verdict_tenant_id_draft_id", "tenant_id", "draft_id", "position", "id"),
    )

    id: UUID = Field(primary_key=True)
    draft_id: UUID
    position: int
    verdict: str
    feedback_id: UUID | None = None
    wording_id: UUID | None = None
    actor_id: UUID
    created_at: datetime = created_field()
