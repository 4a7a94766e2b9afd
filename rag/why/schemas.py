"""What is asked about a passage that was expected, and what became of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from rag.conversation import MOST_QUESTIONS
from rag.refusal import RefusalCode
from rag.schemas import CitedVersion, JudgingReport
from rag.strategy import Filters, MetadataCondition

MAX_TEXT_CHARACTERS = 1000

Outcome = Literal["passed", "dropped"]
FilterName = Literal["documents", "media_types", "since", "until", "metadata"]
StageName = Literal["filters", "candidates", "fusion", "diversity", "reranking", "sentences", "answer"]
Verdict = Literal[
    "chosen", "weaker", "below_floor", "only_near", "redundant", "beyond_max", "other_row", "no_statement"
]


class WhyRequest(BaseModel):
    """A question, and the passage that was expected in its answer.

    Without `text` and without a place, the passage is the one of the document that came furthest.
    """

    question: str
    document: str = Field(
        min_length=1, max_length=512, pattern=r"^[^\x00]+$", description="Its name in the collection, or its id."
    )
    text: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_TEXT_CHARACTERS,
        pattern=r"^[^\x00]+$",
        description="Words that stand there, one after the other; white space and capitals do not matter.",
    )
    start: int | None = Field(default=None, ge=0, le=2**31 - 1, description="First character (code points from 0).")
    end: int | None = Field(default=None, ge=1, le=2**31 - 1, description="One past the last character.")
    strategy: str = Field(default="default", description="`NAME`, `NAME@label` or `NAME/version` of a rag_strategy.")
    filters: Filters | None = Field(default=None, description="The filters that the question was asked with.")
    context: list[str] = Field(
        default_factory=list,
        max_length=MOST_QUESTIONS,
        description="The questions that a follow-up was asked together with, first to last, as its answer says.",
    )

    @model_validator(mode="after")
    def _check_place(self) -> WhyRequest:
        if (self.start is None) != (self.end is None):
            raise ValueError("give `start` and `end` together")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("`end` must be greater than `start`")
        if self.start is not None and self.text is not None:
            raise ValueError("say where by `start` and `end` or by `text`, not by both")
        return self


class _Stage(BaseModel):
    """`note` says in a sentence what happened; the numbers beside it say why."""

    outcome: Outcome
    note: str


class FilterStage(_Stage):
    """`failed` are the filters that the document does not pass, and `metadata` the conditions among them."""

    stage: Literal["filters"] = "filters"
    failed: list[FilterName]
    metadata: list[MetadataCondition] = []


class DenseSearch(BaseModel):
    """By meaning: the cosine of passage and question, its rank, and the cosine of the last one that was found."""

    found: bool
    rank: int
    similarity: float
    last_similarity: float | None


class LexicalSearch(BaseModel):
    """By words: BM25, its rank (null without a common word), and the score of the last one that was found.

    Words are those of the question without stop words; the passage holds them in this or another form.
    """

    found: bool
    rank: int | None
    bm25: float
    last_bm25: float | None
    words_held: list[str]
    words_missing: list[str]


class CandidatesStage(_Stage):
    """Each of both searches finds up to `limit` passages; one that neither finds is left out."""

    stage: Literal["candidates"] = "candidates"
    limit: int
    dense: DenseSearch
    lexical: LexicalSearch


class FusionStage(_Stage):
    """Both scores scaled to 0..1 over the candidates, the score they give together, and its rank among `candidates`.

    `last_score` is that of the last passage that came in; null where `diversity` decides that.
    """

    stage: Literal["fusion"] = "fusion"
    dense_share: float
    lexical_share: float
    score: float
    rank: int
    candidates: int
    passages: int
    last_score: float | None


class DiversityStage(_Stage):
    """Maximal marginal relevance: `gain` when the last passage was chosen, whose own was `last_gain`.

    `position` is when it was chosen itself, from 1.
    """

    stage: Literal["diversity"] = "diversity"
    relevance: float
    position: int | None
    gain: float
    last_gain: float


class RerankingStage(_Stage):
    """A model's order of the `candidates`: `rank` where it put the passage, which stood at `rank_before`.

    `score_before` is what it scored there, `score` what the model said of it (null where that gave an order only), and
    `share` what it counts as, 0..1. The first `passages` come in. `failed` says why the order was kept, if it was.
    """

    stage: Literal["reranking"] = "reranking"
    kind: Literal["cross_encoder", "model"]
    model: str
    candidates: int
    passages: int
    rank_before: int
    score_before: float
    rank: int
    score: float | None
    share: float
    failed: str | None


class SentenceVerdict(BaseModel):
    """A sentence or a row of a table of the passage; `expected` when it stands at the place that was asked for.

    Scores are null for what can't answer: headings, questions, code, scraps.
    """

    start: int
    end: int
    text: str
    expected: bool
    verdict: Verdict
    score: float | None
    similarity: float | None
    coverage: float | None


class SentencesStage(_Stage):
    """At most `max_sentences` are chosen, none that scores below `floor`; `best_score` is over all passages."""

    stage: Literal["sentences"] = "sentences"
    best_score: float | None
    floor: float | None
    max_sentences: int
    redundancy: float
    sentences: list[SentenceVerdict]


class AnswerStage(_Stage):
    """The answer is refused when its confidence is below the threshold; `evidence` is what the confidence is made of.

    `citations` are the numbers of those that stand in the passage. `own_confidence` is what the evidence alone
    comes to, where the strategy's judge (`judging`) or its calibration have a part in it.
    """

    stage: Literal["answer"] = "answer"
    refused: bool
    reason_code: RefusalCode | None
    confidence: float
    threshold: float
    evidence: dict[str, float]
    citations: list[int]
    judging: JudgingReport | None = None
    own_confidence: float | None = None


Stage = Annotated[
    FilterStage | CandidatesStage | FusionStage | DiversityStage | RerankingStage | SentencesStage | AnswerStage,
    Field(discriminator="stage"),
]


class Why(BaseModel):
    """What became of a passage, stage by stage up to the one that dropped it (`dropped_at`; null when it is cited).

    The passage is `text[start:end]` of its version.
    """

    question: str
    context: list[str]
    collection: str
    strategy: str
    version: CitedVersion
    page: int | None
    start: int
    end: int
    text: str
    dropped_at: StageName | None
    stages: list[Stage]
