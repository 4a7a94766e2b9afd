"""What the API takes and shows of who may read a document."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

MOST_READERS = 100
_Word = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00]+$")]
_Words = Annotated[list[_Word], Field(max_length=MOST_READERS)]


class ReadersIn(BaseModel):
    """Who alone may read a document: these principals, and whoever belongs to one of these groups."""

    model_config = ConfigDict(extra="forbid")

    principals: _Words = Field(default_factory=list, description="Names or ids of persons and machines.")
    groups: _Words = Field(default_factory=list, description="Names of groups.")


class Reader(BaseModel):
    """A principal or a group of an access list."""

    id: UUID
    name: str


class Readers(BaseModel):
    """Who may read a document: everyone in the tenant with `documents:read`, or when `restricted` these alone."""

    restricted: bool
    principals: list[Reader]
    groups: list[Reader]
