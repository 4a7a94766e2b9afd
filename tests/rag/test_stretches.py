"""Rows and code among prose: what becomes one sentence, and what a chunk never divides."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.parsing.parsed import ParsedDocument
from rag.sentences import MAX_SENTENCE_CHARACTERS, split_sentences
from rag.stretches import Stretch
from tests.rag.chunkers.cutting import chunk

ROW = "Name: Dr. A. Merrow; Note: She came. He left. Who knows?; Year: 1874"
PIECES = st.lists(
    st.sampled_from(["Name: Ada", "; ", "A. B. ", "x" * 50, "\n", "\n\n", "\r\n", " \t", "\f", "🚀", "def f"]),
    max_size=60,
).map("".join)  # fmt: skip


def sentences(text: str, *stretches: Stretch, limit: int = MAX_SENTENCE_CHARACTERS) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text, max_characters=limit, stretches=stretches)]


def test_a_row_is_one_sentence_whatever_stops_it_holds() -> None:
    text = f"Before. And after.\n\n{ROW}\n{ROW}\n\nLast one. Really."
    start = text.index(ROW)
    rows = Stretch(start, start + 2 * len(ROW) + 1, "rows")
    assert sentences(text, rows) == ["Before.", "And after.", ROW, ROW, "Last one.", "Really."]


def test_a_row_that_is_too_long_for_a_chunk_is_cut_between_cells() -> None:
    text = "; ".join(f"Column {number}: value, and more: {number}" for number in range(20))
    found = sentences(text, Stretch(0, len(text), "rows"), limit=200)
    assert all(len(each) <= 200 and each.startswith("Column ") for each in found)
    assert " ".join(found) == text


def test_blocks_of_code_stay_together_and_are_cut_between_lines() -> None:
    block = "".join(f"    value_{number} = compute(number)\n" for number in range(40))
    text = f"def first():\n    return 1\n\ndef second():\n{block}"
    found = sentences(text, Stretch(0, len(text), "code"))
    assert found[0] == "def first():\n    return 1"
    assert found[1].startswith("def second():\n    value_0")
    assert len(found) == 4
    assert all(len(each) <= MAX_SENTENCE_CHARACTERS and each.endswith(("1", ")")) for each in found)


@given(PIECES, PIECES, PIECES, st.sampled_from(["rows", "code"]), st.integers(1, 120))
def test_every_character_is_in_one_sentence(before: str, inside: str, after: str, kind: str, limit: int) -> None:
    text = before + inside + after
    stretch = Stretch(len(before), len(before) + len(inside), kind)  # pyright: ignore[reportArgumentType]
    position = 0
    for span in split_sentences(text, max_characters=limit, stretches=[stretch]):
        assert not text[position : span.start].strip()
        assert 0 < span.end - span.start <= limit
        assert text[span.start : span.end].strip() == text[span.start : span.end]
        assert not span.start < stretch.start < span.end
        assert not span.start < stretch.end < span.end
        position = span.end
    assert not text[position:].strip()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Zl", "Zp", "Cc"]), max_size=400), max_size=40))
def test_no_chunk_divides_a_row(lines: list[str]) -> None:
    text = "\n".join(lines)
    document = ParsedDocument(text, "text/csv", (), None, "test/1", (), (Stretch(0, len(text), "rows"),))
    rows = {line.strip() for line in lines} - {""}
    for one in chunk(document):
        assert {text[span.start : span.end] for span in one.sentences} <= rows
        assert {line.strip() for line in text[one.start : one.end].split("\n")} - {""} <= rows
