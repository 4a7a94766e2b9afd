"""What of passages a model is shown: never too much, in order, word for word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rag.packing import PackedPassage, PackedSpan, pack
from rag.sentences import Span, split_sentences

ONE, OTHER = UUID(int=1), UUID(int=2)
TEXTS = {
    ONE: "The tower is old. Ada built it.\n\nIts lamp burns oil. The keeper sleeps. Ships pass by night. It rains.",
    OTHER: "Bread rests. The oven is hot. Ada built it. Loaves are sold.\n\nRye is sown. It rains.",
}
SENTENCES = {version: split_sentences(text) for version, text in TEXTS.items()}


@dataclass(frozen=True)
class Bytes:
    """A tokenizer whose tokens are so many bytes, and one for each line: joining texts may save or cost one."""

    width: int = 4
    is_exact: bool = True

    def count(self, text: str) -> int:
        return len(text.encode()) // self.width + text.count("\n") + 1


def written(spans: Sequence[PackedSpan]) -> str:
    return "".join(f"[{number}] {one.text}\n" for number, one in enumerate(spans, start=1))


def passage(version: UUID, first: int, last: int, lead: int = 0) -> PackedPassage:
    """Return sentences `first` to `last` of a text, with so many characters before them."""
    sentences = SENTENCES[version][first : last + 1]
    start, end = sentences[0].start, sentences[-1].end
    return PackedPassage(
        version, start, TEXTS[version][start:end], sentences, TEXTS[version][max(0, start - lead) : start]
    )


@st.composite
def passages(draw: st.DrawFn) -> list[PackedPassage]:
    found: list[PackedPassage] = []
    for _ in range(draw(st.integers(0, 7))):
        version = draw(st.sampled_from([ONE, OTHER]))
        first = draw(st.integers(0, len(SENTENCES[version]) - 1))
        last = draw(st.integers(first, len(SENTENCES[version]) - 1))
        found.append(passage(version, first, last, draw(st.integers(0, 60))))
    return found


@given(passages(), st.integers(0, 150), st.integers(1, 9), st.booleans())
def test_a_pack_fits_keeps_the_order_and_is_verbatim(
    ranked: list[PackedPassage], budget: int, width: int, apart: bool
) -> None:
    counter = Bytes(width)
    packed = pack(ranked, budget, counter, written, apart=apart)
    assert packed.tokens <= budget
    assert packed.tokens == (counter.count(written(packed.spans)) if packed.spans else 0)
    assert [one.passage for one in packed.spans] == sorted(one.passage for one in packed.spans)
    for one in packed.spans:
        assert one.text == TEXTS[one.version_id][one.start : one.end]
        assert one.start in {sentence.start for sentence in SENTENCES[one.version_id]}
        assert one.end in {sentence.end for sentence in SENTENCES[one.version_id]}
    _check_everything_is_shown_or_named(ranked, packed.spans, {(one.passage, one.reason) for one in packed.left_out})
    if not apart:
        _check_nothing_is_shown_twice(packed.spans)


def _check_everything_is_shown_or_named(
    ranked: Sequence[PackedPassage], spans: Sequence[PackedSpan], left_out: set[tuple[int, str]]
) -> None:
    cut = min((passage for passage, reason in left_out if reason == "budget"), default=len(ranked))
    for place, one in enumerate(ranked):
        whole = all(
            any(span.version_id == one.version_id and span.start <= s.start and s.end <= span.end for span in spans)
            for s in one.sentences
        )
        assert whole or {(place, "budget"), (place, "repeated")} & left_out
        # What ranks after something that did not fit is shown only where a better passage has it too.
        assert place <= cut or (place, "budget") in left_out or (place, "repeated") in left_out


def _check_nothing_is_shown_twice(spans: Sequence[PackedSpan]) -> None:
    for place, one in enumerate(spans):
        for other in spans[:place]:
            assert one.version_id != other.version_id or one.end <= other.start or other.end <= one.start


def test_neighbours_become_one_span_at_the_better_rank() -> None:
    ranked = [passage(ONE, 2, 3), passage(OTHER, 0, 1), passage(ONE, 0, 1), passage(ONE, 3, 4)]
    packed = pack(ranked, 1000, Bytes(), written)
    # Nobody knows what stands between the first and the third, so these stay apart.
    assert [(one.passage, one.version_id) for one in packed.spans] == [(0, ONE), (1, OTHER), (2, ONE)]
    assert packed.spans[0].text == "Its lamp burns oil. The keeper sleeps. Ships pass by night."
    assert [(one.passage, one.reason) for one in packed.left_out] == [(3, "repeated")]
    known = [passage(ONE, 2, 3, lead=30), passage(ONE, 0, 1)]
    end = SENTENCES[ONE][3].end
    assert pack(known, 1000, Bytes(), written).spans == [PackedSpan(0, ONE, 0, end, TEXTS[ONE][:end])]


def test_apart_passages_keep_what_they_share_and_the_same_words_are_shown_once() -> None:
    ranked = [passage(ONE, 0, 1), passage(ONE, 1, 2), passage(ONE, 1, 1), passage(OTHER, 2, 2)]
    packed = pack(ranked, 1000, Bytes(), written, apart=True)
    assert [one.passage for one in packed.spans] == [0, 1, 2]
    assert [(one.passage, one.reason) for one in packed.left_out] == [(3, "repeated")]


def test_a_passage_that_does_not_fit_is_cut_between_sentences_and_ends_the_list() -> None:
    ranked = [passage(OTHER, 0, 3), passage(ONE, 4, 5)]
    whole = Bytes().count(written(pack(ranked[:1], 1000, Bytes(), written).spans))
    packed = pack(ranked, whole - 2, Bytes(), written)
    assert [one.text for one in packed.spans] == ["Bread rests. The oven is hot. Ada built it."]
    assert [(one.passage, one.reason) for one in packed.left_out] == [(0, "budget"), (1, "budget")]
    assert pack(ranked, 1, Bytes(), written).spans == []
    assert pack([], 100, Bytes(), written).left_out == []
    assert Span(0, 12) == SENTENCES[OTHER][0]


def test_what_is_left_out_around_what_is_shown_is_named_in_two_parts() -> None:
    whole = passage(ONE, 0, 5)
    sentences = whole.sentences
    inward = replace(whole, sentences=sorted(sentences, key=lambda one: abs(one.start - sentences[2].start)))
    packed = pack([inward], 10, Bytes(), written)
    assert [(one.start, one.end) for one in packed.spans] == [(sentences[2].start, sentences[2].end)]
    assert [(one.start, one.end) for one in packed.left_out] == [
        (sentences[0].start, sentences[1].end), (sentences[3].start, sentences[5].end)
    ]  # fmt: skip
