"""Which sentences make up an answer."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest

from rag.answering import Sentence, borne, checked, select
from rag.odds import log_odds
from rag.retrieval import Question
from rag.strategy import Answering
from rag.support import Evidence

VERSION = UUID(int=1)


def sentence(number: int, score: float, words: str, asked: str = "") -> Sentence:
    terms = frozenset(words.split())
    return Sentence(VERSION, number, number + 1, words, None, 0.5, 0.5, score, terms, None, frozenset(asked.split()))


def test_a_sentence_that_only_stands_near_is_left_out_and_one_that_adds_a_word_is_not() -> None:
    first = sentence(0, 1.0, "the lighthouse of karsund", "lighthouse karsund")
    near = sentence(1, 0.8, "bread comes from karsund", "karsund")
    adds = sentence(2, 0.75, "it stands 41 metres high", "high")
    as_good = sentence(3, 0.9, "karsund has its own light", "karsund")
    assert select([first, near, adds], Answering()) == [first, adds]
    assert select([first, as_good, near], Answering()) == [first, as_good]
    assert select([first, near], Answering(near_floor=0)) == [first, near]
    assert select([first, sentence(2, 0.6, "it is very high", "high")], Answering()) == [first]


def test_a_sentence_that_fits_the_question_much_less_than_the_best_is_left_out() -> None:
    question = Question.of("How high is the lighthouse of Karsund?", np.zeros(2, np.float32))
    evidence = Evidence(0.5, 0.5, 1, 0.5, 0, 0, 0, 0, 0)
    high = sentence(0, 1.0, "The lighthouse of Karsund stands 41 metres high.")
    lamp = sentence(1, 0.9, "The lighthouse of Karsund has a new lamp.")
    far = replace(sentence(2, 0.8, "It was 39 metres high."), similarity=-0.5)
    found = checked(question, [high, lamp, far], evidence)
    supports = [log_odds(one.support or 0.0) for one in found]
    assert supports[0] - supports[1] == pytest.approx(0.92)
    assert supports[2] < supports[1]
    kept, weaker = borne(found, Answering())
    assert ([one.start for one in kept], [one.start for one in weaker]) == ([0, 2], [1])
    assert borne(found, Answering(support_gap=50)) == (found, [])
    assert borne([], Answering()) == ([], [])
