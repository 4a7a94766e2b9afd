"""Every question of SQuAD 2.0 and CLAPnq asked over HTTP of a strategy that refuses nothing.

Each collection is asked its own questions, those with an answer in it and those without, and questions of the other
one, which are about something else. An answer is supported if the question has gold spans and one of its citations
shares a character with one. The strategy's confidence is that of the built-in one, whose decision follows from it by
its threshold; that this is so is checked with the built-in strategy on some of the questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.asking import ALWAYS, Client
from benchmarks.harness.benchmark import Context
from benchmarks.harness.engine import EngineFailed, running_engine
from benchmarks.harness.figures import evenly
from benchmarks.question_sets import Asked, Gold, QuestionSet, clapnq, squad
from rag.span_overlap import overlap
from rag.strategy import Answering

THRESHOLD = Answering().threshold
_CHECKED = 40
_OFF_TOPIC = {False: 150, True: 1000}


@dataclass(frozen=True, slots=True)
class Given:
    """What was answered to a question of a collection.

    Args:
        similarity: cosine of the question with the nearest passage.
        cited: for each citation whether it is what the gold spans say.
        covered: for each gold span whether a citation shares a character with it.
        exact: for each citation whether the stored text is byte for byte what was cited.
    """

    collection: str
    gold: tuple[Gold, ...]
    is_off_topic: bool
    confidence: float
    similarity: float
    cited: list[bool]
    covered: list[bool]
    exact: list[bool]

    @property
    def is_supported(self) -> bool:
        return any(self.cited)


def given_answers(context: Context) -> tuple[list[Given], dict[str, Any]]:
    """Return every answer, and what the figures depend on; small scale asks 600 questions of each set at most."""
    sets = [squad(context.data), clapnq(context.data)]
    found: list[Given] = []
    with running_engine() as engine:
        client = Client(engine)
        client.set_always()
        for one, other in zip(sets, reversed(sets), strict=True):
            context.say(f"indexing {len(one.documents):,} documents of {one.name}")
            client.fill(one)
            asked = evenly(one.asked, 10**9 if context.full else 600)
            strangers = evenly(other.answerable, _OFF_TOPIC[context.full])
            context.say(f"asking {len(asked):,} questions, and {len(strangers):,} about something else")
            own = [_given(client, one, question) for question in asked]
            found += own
            found += [_given(client, one, Asked(question.question, ()), is_off_topic=True) for question in strangers]
            _check_threshold(client, one, asked, own)
        client.close()
    settings = {
        "own_rows": [one.name for one in sets if one.is_own],
        "questions": {one.name: sum(given.collection == one.name for given in found) for one in sets},
        "threshold": THRESHOLD,
    }
    return found, settings


def _given(client: Client, questions: QuestionSet, asked: Asked, *, is_off_topic: bool = False) -> Given:
    answer = client.ask(questions.name, asked.question, ALWAYS)
    citations = answer["citations"]
    return Given(
        collection=questions.name,
        gold=asked.gold,
        is_off_topic=is_off_topic,
        confidence=0.0 if answer["refused"] else answer["confidence"],
        similarity=max((one["similarity"] for one in answer["passages"]), default=0.0),
        cited=[any(_shares(one, gold) for gold in asked.gold) for one in citations],
        covered=[any(_shares(one, gold) for one in citations) for gold in asked.gold],
        exact=[_is_exact(client, questions, one) for one in citations],
    )


def _shares(citation: dict[str, Any], gold: Gold) -> bool:
    if citation["version"]["document"] != gold.document:
        return False
    return overlap((citation["start"], citation["end"]), (gold.start, gold.end)) > 0


def _is_exact(client: Client, questions: QuestionSet, citation: dict[str, Any]) -> bool:
    """Compare with the file that was added, and with what the engine opens at that place."""
    version, start, end = citation["version"], citation["start"], citation["end"]
    cited = citation["cited_text"].encode()
    stored = client.text(version["document_id"], version["number"], start, end)
    return cited == questions.documents[version["document"]][start:end].encode() == stored.encode()


def _check_threshold(client: Client, questions: QuestionSet, asked: Sequence[Asked], given: Sequence[Given]) -> None:
    for question, one in evenly(list(zip(asked, given, strict=True)), _CHECKED):
        refused = client.ask(questions.name, question.question, "default")["refused"]
        if refused != (one.confidence < THRESHOLD or not one.exact):
            raise EngineFailed(f"the built-in strategy decides otherwise than by its threshold: {question.question!r}")
