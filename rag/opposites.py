"""Words that say the contrary of each other, as English has them: for a question that turns what a sentence says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rag.lexical import stem, words

_PAIRS: Final = """
    above/below accept/reject accepted/refused active/inactive advantage/disadvantage agree/disagree alive/dead
    allow/forbid allowed/prohibited always/never ancient/modern appear/disappear approve/disapprove arrive/depart
    attack/defend before/after begin/end began/ended best/worst better/worse birth/death born/died bottom/top
    broad/narrow build/demolish built/destroyed buy/sell bought/sold cause/prevent cheap/expensive cold/hot cold/warm
    common/rare complete/incomplete connect/disconnect create/destroy day/night decrease/increase deep/shallow
    dependent/independent direct/indirect domestic/foreign early/late earlier/later earliest/latest east/west
    eastern/western enter/leave export/import external/internal failure/success father/mother few/many fewer/more
    fewest/most first/last formal/informal gain/lose gained/lost guilty/innocent hard/soft heavy/light high/low
    higher/lower highest/lowest include/exclude inside/outside join/leave joined/left large/small larger/smaller
    largest/smallest least/most legal/illegal less/more long/short longer/shorter longest/shortest loss/profit
    major/minor majority/minority male/female maximum/minimum men/women near/far negative/positive new/old
    newest/oldest north/south northern/southern open/close opened/closed oppose/support permanent/temporary poor/rich
    possible/impossible private/public regular/irregular rise/fall rose/fell rural/urban son/daughter start/stop
    started/stopped strengthen/weaken strong/weak stronger/weaker summer/winter thick/thin tighten/loosen upper/lower
    victory/defeat visible/invisible win/lose won/lost young/old youngest/oldest
"""
_PREFIXES: Final = ("un", "non")
"""Others make too many words that are no opposites: "cover" and "discover", "port" and "import"."""
_SHORTEST: Final = 4
"""Letters of a word that a prefix turns: "able" and "unable", not "it" and "unit"."""
_MEASURED: Final = re.compile(r"\bhow \w+", re.IGNORECASE)
"""“How many” asks for a number; whether there are few is its answer."""


def turned(question: str, sentence: str) -> tuple[str, str] | None:
    """Return a word of `question` with its opposite in `sentence`, which lacks the word itself; None without one.

    Forms of a word count as the word: "increased" is the opposite of "decreasing".
    """
    asked, said = (words(text) for text in (_MEASURED.sub(" ", question), sentence))
    told = {_key(word): word for word in said}
    for word in asked:
        if _key(word) not in told:
            found = next((told[other] for other in _OPPOSITES.get(_key(word), ()) if other in told), None)
            if found is not None:
                return word, found
    return _by_prefix(asked, frozenset(said))


def _by_prefix(asked: Iterable[str], said: frozenset[str]) -> tuple[str, str] | None:
    for word in asked:
        if word not in said:
            for prefix in _PREFIXES:
                for other in (prefix + word, word.removeprefix(prefix)):
                    if other in said and min(len(word), len(other)) >= _SHORTEST:
                        return word, other
    return None


def _key(word: str) -> str:
    return stem(word) or word


def _read(pairs: str) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for pair in pairs.split():
        one, other = map(_key, pair.split("/"))
        found[one].append(other)
        found[other].append(one)
    return found


_OPPOSITES: Final = _read(_PAIRS)
