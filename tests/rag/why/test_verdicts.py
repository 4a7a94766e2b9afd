"""Each sentence that was not chosen has the reason for which it really was not."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rag.answering import Sentence, able, floor_of, select
from rag.strategy import Answering
from rag.why.verdicts import verdicts

VERSION = UUID(int=1)


def sentence(number: int, score: float, words: str, table: int | None = None, coverage: float = 0.5) -> Sentence:
    return Sentence(VERSION, number, number + 1, words, None, 0.5, coverage, score, frozenset(words.split()), table)


def test_each_reason_has_its_word() -> None:
    ranked = [
        sentence(0, 1.0, "a b c"),
        sentence(1, 0.95, "a b c d"),
        sentence(2, 0.9, "row one of it", table=7, coverage=0.2),
        sentence(3, 0.85, "row two holds it", table=7, coverage=0.9),
        sentence(4, 0.8, "e f g"),
        sentence(5, 0.3, "h i j"),
    ]
    options = Answering(max_sentences=2, relative_floor=0.5)
    found = verdicts(ranked, select(ranked, options), options)
    assert [found[VERSION, number] for number in range(6)] == [
        "chosen", "redundant", "other_row", "chosen", "beyond_max", "below_floor",
    ]  # fmt: skip


def test_what_was_chosen_and_has_too_little_support_is_weaker() -> None:
    ranked = [sentence(0, 1.0, "a b c"), sentence(1, 0.95, "a b c d"), sentence(2, 0.9, "e f g")]
    options = Answering(max_sentences=2)
    first, second = select(ranked, options)
    found = verdicts(ranked, [first], options, [second])
    assert [found[VERSION, number] for number in range(3)] == ["chosen", "redundant", "weaker"]


def test_nothing_has_no_verdicts() -> None:
    assert verdicts([], [], Answering()) == {}


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sets(st.sampled_from("abcdefgh"), min_size=2), st.booleans()), min_size=1),
    st.integers(1, 4),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_verdicts_follow_the_choice(
    rows: list[tuple[float, set[str], bool]], most: int, redundancy: float, floor: float, near: float
) -> None:
    rows.sort(key=lambda row: -row[0])
    ranked = [
        sentence(number, score, " ".join(sorted(words)), table=3 if is_row else None, coverage=len(words) / 8)
        for number, (score, words, is_row) in enumerate(rows)
    ]
    options = Answering(max_sentences=most, redundancy=redundancy, relative_floor=floor, near_floor=near)
    chosen = select(ranked, options)
    found = verdicts(ranked, chosen, options)
    assert {key for key, verdict in found.items() if verdict == "chosen"} == {(VERSION, one.start) for one in chosen}
    assert set(found) == {(VERSION, one.start) for one in ranked}
    last = max((one.start for one in chosen), default=-1)
    for one in ranked:
        match found[VERSION, one.start]:
            case "below_floor":
                assert one.score < floor_of(able(ranked), options)
            case "beyond_max":
                assert len(chosen) == most
                assert one.start > last
            case "other_row":
                assert one.table is not None
            case "only_near":
                assert one.score < options.near_floor * ranked[0].score
            case "redundant":
                shared = [len(one.terms & other.terms) / min(len(one.terms), len(other.terms)) for other in chosen]
                assert max(shared) > redundancy
            case _:
                pass
