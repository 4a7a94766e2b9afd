from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.chunkers.port import MAX_CHARACTERS
from rag.parsing.formats.dispatch import parse
from rag.sentences import split_sentences
from tests.rag.chunkers.cutting import PIECES, chunk, paged_document, text_document

SAMPLES = Path(__file__).parents[2] / "data" / "chunking"


@given(PIECES, st.integers(1, 300), st.integers(0, 3))
@example("x" * 700 + " y. z.", 50, 2)
@settings(max_examples=200)
def test_chunks_are_exact_bounded_monotone_and_complete(text: str, limit: int, overlap: int) -> None:
    document = text_document(text)
    chunks = chunk(document, max_characters=limit, overlap_sentences=overlap)
    sentences = split_sentences(text, max_characters=min(limit, 600))
    covered = 0
    for ordinal, each in enumerate(chunks):
        assert each.ordinal == ordinal
        assert 0 < each.end - each.start <= limit
        assert (each.sentences[0].start, each.sentences[-1].end) == (each.start, each.end)
        first = sentences.index(each.sentences[0])
        assert list(each.sentences) == sentences[first : first + len(each.sentences)]
        assert covered - overlap <= first <= covered
        covered = first + len(each.sentences)
        if ordinal:
            before = chunks[ordinal - 1]
            assert before.start < each.start
            assert before.end < each.end
    assert covered == len(sentences)


@given(PIECES)
@settings(max_examples=50)
def test_without_overlap_each_sentence_is_in_one_chunk(text: str) -> None:
    chunks = chunk(text_document(text), overlap_sentences=0)
    assert [sentence for each in chunks for sentence in each.sentences] == split_sentences(text)


def test_a_chunk_begins_with_a_heading_where_it_can_and_never_ends_with_one() -> None:
    section = "## Part {}\n\n" + "A sentence of about forty characters is here. " * 14 + "\n\n"
    document = parse("".join(section.format(number) for number in range(6)).encode(), filename="a.md")
    chunks = chunk(document)
    assert len(chunks) == 6
    assert all(document.text[each.start :].startswith(f"## Part {number}\n") for number, each in enumerate(chunks))


def test_short_sections_share_a_chunk() -> None:
    document = parse(b"# A\n\nOne.\n\n# B\n\nTwo.\n\n# C\n\nThree.\n", filename="a.md")
    assert len(chunk(document)) == 1


def test_a_paragraph_end_is_preferred_to_a_sentence_end() -> None:
    paragraph = "Here are just some words to read. " * 20
    document = text_document(f"{paragraph}\n\n{paragraph}\n\n{paragraph}")
    starts = [each.start for each in chunk(document, overlap_sentences=0)]
    assert starts == [0, document.text.index("\n\n") + 2, document.text.rindex("\n\n") + 2]


def test_overlap_repeats_the_last_sentence_but_not_over_a_heading() -> None:
    sentences = " ".join(f"This is sentence number {number} of a long paragraph." for number in range(40))
    document = parse(f"{sentences}\n\n# Heading\n\n{sentences}".encode(), filename="a.md")
    chunks = chunk(document, overlap_sentences=1)
    for before, each in pairwise(chunks):
        if document.text[each.start :].startswith("# Heading"):
            assert each.sentences[0].start > before.end
        else:
            assert each.sentences[0] == before.sentences[-1]


def test_a_chunk_is_on_the_page_where_it_begins() -> None:
    document = paged_document(*(f"Page {number} begins. " + "More words follow here. " * 30 for number in range(1, 6)))
    chunks = chunk(document)
    assert [each.page for each in chunks] == [1, 2, 3, 4, 5]
    assert all(document.text[each.start :].startswith(f"Page {each.page}") for each in chunks)


def test_white_space_alone_makes_no_chunk() -> None:
    assert chunk(text_document(" \n\f\t")) == []


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["word ", "x", "A. ", "a.\n", "# a\n\n", "\n\n", "a\f"])
def test_linear_on_one_thing_repeated(unit: str) -> None:
    text = "x" + unit * (500_000 // len(unit))
    chunks = chunk(text_document(text))
    assert all(each.end - each.start <= MAX_CHARACTERS for each in chunks)


def test_a_line_of_5_mb() -> None:
    chunks = chunk(text_document("lorem ipsum dolor " * 280_000))
    assert 5_000 <= len(chunks) <= 10_000


def test_own_sample_keeps_reference_spans_together() -> None:
    contained, total = measured(SAMPLES)
    assert contained == total > 0


@pytest.mark.skipif(
    "MCP_ENGINE_BENCH_DATA" not in os.environ,
    reason="NOT MEASURED on public questions: set MCP_ENGINE_BENCH_DATA to a folder that has chunking/questions.jsonl",
)
def test_public_reference_spans_are_covered_and_mostly_in_one_chunk(capsys: pytest.CaptureFixture[str]) -> None:
    contained, total = measured(Path(os.environ["MCP_ENGINE_BENCH_DATA"]) / "chunking")
    with capsys.disabled():
        sys.stdout.write(f"\nreference spans inside one chunk: {contained} of {total} ({contained / total:.1%})\n")
    assert contained / total > 0.97


def measured(folder: Path) -> tuple[int, int]:
    """Check that chunks cover every reference span; return how many lie inside a single chunk, and how many are."""
    contained = total = 0
    documents = {path.stem: parse(path.read_bytes(), filename=path.name) for path in folder.glob("*.md")}
    chunks = {name: chunk(document) for name, document in documents.items()}
    for line in (folder / "questions.jsonl").read_text().splitlines():
        question = json.loads(line)
        document, own = documents[question["corpus"]], chunks[question["corpus"]]
        for reference in question["references"]:
            start, end = reference["start_index"], reference["end_index"]
            assert document.text[start:end] == reference["content"]
            covered = {
                offset
                for each in own
                if each.start < end and start < each.end
                for offset in range(each.start, each.end)
            }
            assert all(offset in covered or document.text[offset].isspace() for offset in range(start, end))
            contained += any(each.start <= start and end <= each.end for each in own)
            total += 1
    return contained, total
