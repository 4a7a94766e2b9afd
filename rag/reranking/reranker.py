"""Orders what was found as the strategy says: by a cross-encoder, or by a language model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np

from mcp_engine.access import Caller
from mcp_engine.artifacts.versions import ResolvedVersion
from mcp_engine.errors import EngineError
from mcp_engine.telemetry.tracing import span, tracer
from rag.found import Found
from rag.fusion import scaled
from rag.packing import PackedPassage, pack
from rag.packing_report import packing_report
from rag.pinned_prompts import PinnedPrompts
from rag.reranking.cross_encoder import CrossEncoders
from rag.reranking.listwise import numbered, read_order
from rag.schemas import RerankingReport
from rag.sentences import Span
from rag.strategy import CrossEncoderReranking, ModelReranking, Strategy

RERANK_RUN: Final = "rerank"
"""The kind of execution that a language model's ordering is recorded as; migration 0006 keeps who may read it."""
_NO_ORDER: Final = "The model's answer names no order of the passages; they keep the order in which they were found."
_NO_ROOM: Final = "Not one sentence fits into `budget_tokens`; the passages keep the order in which they were found."
_tracer = tracer(__name__)


class Reranker:
    """Orders passages; stateless but for the processes of the cross-encoders."""

    def __init__(self, cross_encoders: CrossEncoders, prompts: PinnedPrompts) -> None:
        self._cross_encoders = cross_encoders
        self._prompts = prompts

    async def reranked(
        self,
        caller: Caller,
        namespace: str,
        strategy: Strategy,
        question: str,
        found: Found,
        *,
        version: ResolvedVersion | None = None,
        parent_id: UUID | None = None,
    ) -> tuple[Found, RerankingReport | None]:
        """Return what was found in the strategy's order, and how that came about; the first of it is shown.

        Args:
            found: as many as `rag.found.retrieved` says.
            version: of the strategy, whose lock pins a prompt's version; None for one that nobody pushed.
            parent_id: the execution of the question.

        Raises:
            Refused, ModelFailed, TimedOut: what `CrossEncoder.scores` and `CrossEncoders.named` raise.
            NotFound: the prompt or its model does not exist.
        """
        reranking = strategy.reranking
        if reranking is None or not found.passages:
            return found, None
        with span(_tracer, "rerank"):
            if isinstance(reranking, CrossEncoderReranking):
                return await self._scored(reranking, question, found)
            return await self._listed(
                caller, namespace, reranking, question, found, version=version, parent_id=parent_id
            )

    async def _scored(
        self, reranking: CrossEncoderReranking, question: str, found: Found
    ) -> tuple[Found, RerankingReport]:
        model = await self._cross_encoders.named(reranking.model, reranking.digest)
        texts = [passage.text for passage in found.passages]
        said = np.array(await model.scores(question, texts, reranking.max_tokens))
        scores = _sigmoid(said) if reranking.scores == "sigmoid" else scaled(said)
        # By the model's own numbers: a sigmoid makes large ones equal. Equal ones keep their order.
        places = [int(place) for place in np.argsort(-said, kind="stable")]
        report = RerankingReport(kind="cross_encoder", model=model.name, candidates=len(texts))
        return found.ordered(places, scores.tolist(), [round(float(one), 6) for one in said]), report

    async def _listed(
        self,
        caller: Caller,
        namespace: str,
        reranking: ModelReranking,
        question: str,
        found: Found,
        *,
        version: ResolvedVersion | None,
        parent_id: UUID | None,
    ) -> tuple[Found, RerankingReport]:
        counter = await self._prompts.tokens(caller, namespace, reranking.prompt, version)
        packed = await asyncio.to_thread(pack, _to_pack(found), reranking.budget_tokens, counter, numbered, apart=True)
        report = RerankingReport(
            kind="model", model=reranking.prompt, candidates=len(found.passages),
            **dict(packing_report(packed, reranking.budget_tokens, counter)),
        )  # fmt: skip
        read = list(dict.fromkeys(one.passage for one in packed.spans))
        if not read:
            return _kept(found), report.model_copy(update={"failed": _NO_ROOM})
        values = {"question": question, "passages": numbered(packed.spans)}
        shown = list(dict.fromkeys(one.version_id for one in packed.spans))
        try:
            said = await self._prompts.output(
                caller, namespace, reranking.prompt, values,
                kind=RERANK_RUN, version=version, parent_id=parent_id, shown=shown,
            )  # fmt: skip
        except EngineError as error:
            failed = f"The model failed ({error.code}); the passages keep the order in which they were found."
            return _kept(found), report.model_copy(update={"failed": failed})
        order = read_order(said, len(read))
        if order is None:
            return _kept(found), report.model_copy(update={"failed": _NO_ORDER})
        counts = {"missing": order.missing, "doubled": order.doubled, "unknown": order.unknown}
        first = [read[place] for place in order.places]
        unread = [place for place in range(len(found.passages)) if place not in read]
        return _by_rank(found, [*first, *unread]), report.model_copy(update=counts)


def _to_pack(found: Found) -> list[PackedPassage]:
    return [
        PackedPassage(
            passage.version.version_id, passage.start, passage.text,
            [Span(*ends) for ends in zip(hit.candidate.starts, hit.candidate.ends, strict=True)], text.lead,
        )
        for hit, passage, text in zip(found.hits.best, found.passages, found.texts, strict=True)
    ]  # fmt: skip


def _by_rank(found: Found, places: Sequence[int]) -> Found:
    """Return passages in an order that says nothing but the order: 1 for the best, and even steps."""
    scores = [0.0] * len(places)
    for rank, place in enumerate(places):
        scores[place] = 1 - rank / len(places)
    return found.ordered(places, scores, [None] * len(places))


def _kept(found: Found) -> Found:
    """Return passages in the order and with the scores that they have."""
    return found.ordered(range(len(found.passages)), [hit.score for hit in found.hits.best], [None] * len(found.texts))


def _sigmoid(values: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(values, -60, 60)))
