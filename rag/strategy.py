"""The artifact kind `rag_strategy`: everything that shapes how a question is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.errors import InvalidInput
from mcp_engine.faults import faults_of

KIND: Final = "rag_strategy"
DEFAULT_NAME: Final = "default"


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Chunking(_Options):
    """How a document is cut; it takes effect on versions that are indexed after the strategy was pushed.

    Indexing follows the strategy named `default` of the document's namespace.
    """

    max_characters: int = Field(default=1000, ge=200, le=4000)
    overlap_sentences: int = Field(default=1, ge=0, le=5)


class Retrieval(_Options):
    """How passages are found.

    `candidates` chunks are taken from the dense and as many from the lexical search. The dense score
    of a chunk is its own cosine with the question, mixed with that of its best sentence by
    `sentence_weight`. Both scores are scaled to 0..1 over the candidates and mixed by `dense_weight`.
    """

    candidates: int = Field(default=50, ge=1, le=200)
    dense_weight: float = Field(default=0.5, ge=0, le=1)
    sentence_weight: float = Field(default=0.5, ge=0, le=1)
    k1: float = Field(default=1.2, ge=0, le=3)
    b: float = Field(default=0.75, ge=0, le=1)
    passages: int = Field(default=8, ge=1, le=20)


class Answering(_Options):
    """How sentences are chosen, and when the engine refuses.

    Below `threshold` (compared with the answer's confidence) the answer is a refusal. `similarity_weight`
    mixes the meaning of a sentence with the question's words in it; `passage_weight` adds its passage's score.
    A sentence that shares more than `redundancy` of its terms with a chosen one is passed over, and
    one that scores below `relative_floor` of the best is not worth adding.
    """

    threshold: float = Field(default=0.4, ge=0, le=1)
    max_sentences: int = Field(default=3, ge=1, le=10)
    similarity_weight: float = Field(default=0.6, ge=0, le=1)
    passage_weight: float = Field(default=0.5, ge=0, le=1)
    redundancy: float = Field(default=0.7, ge=0, le=1)
    relative_floor: float = Field(default=0.7, ge=0, le=1)


class Strategy(_Options):
    """The body of a `rag_strategy`; the defaults are the strategy `default`."""

    chunking: Chunking = Chunking()
    retrieval: Retrieval = Retrieval()
    answering: Answering = Answering()
    embedder: Literal["all-minilm-l6-v2-int8"] = "all-minilm-l6-v2-int8"


class StrategyKind:
    """Validates strategies for the registry."""

    name = KIND

    def normalise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body with its defaults filled in.

        Raises:
            InvalidInput: `rag_strategy.invalid`, naming each member that is wrong.
        """
        try:
            return Strategy.model_validate(dict(body)).model_dump(mode="json")
        except ValidationError as error:
            raise InvalidInput("rag_strategy.invalid", f"Correct the strategy: {faults_of(error)}") from error

    def dependencies(self, body: Mapping[str, Any]) -> Sequence[Reference]:  # noqa: ARG002 - it refers to nothing
        return ()

    def check_dependencies(self, found: Mapping[str, Mapping[str, Any]]) -> None:
        """A strategy refers to nothing that could fail to fit."""
