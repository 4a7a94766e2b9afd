"""The artifact kind `dataset`: how many rows each split has, and the digest that identifies them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.errors import InvalidInput
from mcp_engine.faults import faults_of
from mcp_engine.identifiers import NAME_PATTERN

KIND: Final = "dataset"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SplitBody(_Part):
    """The rows of one split; `digest` is SHA-256 over their sorted digests, one a line."""

    rows: int = Field(ge=1)
    digest: str = Field(pattern="^[0-9a-f]{64}$")


class ColumnsBody(_Part):
    """What every row holds."""

    inputs: list[str] = Field(min_length=1)
    metadata: list[str] = []
    expected: bool = Field(description="Whether any row says what should come out.")


class DatasetBody(_Part):
    """The body of a version. The rows lie beside it."""

    description: str = Field(default="", max_length=2000)
    tags: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(default=[], max_length=32)
    columns: ColumnsBody
    splits: dict[Name, SplitBody] = Field(min_length=1)


class DatasetKind:
    """Validates datasets for the registry."""

    name = KIND

    def normalise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body with its defaults filled in.

        Raises:
            InvalidInput: `dataset.invalid`, naming each member that is wrong.
        """
        try:
            return DatasetBody.model_validate(dict(body)).model_dump(mode="json")
        except ValidationError as error:
            raise InvalidInput("dataset.invalid", f"Correct the dataset: {faults_of(error)}") from error

    def dependencies(self, body: Mapping[str, Any]) -> Sequence[Reference]:  # noqa: ARG002 - it refers to nothing
        return ()

    def check_dependencies(self, body: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> None:
        """A dataset refers to nothing that could fail to fit."""
