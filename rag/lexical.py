"""Words as BM25 counts them.

    score(question, chunk) = Σ over terms  idf(t) · f·(k1+1) / (f + k1·(1 − b + b·|chunk| / average))
    idf(t) = ln(1 + (N − n + ½) / (n + ½))

after S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
the non-negative idf of Lucene. N chunks are searched, n of them hold t, f is how often; lengths count
terms. The sum itself is taken in `rag.index.postings`.
"""

from __future__ import annotations

import importlib
import math
import re
import unicodedata
from functools import lru_cache
from typing import Any

K1 = 1.2
B = 0.75
MAX_TERM_CHARACTERS = 64

_STEMMER: Any = importlib.import_module("Stemmer").Stemmer  # it carries no types
_WORD = re.compile(r"\w+")
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    a about above after again all am an and any are as at be because been before being below between both but by can
    could did do does doing down during each few for from further had has have having he her here hers him his how i
    if in into is it its itself just me more most my no nor not now of off on once only or other our out over own
    same she should so some such than that the their theirs them then there these they this those through to too
    under until up very was we were what when where which while who whom why will with would you your s t
    """,
    )
)


def terms(text: str) -> list[str]:
    """Return the terms of `text` in order: words, folded, without stop words, stemmed (Snowball English).

    A word of another script passes the stemmer unchanged.
    """
    return [term for word in words(text) if (term := stem(word))]


def words(text: str) -> list[str]:
    """Return the words of `text` in order, compatibility-normalised and case-folded."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the term of a folded word; empty for a stop word."""
    if word in _STOP_WORDS:
        return ""
    # A Stemmer is not thread-safe; making one costs a microsecond, and the cache saves most of those.
    return str(_STEMMER("english").stemWord(word[:MAX_TERM_CHARACTERS]))


def idf(chunks: int, holding: int) -> float:
    """Return how much a term says that `holding` of `chunks` chunks have."""
    return math.log(1 + (chunks - holding + 0.5) / (holding + 0.5))
