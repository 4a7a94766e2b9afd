"""Where each kind of chunker cuts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rag.chunkers.parent_child import ParentChildChunker
from rag.chunkers.semantic import SemanticChunker, distances
from rag.chunkers.sentence_window import WindowChunker
from rag.chunkers.structure import StructureChunker
from rag.parsing.formats.dispatch import parse
from tests.rag.chunkers.cutting import cut_by, outline_of, text_document

SIX = " ".join(f"Sentence {number} is here." for number in range(6))
PROSE = "A sentence of about forty characters is here. "


def test_a_window_moves_over_the_sentences_and_ends_with_the_last() -> None:
    found = cut_by(WindowChunker(3, 2, 1000), text_document(SIX))
    assert [(text[9], text[-10]) for text in found] == [("0", "2"), ("2", "4"), ("4", "5")]


def test_a_window_that_is_too_long_ends_earlier_and_repeats_nothing_for_nothing() -> None:
    text = "Short one. " * 3 + "word " * 30 + "end. " + "Short two. " * 3
    found = cut_by(WindowChunker(5, 1, 160), text_document(text), 160)
    assert all(len(one) <= 160 for one in found)
    assert len(found) == len({*found})


def test_sections_that_fit_stay_whole_and_small_neighbours_share_a_chunk() -> None:
    text = f"# Guide\n\n## Long\n\n{PROSE * 20}\n\n### Deep\n\n{PROSE * 4}\n\n## A\n\nOne.\n\n## B\n\nTwo.\n"
    found = cut_by(StructureChunker(600), parse(text.encode(), filename="a.md"), 600)
    assert any(one.startswith("### Deep") and one.endswith("here.") for one in found)
    assert found[-1] == "## A\n\nOne.\n\n## B\n\nTwo."


def test_a_section_is_cut_at_its_own_parts_before_its_paragraphs() -> None:
    part = f"### Part\n\n{PROSE * 5}\n\n{PROSE * 5}\n\n"
    text = f"## One\n\n{part * 3}## Two\n\n{part * 3}"
    found = cut_by(StructureChunker(600), parse(text.encode(), filename="a.md"), 600)
    assert len(found) == 6
    assert all(one.count("### Part") == 1 for one in found)


def test_tables_and_code_stay_whole_where_they_fit() -> None:
    table = "| Port | Depth |\n|---|---|\n" + "".join(f"| Port {number} | {number} m |\n" for number in range(9))
    code = "```python\ndef first():\n    return 1\n\n\ndef second():\n    return 2\n```"
    text = f"{PROSE * 11}\n\n{table}\n{PROSE * 9}\n\n{code}\n\n{PROSE * 11}"
    found = cut_by(StructureChunker(600), parse(text.encode(), filename="a.md"), 600)
    assert sum(table.strip() in one for one in found) == 1
    assert sum(code in one for one in found) == 1


def test_a_function_is_cut_only_when_it_is_too_long() -> None:
    short = "def first():\n    a = 1\n\n    return a\n\n\n"
    long = "def second():\n" + "".join(f"    value_{number} = compute({number})\n\n" for number in range(40))
    source = short * 3 + long
    document = parse(source.encode(), filename="a.py")
    found = cut_by(StructureChunker(400), document, 400)
    assert sum(one.count(short.strip()) for one in found) == 3
    assert not any("first" in one and "value_" in one for one in found)
    assert all(len(one) <= 400 for one in found)


def test_a_chunk_ends_where_the_subject_changes() -> None:
    text = "".join(f"This is sentence {number}. " for number in range(30))
    outline = outline_of(text_document(text))
    subjects = np.array([[127, 0, 0, 0]] * 11 + [[0, 127, 0, 0]] * 19, dtype=np.int8)
    chunks = SemanticChunker(95, 3, 1000).cut(replace(outline, vectors=subjects))
    assert [(len(one.sentences)) for one in chunks] == [11, 19]


def test_a_heading_is_not_parted_from_its_text() -> None:
    document = parse(b"# A\n\nText of a. More.\n\n# B\n\nText of b. More.\n", filename="a.md")
    outline = outline_of(document)
    vectors = np.array([[127, 0, 0, 0], [0, 127, 0, 0], [0, 127, 0, 0]] * 2, dtype=np.int8)
    chunks = SemanticChunker(50, 1, 1000).cut(replace(outline, vectors=vectors))
    assert [document.text[one.start :][:3] for one in chunks] == ["# A", "# B"]


@pytest.mark.parametrize("group", [1, 3, 7])
def test_distances_are_those_of_the_groups_before_and_after(group: int) -> None:
    packed = np.random.default_rng(1).integers(-127, 128, (40, 8)).astype(np.int8)
    rows = packed / np.linalg.norm(packed.astype(float), axis=1, keepdims=True)
    expected: list[float] = []
    for place in range(1, 40):
        before, after = rows[max(0, place - group) : place].sum(0), rows[place : place + group].sum(0)
        expected.append(1 - before @ after / (np.linalg.norm(before) * np.linalg.norm(after)))
    assert distances(packed, group) == pytest.approx(expected)


def test_distances_do_not_depend_on_where_the_vectors_are_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = np.random.default_rng(2).integers(-127, 128, (50, 4)).astype(np.int8)
    whole = distances(packed, 3)
    monkeypatch.setattr("rag.chunkers.semantic._AT_ONCE", 7)
    assert distances(packed, 3) == pytest.approx(whole)
    assert len(distances(packed[:1], 3)) == len(distances(packed[:0], 3)) == 0


def test_children_divide_their_parent() -> None:
    document = parse((f"## Part\n\n{PROSE * 12}\n\n" * 3).encode(), filename="a.md")
    outline = outline_of(document)
    children = ParentChildChunker(800, 200).cut(outline)
    assert [span for one in children for span in one.sentences] == outline.sentences
    assert all(one.end - one.start <= 200 for one in children)
    families = {one.siblings for one in children}
    assert len(families) == 3
    for siblings in families:
        assert siblings is not None
        first, last = siblings
        assert all(one.siblings == siblings for one in children[first : last + 1])
        assert document.text[children[first].start :].startswith("## Part")
        assert children[last].end - children[first].start <= 800


def test_a_child_that_is_all_of_its_parent_has_no_siblings() -> None:
    [only] = ParentChildChunker(800, 200).cut(outline_of(text_document("One. Two.")))
    assert only.siblings is None
