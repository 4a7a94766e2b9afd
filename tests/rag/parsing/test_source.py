from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.parsing.formats.dispatch import parse
from rag.parsing.formats.languages import LANGUAGES
from rag.parsing.formats.source import definitions
from rag.parsing.pool import ParserPool
from tests.rag.chunkers.cutting import chunk

PYTHON = '''import os

# Opens the gate.
@cached
def open_gate(name: str) -> None:
    """Open. Always."""

    os.open(name)


class Gate:
    def close(self) -> None:
        pass
'''
SAMPLES = {
    "a.py": (PYTHON, ["# Opens the gate.", "class Gate:"]),
    "a.ts": ("import x;\n\n/** Opens. */\nexport async function open() {\n}\nconst a = 1;\n",
             ["/** Opens. */", "const a = 1;"]),
    "a.go": ("package main\n\n// Open opens.\nfunc Open() {\n}\n\ntype Gate struct {\n}\n",
             ["// Open opens.", "type Gate struct {"]),
    "a.rs": ("use x;\n\n#[inline]\npub(crate) async fn open() {}\nimpl Gate {}\n", ["#[inline]", "impl Gate {}"]),
    "A.java": ("package a;\n\n@Final\npublic final class Gate {\n}\n", ["@Final"]),
    "a.c": ("#include <x.h>\n\nstatic int open(char *name)\n{\n  call(name);\n}\nint x = f(1);\n",
             ["static int open(char *name)"]),
    "a.cpp": ("namespace a {\ntemplate <class T>\nT open(T x) {\n}\n",
             ["namespace a {", "template <class T>", "T open(T x) {"]),
    "a.sh": ("set -e\nopen_gate() {\n  echo\n}\n", ["open_gate() {"]),
    "a.sql": ("-- All gates.\nCREATE TABLE gate (\n  id int\n);\nselect 1;\n", ["-- All gates.", "select 1;"]),
    "a.yaml": ("# Gates\ngates:\n  - a\nports: 2\n", ["# Gates", "ports: 2"]),
    "a.toml": ("x = 1\n[gates]\na = 1\n[[ports]]\n", ["[gates]", "[[ports]]"]),
    "a.json": ('{"a": 1}', []),
    "Makefile": ("A := 1\nall: x\n\techo\n", ["all: x"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_definitions_at_the_margin_are_where_chunks_prefer_to_begin(name: str) -> None:
    source, expected = SAMPLES[name]
    document = parse(source.encode(), filename=name)
    assert document.text == source
    assert document.media_type.startswith("text/x-")
    assert [source[start:].split("\n")[0] for start in document.headings] == expected


async def test_lines_are_never_reflowed_nor_divided(pool: ParserPool) -> None:
    body = "".join(f"    total = total + value_{n}  # adds it. And goes on\r\n" for n in range(60))
    source = f"def first():\r\n{body}\r\n\r\ndef second():\r\n{body}"
    document = await pool.parse(source.encode(), filename="a.py")
    assert document.text == source
    lines = {line.strip() for line in source.splitlines()} - {""}
    chunks = chunk(document)
    for one in chunks:
        for span in one.sentences:
            assert {line.strip() for line in source[span.start : span.end].splitlines()} - {""} <= lines
    assert any(source[one.start :].startswith("def second") for one in chunks)


@pytest.mark.parametrize("line", ["@\n", "(" * 400 + "\n", "public " * 60 + "\n", "# x\n", "/*" * 200 + "\n"])
@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.media_type)
def test_linear_on_one_line_repeated(language: object, line: str) -> None:
    definitions(line * (200_000 // len(line)), language)  # pyright: ignore[reportArgumentType]


@given(
    st.lists(st.sampled_from(["def a():\n", "# x\n", "@b\n", "\n", "  y\n", "class C:\r\n", "z"]), max_size=30).map(
        "".join
    )
)
def test_headings_are_starts_of_lines_in_order(source: str) -> None:
    document = parse(f"x{source}".encode(), filename="a.py")
    assert list(document.headings) == sorted({*document.headings})
    assert all(document.text[start - 1] == "\n" for start in document.headings)


def test_a_suffix_belongs_to_one_language() -> None:
    suffixes = [suffix for language in LANGUAGES for suffix in language.suffixes]
    assert len(suffixes) == len({*suffixes})
