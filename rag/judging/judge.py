"""Asks the strategy's judge whether what was found answers, and makes confidence of what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.errors import ModelFailed
from mcp_engine.evaluation.scorers.verdicts import read_verdict
from mcp_engine.telemetry.tracing import span, tracer
from rag.answering import Draft, Sentence
from rag.odds import bounded, log_odds, probability
from rag.packing import PackedPassage, PackedSpan, pack
from rag.packing_report import packing_report
from rag.pinned_prompts import PinnedPrompts
from rag.reranking.cross_encoder import CrossEncoders
from rag.schemas import JudgingReport, Passage
from rag.sentences import Span, split_sentences
from rag.strategy import Calibration, CrossEncoderJudging, ModelJudging, Strategy

SUPPORT_RUN: Final = "support_judge"
"""The kind of execution that a language model's verdict is recorded as; migration 0006 keeps who may read it."""
_CERTAIN: Final = 0.01
"""What a language model is sure of, it is believed to 99 %."""
_tracer = tracer(__name__)


@dataclass(frozen=True, slots=True)
class _Cited:
    """What would be cited: sentences, and the passages that they stand in."""

    sentences: Sequence[Sentence]
    passages: Sequence[Passage]


class Judge:
    """Judges drafts; stateless but for the processes of the cross-encoders."""

    def __init__(self, cross_encoders: CrossEncoders, prompts: PinnedPrompts) -> None:
        self._cross_encoders = cross_encoders
        self._prompts = prompts

    async def judged(
        self,
        caller: Caller,
        namespace: str,
        strategy: Strategy,
        question: str,
        draft: Draft,
        passages: Sequence[Passage],
        *,
        version: ResolvedVersion | None = None,
        parent_id: UUID | None = None,
    ) -> tuple[Draft, JudgingReport | None]:
        """Return the draft with the confidence that the strategy's judge and calibration give it.

        A judge that fails is an error: an answer that it should have prevented is not given without it.

        Args:
            passages: what the draft's sentences were taken from.
            version: of the strategy, whose lock pins a prompt's version; None for one that nobody pushed.
            parent_id: the execution of the question.

        Raises:
            Refused, ModelFailed, TimedOut: what `CrossEncoder.scores` and `CrossEncoders.named` raise.
            ModelFailed: `judge.unreadable` when a language model gives no verdict.
            EngineError: what its run raises.
        """
        judging, calibration = strategy.judging, strategy.answering.calibration
        if not draft.sentences or (judging is None and calibration is None):
            return draft, None
        calibration = calibration or Calibration()
        total = calibration.bias + calibration.own * log_odds(draft.confidence)
        report = None
        if judging is not None:
            cited = _cited(draft, passages)
            with span(_tracer, "judge"):
                if isinstance(judging, CrossEncoderJudging):
                    said, report = await self._read(judging, question, cited)
                else:
                    said, report = await self._asked(
                        caller, namespace, judging, question, cited, version=version, parent_id=parent_id
                    )
            total += calibration.judge * said
        return replace(draft, confidence=probability(bounded(total)), own=draft.confidence), report

    async def _read(self, judging: CrossEncoderJudging, question: str, cited: _Cited) -> tuple[float, JudgingReport]:
        model = await self._cross_encoders.named(judging.model, judging.digest)
        scores = await model.scores(question, [passage.text for passage in cited.passages], judging.max_tokens)
        said = bounded(max(scores))
        return said, JudgingReport(kind="cross_encoder", model=judging.model, score=round(said, 4))

    async def _asked(
        self,
        caller: Caller,
        namespace: str,
        judging: ModelJudging,
        question: str,
        cited: _Cited,
        *,
        version: ResolvedVersion | None,
        parent_id: UUID | None,
    ) -> tuple[float, JudgingReport]:
        counter = await self._prompts.tokens(caller, namespace, judging.prompt, version)
        packed = await asyncio.to_thread(pack, _to_pack(cited), judging.budget_tokens, counter, _joined)
        values = {
            "question": question,
            "sentences": "\n".join(" ".join(one.text.split()) for one in cited.sentences),
            "passages": _joined(packed.spans),
        }
        output = await self._prompts.output(
            caller, namespace, judging.prompt, values,
            kind=SUPPORT_RUN, version=version, parent_id=parent_id,
            shown=list(dict.fromkeys(passage.version.version_id for passage in cited.passages)),
        )  # fmt: skip
        verdict = read_verdict(output)
        if verdict is None:
            raise ModelFailed(
                "judge.unreadable",
                f"The judge {judging.prompt} answered with no JSON that has `pass` or `score`; give its prompt an "
                "output schema, or choose a model that keeps to the form.",
            )
        said = log_odds(min(max(verdict, _CERTAIN), 1 - _CERTAIN))
        return said, JudgingReport(
            kind="model", model=judging.prompt, score=round(said, 4),
            **dict(packing_report(packed, judging.budget_tokens, counter)),
        )  # fmt: skip


def _cited(draft: Draft, passages: Sequence[Passage]) -> _Cited:
    """Return the sentences of a draft with the passages that hold one of them."""
    held = [
        passage
        for passage in passages
        if any(
            one.version_id == passage.version.version_id and one.start < passage.end and passage.start < one.end
            for one in draft.sentences
        )
    ]
    return _Cited(draft.sentences, held)


def _to_pack(cited: _Cited) -> list[PackedPassage]:
    """Return the passages, of each what stands nearest to the cited sentences first."""
    return [
        PackedPassage(one.version.version_id, one.start, one.text, sorted(_sentences(one), key=_distance(one, cited)))
        for one in cited.passages
    ]


def _sentences(passage: Passage) -> list[Span]:
    return [Span(passage.start + one.start, passage.start + one.end) for one in split_sentences(passage.text)]


def _distance(passage: Passage, cited: _Cited) -> Callable[[Span], int]:
    starts = [one.start for one in cited.sentences if one.version_id == passage.version.version_id]
    return lambda span: min(abs(span.start - start) for start in starts)


def _joined(spans: Sequence[PackedSpan]) -> str:
    return "\n\n".join(one.text for one in spans)
