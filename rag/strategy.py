"""The artifact kind `rag_strategy`: everything that shapes how a question is answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from rag.embedders.options import BUNDLED
from rag.metadata.values import Bound, Key, Value

KIND: Final = "rag_strategy"
DEFAULT_NAME: Final = "default"
DEFAULT_QUERIES: Final = 3
DEFAULT_BUDGET: Final = 2000
MOST_WEIGHT: Final = 20.0
COUNTED = frozenset({"multi_query", "multi_hop"})
"""Kinds of rewriting that write several."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class _Options(BaseModel):
    """Options of a strategy.

    `later` names members that came after the first release: a body that leaves them at their defaults is written
    without them, so that the body of an earlier version keeps its digest. Their defaults must never change.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    later: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = type(self).model_fields
        unsaid = {name for name in self.later if getattr(self, name) == fields[name].default}
        return {name: value for name, value in write(self).items() if name not in unsaid}


def _iso_day(value: Any) -> Any:
    """Dates only: a number would be read as seconds since 1970, and a moment would lose its time of day."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("write a day as YYYY-MM-DD")
    if isinstance(value, str) or type(value) is date or value is None:
        return value
    raise ValueError("write a day as text: YYYY-MM-DD")


ChunkingKind = Literal["sentences", "sentence_window", "structure", "semantic", "parent_child"]
_OF_KIND: Final[Mapping[str, ChunkingKind]] = {
    "window_sentences": "sentence_window",
    "window_step": "sentence_window",
    "breakpoint_percentile": "semantic",
    "group_sentences": "semantic",
    "child_characters": "parent_child",
}
"""Members of `Chunking` that only one kind takes."""

Pattern = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\x00]+$")]
Day = Annotated[date, BeforeValidator(_iso_day, json_schema_input_type=date)]


class MetadataCondition(_Options):
    """What a key of a document's metadata must say: `one_of` some values, or one from `at_least` to `at_most`.

    A document without the key never passes. A range compares numbers with numbers, and text with text by its
    characters, so that dates written YYYY-MM-DD are in order.
    """

    later = frozenset({"one_of", "at_least", "at_most"})

    key: Key
    one_of: tuple[Value, ...] = Field(default=(), max_length=50)
    at_least: Bound = None
    at_most: Bound = None

    @model_validator(mode="after")
    def _check_one_way(self) -> MetadataCondition:
        low, high = self.at_least, self.at_most
        if bool(self.one_of) == (low is not None or high is not None):
            raise ValueError("give either `one_of` with a value or more, or a range: `at_least`, `at_most` or both")
        if low is None or high is None:
            return self
        if isinstance(low, str) != isinstance(high, str):
            raise ValueError("`at_least` and `at_most` must both be numbers, or both text")
        if _is_more(low, high):
            raise ValueError("`at_least` is more than `at_most`: no document can fit")
        return self


def _is_more(low: Any, high: Any) -> bool:
    return low > high


class Filters(_Options):
    """Which documents are searched; what is left out does not restrict.

    `documents` are patterns of names and `media_types` patterns of types (`text/*`): `*` stands for any characters
    (a slash too) and `?` for one, capitals count, and one pattern of each list must fit. `since` and
    `until` are the first and the last day (UTC) on which the version that is searched was added. All conditions on
    `metadata` must hold.
    """

    later = frozenset({"metadata"})

    documents: tuple[Pattern, ...] = Field(default=(), max_length=50)
    media_types: tuple[Pattern, ...] = Field(default=(), max_length=50)
    since: Day | None = None
    until: Day | None = None
    metadata: tuple[MetadataCondition, ...] = Field(default=(), max_length=10)

    @model_validator(mode="after")
    def _check_days(self) -> Filters:
        if self.since and self.until and self.since > self.until:
            raise ValueError("`since` is later than `until`: no document can fit")
        return self


class Chunking(_Options):
    """How a document is cut; it takes effect on versions that are indexed after the strategy was pushed.

    Indexing follows the strategy named `default` of the document's namespace. `kind` is one of `rag.chunkers`: whole
    `sentences` up to the best place to end; a `sentence_window` of `window_sentences` that moves by `window_step`;
    `structure`, which keeps sections, tables and code whole; `semantic`, which ends a chunk where the distance between
    `group_sentences` before and after is above the `breakpoint_percentile` of the document's; `parent_child`, where
    chunks of `child_characters` are searched and the `max_characters` around them are shown. With
    `contextual_headers` the embedding of a chunk reads the headings above it, and with `header_terms` so does the
    search by words; what is cited never holds them.
    """

    later = frozenset(
        {"kind", "window_sentences", "window_step", "breakpoint_percentile", "group_sentences", "child_characters",
         "contextual_headers", "header_terms"}
    )  # fmt: skip

    max_characters: int = Field(default=1000, ge=200, le=4000)
    overlap_sentences: int = Field(default=1, ge=0, le=5)
    kind: ChunkingKind = "sentences"
    window_sentences: int = Field(default=5, ge=1, le=50)
    window_step: int = Field(default=2, ge=1, le=50)
    breakpoint_percentile: float = Field(default=90, ge=50, lt=100)
    group_sentences: int = Field(default=3, ge=1, le=10)
    child_characters: int = Field(default=300, ge=100, le=2000)
    contextual_headers: bool = False
    header_terms: bool = False

    @model_validator(mode="after")
    def _check_kind(self) -> Chunking:
        """Refuse what would have no effect, so that nobody tunes it."""
        for name, kind in _OF_KIND.items():
            if self.kind != kind and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"`{name}` belongs to the kind `{kind}`: leave it out, or choose that kind")
        if self.kind != "sentences" and self.overlap_sentences > 1:
            raise ValueError("only the kind `sentences` takes `overlap_sentences`: leave it out, or choose that kind")
        if self.window_step > self.window_sentences:
            raise ValueError("`window_step` is larger than `window_sentences`: sentences would be passed over")
        if self.kind == "parent_child" and self.child_characters >= self.max_characters:
            raise ValueError("`child_characters` must be less than `max_characters`, the length of the parents")
        if self.header_terms and not self.contextual_headers:
            raise ValueError("`header_terms` needs `contextual_headers`")
        return self


class Retrieval(_Options):
    """How passages are found.

    `candidates` chunks are taken from the dense and as many from the lexical search, of the documents that `filters`
    let through. The dense score of a chunk is its own cosine with the question, mixed with that of its
    best sentence by `sentence_weight`. Both scores are scaled to 0..1 over the candidates and mixed by
    `dense_weight`: by `fusion` either the scores themselves (`min_max`) or their ranks (`rrf`, where a large `rrf_k`
    lets the first ranks count less). With `mmr` the passages are chosen one by one: 1 by relevance alone,
    0 as different from each other as can be.
    """

    later = frozenset({"fusion", "rrf_k", "mmr", "filters"})

    candidates: int = Field(default=50, ge=1, le=200)
    dense_weight: float = Field(default=0.5, ge=0, le=1)
    sentence_weight: float = Field(default=0.5, ge=0, le=1)
    k1: float = Field(default=1.2, ge=0, le=3)
    b: float = Field(default=0.75, ge=0, le=1)
    passages: int = Field(default=8, ge=1, le=20)
    fusion: Literal["min_max", "rrf"] = "min_max"
    rrf_k: int = Field(default=60, ge=1, le=1000)
    mmr: float | None = Field(default=None, ge=0, le=1)
    filters: Filters = Filters()


class Calibration(_Options):
    """How confidence is made of what the engine's own check says and, where a judge is asked, of what that says.

    Both are log-odds: confidence is the logistic function of `bias` + `own` times the one + `judge` times the other
    (J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999). A sweep fits the three to a data set.
    """

    own: float = Field(default=1.0, ge=0, le=MOST_WEIGHT)
    judge: float = Field(default=1.0, ge=0, le=MOST_WEIGHT)
    bias: float = Field(default=0.0, ge=-50, le=50)


class Answering(_Options):
    """How sentences are chosen, and when the engine refuses.

    Below `threshold` (compared with the answer's confidence) the answer is a refusal. `similarity_weight`
    mixes the meaning of a sentence with the question's words in it; `passage_weight` adds its passage's score.
    A sentence that shares more than `redundancy` of its terms with a chosen one is passed over, and
    one that scores below `relative_floor` of the best is not worth adding. One that holds no word of the question
    that the chosen ones lack only stands near: it has to score `near_floor` of the best. Each chosen
    one is checked by itself, and left out beside one with more support that holds more of what is asked for (kind,
    numbers, denial, no opposites), by more than `support_gap` in log-odds.
    `calibration` fits confidence to a collection.
    With `cache` an answer is kept, and given again as long as nothing that it depends on has changed.
    """

    later = frozenset({"support_gap", "cache", "calibration"})

    threshold: float = Field(default=0.4, ge=0, le=1)
    max_sentences: int = Field(default=3, ge=1, le=10)
    similarity_weight: float = Field(default=0.6, ge=0, le=1)
    passage_weight: float = Field(default=0.5, ge=0, le=1)
    redundancy: float = Field(default=0.7, ge=0, le=1)
    relative_floor: float = Field(default=0.7, ge=0, le=1)
    near_floor: float = Field(default=0.85, ge=0, le=1)
    support_gap: float = Field(default=0.9, ge=0, le=50)
    cache: bool = False
    calibration: Calibration | None = None


class Rewriting(_Options):
    """Other wordings that are searched beside the question, written by a governed prompt.

    `prompt` names a version of one (`rewrite@production`, `rewrite/3`), whose variable is `question`, and `earlier`
    (the questions before) where it wants that. By `kind` its answer is a follow-up as a question that stands alone
    (`condense`, asked for follow-ups only), up to `queries` other wordings, one a line (`multi_query`), a more general
    question (`step_back`), or a passage that might answer (`hyde`; L. Gao et al., "Precise Zero-Shot Dense Retrieval
    without Relevance Labels", 2022). With `multi_hop` it is asked up to `queries` times what to look for next, and may
    read in `found` the best sentences so far (after H. Trivedi et al., "Interleaving Retrieval with Chain-of-Thought
    Reasoning for Knowledge-Intensive Multi-Step Questions", 2023). Wordings find passages; whether these answer is
    judged by the question as asked.
    """

    kind: Literal["condense", "multi_query", "step_back", "hyde", "multi_hop"]
    prompt: str = Field(min_length=1, max_length=140)
    queries: int = Field(default=DEFAULT_QUERIES, ge=1, le=5)

    @model_validator(mode="after")
    def _check_queries(self) -> Rewriting:
        if self.kind not in COUNTED and self.queries != DEFAULT_QUERIES:
            kinds = " or ".join(f"`{kind}`" for kind in sorted(COUNTED))
            raise ValueError(f"`queries` belongs to the kinds {kinds}: leave it out, or choose one of them")
        return self


class CrossEncoderReranking(_Options):
    """Passages in the order that a cross-encoder gives them, which reads the question and a passage together.

    `model` is a folder of the operator's (`rag.reranking.options`). `digest` is that of its files: it is filled in when
    the strategy is pushed, and other files are refused from then on. The best `candidates` are read, each up to
    `max_tokens` with the question. `scores` says whether the model's numbers are scaled by the sigmoid, or over the
    candidates where they are not meant as probabilities (`raw`).
    """

    kind: Literal["cross_encoder"]
    model: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    digest: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    candidates: int = Field(default=30, ge=1, le=100)
    max_tokens: int = Field(default=512, ge=16, le=8192)
    scores: Literal["sigmoid", "raw"] = "sigmoid"


class ModelReranking(_Options):
    """Passages in the order that a language model gives them, by a governed prompt.

    `prompt` names a version of one (`order@production`), whose variables are `passages`, the best `candidates`
    numbered from 1, and `question`. Its answer is their numbers, best first (after W. Sun et al., "Is ChatGPT Good at
    Search?", 2023). Passages take at most `budget_tokens` by the model's own count; what does not fit keeps its place
    behind them. When the model fails, or answers without an order, the passages keep theirs, and the answer says so.
    """

    kind: Literal["model"]
    prompt: str = Field(min_length=1, max_length=140)
    candidates: int = Field(default=10, ge=2, le=50)
    budget_tokens: int = Field(default=DEFAULT_BUDGET, ge=50, le=200_000)


Reranking = Annotated[CrossEncoderReranking | ModelReranking, Field(discriminator="kind")]


class CrossEncoderJudging(_Options):
    """Whether there is an answer, asked of a cross-encoder that was trained to say so (on QNLI, say).

    It reads the question with each passage that would be cited, up to `max_tokens`; the best of its numbers counts, as
    log-odds. `model` and `digest` are as of a reranking.
    """

    kind: Literal["cross_encoder"]
    model: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    digest: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    max_tokens: int = Field(default=512, ge=16, le=8192)


class ModelJudging(_Options):
    """Whether there is an answer, asked of a language model by a governed prompt.

    `prompt` names a version of one (`judge@production`), whose variables are `question`, with those before it that it
    follows, `sentences`, those that would be cited, and where it wants them `passages`, where they stand. Its output
    is JSON with `pass` (true or false) or `score` (0 to 1), whose log-odds count. Passages take at most
    `budget_tokens` by the model's own count, what stands around the sentences first; the report says what of them was
    left out.
    """

    later = frozenset({"budget_tokens"})

    kind: Literal["model"]
    prompt: str = Field(min_length=1, max_length=140)
    budget_tokens: int = Field(default=DEFAULT_BUDGET, ge=50, le=200_000)


Judging = Annotated[CrossEncoderJudging | ModelJudging, Field(discriminator="kind")]


class Composing(_Options):
    """An answer that a model writes from the chosen sentences, by a governed prompt.

    `prompt` names a version of one (`compose@production`, `compose/3`), whose variable is `sentences`, numbered lines
    as `[1] …`, and `question` where it wants that. Up to `sentences` of the best ones are offered to it. By `kind` its
    answer says which of them stand in the answer, and in which order, word for word (`order`), or is text of its own
    (`prose`), of which every sentence stays that one of them bears out, with its citation, and all others are cut.
    Whether there is an answer is decided before, and where nothing stays, the answer is the sentences themselves.
    The sentences take at most `budget_tokens` by the model's own count: the best ones that fit are offered.
    """

    later = frozenset({"budget_tokens"})

    kind: Literal["order", "prose"]
    prompt: str = Field(min_length=1, max_length=140)
    sentences: int = Field(default=6, ge=1, le=12)
    budget_tokens: int = Field(default=DEFAULT_BUDGET, ge=50, le=200_000)


class Strategy(_Options):
    """The body of a `rag_strategy`; the defaults are the strategy `default`.

    `embedder` is taken, as `chunking` is, from the strategy `default` when a collection is first indexed, or indexed
    anew. Questions are embedded by what the collection was indexed with, whatever a strategy says.
    """

    later = frozenset({"rewriting", "reranking", "judging", "composing"})

    chunking: Chunking = Chunking()
    rewriting: Rewriting | None = None
    retrieval: Retrieval = Retrieval()
    reranking: Reranking | None = None
    answering: Answering = Answering()
    judging: Judging | None = None
    composing: Composing | None = None
    embedder: str = Field(default=BUNDLED, min_length=1, max_length=63)
