"""Which names a source takes in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rag.connectors.globs import fits, wanted

PART = some.text("ab.*?", min_size=1, max_size=4).filter(lambda part: part not in (".", "..", "**"))
PLAIN = some.text("abc.", min_size=1, max_size=4)
PATH = some.lists(PLAIN, min_size=1, max_size=5).map("/".join)


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("notes/a.md", "*.md", True),
        ("a.md", "notes/*.md", False),
        ("notes/a.md", "notes/*.md", True),
        ("notes/old/a.md", "notes/*.md", False),
        ("notes/old/a.md", "notes/**", True),
        ("notes", "notes/**", True),
        ("notes/old/a.md", "**/a.md", True),
        ("a.md", "**/a.md", True),
        ("a/x/ab", "**/a*b", True),
        ("A.md", "a.md", False),
        ("a1.md", "a[0-9].md", True),
        ("a/b", "?", True),
        ("a/b/c", "a?b/c", False),
        ("a/b/c", "**", True),
    ],
)
def test_a_pattern_fits_as_in_shells(name: str, pattern: str, expected: bool) -> None:
    assert fits(name, pattern) is expected


@given(PATH)
def test_a_name_without_wildcards_fits_itself(name: str) -> None:
    assert fits(name, name)
    assert fits(name, "**/" + name)
    assert fits(name, "**")


@given(PATH, some.lists(PART | some.just("**"), min_size=2, max_size=5).map("/".join))
def test_a_star_never_crosses_a_slash(name: str, pattern: str) -> None:
    if "**" not in pattern.split("/") and fits(name, pattern):
        assert name.count("/") == pattern.count("/")


@given(PATH, PATH)
def test_more_above_changes_nothing_for_a_pattern_with_leading_stars(name: str, above: str) -> None:
    assert fits(f"{above}/{name}", f"**/{name}")


def test_no_pattern_takes_for_ever() -> None:
    assert not fits("a" * 512, "*a" * 100 + "b")
    assert not fits("/".join(["a"] * 250), "**/a/" * 60 + "b")


@given(PATH, some.lists(some.just("*") | PLAIN, max_size=3))
def test_what_is_excluded_is_never_taken(name: str, include: list[str]) -> None:
    assert not wanted(name, include, ["**"])


@pytest.mark.parametrize("name", [".git/config", "a/.hidden.md", "logo.png", "film.mp4", "font.woff2"])
def test_without_a_choice_hidden_files_and_media_are_left_out(name: str) -> None:
    assert not wanted(name, [], [])
    assert wanted(name, [name], [])


@pytest.mark.parametrize("name", ["a.md", "src/app.ts", "deep/er/report.pdf"])
def test_without_a_choice_documents_are_taken(name: str) -> None:
    assert wanted(name, [], [])
    assert not wanted(name, ["*.txt"], [])
