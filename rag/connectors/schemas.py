"""Sources as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from mcp_engine.identifiers import NAME_PATTERN
from mcp_engine.jobs.schemas import JobState
from rag.readers.schemas import Readers, ReadersIn

ItemOutcome = Literal["added", "changed", "unchanged", "failed", "gone"]
Glob = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\x00]*$")]
_GLOB = (
    "`*`, `?` and `[…]` within a part of a path, `**` for any parts; without a slash the last part alone is compared."
)


class NewSource(BaseModel):
    """A source to be made, and read for the first time unless `sync` is false."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME_PATTERN, description="Unique among the collection's sources.")
    kind: str = Field(max_length=128, description="One of `GET /source-kinds`.")
    settings: dict[str, Any] = Field(description="As the kind's schema says; never a secret.")
    credential: SecretStr | None = Field(default=None, max_length=8192, description="Kept sealed and never shown.")
    prefix: str = Field(default="", max_length=256, description="Put before the names of its documents.")
    include: list[Glob] = Field(
        default=[], max_length=100,
        description=f"Take these names alone. {_GLOB} Without any: all but hidden files, pictures, sounds and fonts.",
    )  # fmt: skip
    exclude: list[Glob] = Field(default=[], max_length=100, description="Leave these names out.")
    every_seconds: int | None = Field(
        default=None, ge=1, le=31_536_000, description="How often it is read again; null: when somebody asks."
    )
    remove_gone: bool = Field(
        default=False, description="Take documents out of search that the source does not hold any more."
    )
    readers: ReadersIn | None = Field(
        default=None,
        description="Who alone sees the source and reads what it brings, you among them; null: everyone in the tenant.",
    )
    sync: bool = Field(default=True, description="Read it now.")


class SourceChange(BaseModel):
    """What of a source is another from now on; what is left out stays as it is. A source keeps its kind."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, pattern=NAME_PATTERN, description="Unique among the collection's sources.")
    settings: dict[str, Any] | None = Field(
        default=None, description="All of them, as the kind's schema says. A credential has to be sent with others."
    )
    credential: SecretStr | None = Field(
        default=None, max_length=8192, description="Another one; null takes away the one that it has."
    )
    prefix: str | None = Field(
        default=None, max_length=256, description="With another one its documents get other names at its next reading."
    )
    include: list[Glob] | None = Field(default=None, max_length=100)
    exclude: list[Glob] | None = Field(default=None, max_length=100)
    every_seconds: int | None = Field(
        default=None, ge=1, le=31_536_000, description="null: when somebody asks, from now on."
    )
    remove_gone: bool | None = None
    readers: ReadersIn | None = Field(
        default=None,
        description="Who alone sees the source from now on and reads the documents that it brings from now on; null: "
        "everyone in the tenant. Documents that it brought before keep their lists.",
    )
    paused: bool | None = Field(default=None, description="Its schedule rests until this is false again.")


class SourceRun(BaseModel):
    """One reading of a source, and how many of its items it added, changed, left alone, removed, or failed to read.

    `ended_at` is null until all of it was read; `state` says how far its job is.
    """

    id: UUID
    source_id: UUID
    job_id: UUID
    state: JobState
    progress_done: int
    progress_total: int
    added: int
    changed: int
    unchanged: int
    removed: int
    failed: int
    error_code: str | None
    error_message: str | None
    created_at: datetime
    ended_at: datetime | None


class Source(BaseModel):
    """Where documents of a collection come from; `documents` counts those it brought that are not removed."""

    id: UUID
    collection: str
    namespace: str
    name: str
    kind: str
    settings: dict[str, Any]
    has_credential: bool
    prefix: str
    include: list[str]
    exclude: list[str]
    every_seconds: int | None
    remove_gone: bool
    paused: bool = Field(description="Its schedule rests; it is read when somebody asks.")
    readers: Readers = Field(description="Who sees the source, and reads what it brings.")
    documents: int
    last_run: SourceRun | None
    due_at: datetime | None = Field(description="When it is looked at again; null without a schedule, or paused.")
    created_at: datetime


class SourceItem(BaseModel):
    """What a source holds under a name, and what the last run that dealt with it did.

    `gone` is kept although the source holds it no longer.
    """

    model_config = ConfigDict(from_attributes=True)

    name: str
    outcome: ItemOutcome
    document_id: UUID | None
    error_code: str | None
    error_message: str | None


class SourceKind(BaseModel):
    """A kind of source: the JSON Schema of its settings, which member says where it is, and what secret it takes."""

    name: str
    description: str
    settings: dict[str, Any]
    place: str
    credential: str | None
    least_seconds: int


class SourceRemoved(BaseModel):
    """How many documents were taken out of search with their source."""

    documents: int
