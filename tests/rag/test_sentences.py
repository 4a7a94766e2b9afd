from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.sentences import MAX_SENTENCE_CHARACTERS, split_sentences

# Arbitrary unicode, with what texts are made of well represented.
TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "Hello world", "e.g.", "Dr. No", "A.", "1.", "3.14",
                ". ", "! ", "?\"", "...", "…", " ", "\t", "\n", "\r\n",
                "\r", "\n\n", "\f", "\0", "\u2028", "\u0085", "# Title\n", "- item", "| a | b |", "```\n", "---\n",
                "שלום עולם.", "مرحبا؟ ", "文字。", "👩‍👩‍👧",
                "e\u0301", "\u200d", "\ufe0f", "🇩🇪", "\ufffd", "\u00a0", "word " * 30,
            ]
        ),
        st.text(max_size=20),
    ),
    max_size=40,
).map("".join)  # fmt: skip


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


@given(TEXT, st.integers(1, 80))
@settings(max_examples=300)
def test_spans_are_ordered_bounded_trimmed_and_hold_everything_seen(text: str, limit: int) -> None:
    position = 0
    for span in split_sentences(text, max_characters=limit):
        assert position <= span.start < span.end <= len(text)
        assert not text[position : span.start].strip()
        assert span.end - span.start <= limit
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        position = span.end
    assert not text[position:].strip()


@pytest.mark.parametrize(
    "expected",
    [
        ["One.", "Two!", "Three?", "Four"],
        ["Mr. Smith met Dr. Jones and Prof. Ada Lovelace at St. James.", "They talked."],
        ["Use a tool, e.g. Make, i.e. The one we like.", "Done."],
        ["He lives in the U.S. and works in the U.S. Senate.", "She does not."],
        ["He lives in the U.S.", "The house is big."],
        ["J. R. R. Tolkien and George W. Bush met A. Einstein.", "Nobody wrote it down."],
        ["It costs 3.14 dollars, or 1,000.50 euros.", "Cheap."],
        ["See Fig. 3 and No. 5 on pp. 12 ff. of vol. 2.", "Then stop."],
        ["Is the answer no?", "No.", "It is yes."],
        ['"Stop!" he cried.', "“Never.”", "(She went on.)", "And then?"],
        ["The end (really.)", "A new start."],
        ["He paused... and went on.", "Then… Silence."[:5], "Silence."],
        ["Smith et al. 2004 found it.", "Others (Jones et al.) did not."],
        ["Apples, pears, etc. are fruit.", "Acme Inc. makes them.", "Made by Acme Inc.", "They sell well."],
        ["At 5 p.m. we left.", "It was over at 6 p.m.", "We slept."],
        ["Wikipedia says so.[12]", "Others do not.[3][4]", "Who knows."],
        ["2.2. The source files are explained here.", "They are short."],
        ["Roe v. Wade was decided in 1973.", "It is known."],
        ["See example.com for more.", "Or read file.txt now."],
        ["This is v1.2.3 of the program.", "Version 2 is next."],
        ["**Bold end.**", "Next one."],
        ["Das gilt z.B. Im Winter, vgl. Abb. drei.", "Ende."],
        ["Привет мир.", "Как дела?", "Хорошо."],
        ["السلام عليكم.", "كيف حالك؟", "بخير."],
    ],
)
def test_prose(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_chinese_and_japanese_stops_need_no_space() -> None:
    assert sentences("今日は。元気？「はい。」そう！终") == ["今日は。", "元気？", "「はい。」", "そう！", "终"]


def test_blank_lines_headings_items_and_rows_are_boundaries() -> None:
    text = (
        "# Title\nIntro without end\n\nA paragraph that\ngoes on.\n- first item\n- second item,\n  continued\n"
        "1. one\n2. two\n| a | b |\n|---|---|\n| 1. x | y |\nSetext\n======\nAfter.\n"
    )
    assert sentences(text) == [
        "# Title", "Intro without end", "A paragraph that\ngoes on.", "- first item", "- second item,\n  continued",
        "1. one", "2. two", "| a | b |", "|---|---|", "| 1. x | y |", "Setext\n======", "After.",
    ]  # fmt: skip


def test_code_is_kept_by_lines() -> None:
    text = "Text:\n```python\nx = a. B\n# note\n\ny = 2\n~~~\n```\nAfter the code. End."
    assert sentences(text) == [
        "Text:", "```python", "x = a. B", "# note", "y = 2", "~~~", "```", "After the code.", "End.",
    ]  # fmt: skip


def test_wrapped_lines_are_joined_and_early_line_ends_are_not() -> None:
    text = (
        "The Annual Report\nThis paragraph is wrapped at a fixed width, as mail and\n"
        "PDF files do it, and it was quoted in the book on page\n12. Then it ends.\nShort Heading\n"
        "Here the next paragraph begins, and it is as wide as\nbefore."
    )
    assert sentences(text) == [
        "The Annual Report",
        text[text.index("This") : text.index(" Then")],
        "Then it ends.",
        "Short Heading",
        "Here the next paragraph begins, and it is as wide as\nbefore.",
    ]


def test_a_sentence_goes_on_over_a_page_break_only_when_it_evidently_does() -> None:
    assert sentences("The treaty was\fsigned in May. It held.\fNew page\fAnother") == [
        "The treaty was\fsigned in May.", "It held.", "New page", "Another",
    ]  # fmt: skip
    assert sentences("It went on and\n\f12\n\fon.") == ["It went on and", "12", "on."]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end(newline: str) -> None:
    text = "One\ntwo. Three.\n\nFour\n- five".replace("\n", newline)
    assert sentences(text) == [f"One{newline}two.", "Three.", "Four", "- five"]


def test_marks_alone_are_no_sentence() -> None:
    assert sentences('... " What now? "! . Nothing.') == ['... " What now?', '"! . Nothing.']


def test_a_long_sentence_is_cut_after_a_clause_then_after_a_word_then_anywhere() -> None:
    clauses = "some words here, " * 100
    parts = sentences(clauses)
    assert all(len(part) <= MAX_SENTENCE_CHARACTERS and part.endswith("here,") for part in parts)
    assert all(part.endswith("word") for part in sentences("word " * 1000))
    assert [len(part) for part in sentences("x" * 1500)] == [600, 600, 300]


def test_no_cut_inside_a_visible_character() -> None:
    parts = split_sentences("e\u0301" * 50, max_characters=7)
    assert all((span.end - span.start) % 2 == 0 for span in parts)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    ["word ", "x", ". ", ".", "A. ", "a\n", "|", "- ", '."', " ", "\u200d", "。", ".[1]", "1. ", "\r\n", "\f"],
)
def test_5_mb_of_one_thing(unit: str) -> None:
    """Any of these takes minutes where a step looks back or ahead without bound."""
    text = "x" + unit * (1_000_000 // len(unit))
    assert split_sentences(text)[0].start == 0


def test_one_line_of_5_mb() -> None:
    text = "lorem ipsum dolor " * 280_000
    spans = split_sentences(text)
    assert len(text) > 5_000_000
    assert max(span.end - span.start for span in spans) <= MAX_SENTENCE_CHARACTERS
    assert "".join(text[s.start : s.end] for s in spans).replace(" ", "") == text.replace(" ", "")


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        split_sentences("x", max_characters=0)
