"""Which texts belong together."""

from __future__ import annotations

from rag.duplicates.grouping import Print, groups_of, nearest
from rag.duplicates.minhash import signature_of


def texts(*changed: range) -> list[Print]:
    """Return prints of a text of 300 words, each with some words of its own."""
    prints: list[Print] = []
    for number, places in enumerate(changed):
        words = [f"own{number}-{place}" if place in places else f"word{place}" for place in range(300)]
        prints.append(Print(f"file {number}", f"text {number}", signature_of(" ".join(words))))
    return prints


def test_a_chain_of_near_texts_is_one_group_and_its_ends_are_told_apart() -> None:
    words = [f"word{number}" for number in range(300)]
    chain = [words, [*words[:20], *[f"a{n}" for n in range(20)], *words[40:]], []]
    chain[2] = [*chain[1][:260], *[f"b{n}" for n in range(20)], *chain[1][280:]]
    prints = [Print(str(n), str(n), signature_of(" ".join(text))) for n, text in enumerate(chain)]
    assert groups_of(prints) == [[0, 1, 2]]
    assert nearest(prints, 0).position == nearest(prints, 2).position == 1
    assert groups_of([prints[0], prints[2]]) == [[0], [1]]


def test_what_is_the_same_comes_before_what_is_near() -> None:
    first, near = texts(range(0), range(5))
    same_text = Print("another file", first.text_sha256, first.minhash)
    same_file = Print(first.content_sha256, "another parser's text", b"")
    found = nearest([first, near, same_text, same_file], 0)
    assert (found.position, found.likeness, found.similarity) == (3, "same_file", 1.0)
    assert nearest([first, near, same_text], 0).likeness == "same_text"
    assert nearest([first, near], 1).likeness == "near"


def test_texts_without_words_are_alike_by_digest_alone() -> None:
    blank = [Print("a", "x", b""), Print("b", "x", b""), Print("c", "y", b"")]
    assert groups_of(blank) == [[0, 1], [2]]
    assert groups_of([]) == []
