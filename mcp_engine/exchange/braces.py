"""`{{ x }}` text of Langfuse and MLflow, as templates of ours and back.

Their texts know variables alone: everything else in them is text, also what reads as syntax here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from jinja2 import Environment

from mcp_engine.errors import InvalidInput
from mcp_engine.exchange.names import our_variable
from mcp_engine.prompts.templates import check_template, normalise_newlines

_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_NAME = re.compile(r"[^\W\d][\w .-]*")
_OPENS_SYNTAX = re.compile(r"\{+(?=[%#])|\{{2,}|\{\Z")


class Piece(NamedTuple):
    """A part of a text; an include is named as ours are: `tone@production`, `tone/3`."""

    kind: Literal["text", "variable", "include"]
    text: str


IncludeSyntax = Callable[[str], Iterator[Piece]]
"""Splits text into text and includes, as a system writes them."""


@dataclass(slots=True)
class Converted:
    """A template, the variables that had to be renamed, and braces that hold no variable and stay text."""

    template: str
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    kept_as_text: list[str] = field(default_factory=list[str])


def no_includes(text: str) -> Iterator[Piece]:
    """Return a text as it is: the syntax of systems without includes."""
    yield Piece("text", text)


def to_template(text: str, includes: IncludeSyntax = no_includes) -> Converted:
    """Return the template that renders as the text does with the same values."""
    found = Converted("")
    written: list[str] = []
    for kind, content in _merged(pieces_of(normalise_newlines(text), includes)):
        if kind == "variable":
            name = our_variable(content)
            if name != content:
                found.renamed[content] = name
            written.append(f"{{{{ {name} }}}}")
        elif kind == "include":
            written.append(f'{{% include "{content}" %}}')
        else:
            found.kept_as_text += [match[0] for match in _BRACES.finditer(content)]
            written.append(_OPENS_SYNTAX.sub(r'{{ "\g<0>" }}', content))
    found.template = "".join(written)
    return found


def from_template(template: str, write_include: Callable[[str], str] | None, includes: IncludeSyntax) -> str:
    """Return the text that others read as our template reads: text, variables and includes.

    Args:
        write_include: how the other system writes an include; None when it knows none.

    Raises:
        InvalidInput: `exchange.not_expressible`, with the line of what the other system has no word for.
    """
    check_template(template)
    wanted = [*_merged(_template_pieces(template, may_include=write_include is not None))]
    written = {"text": str, "variable": "{{{{{}}}}}".format, "include": write_include or str}
    text = "".join(written[kind](content) for kind, content in wanted)
    if [*_merged(pieces_of(text, includes))] != wanted:
        raise InvalidInput("exchange.not_expressible", "Its text holds braces that would be read as a variable there.")
    return text


def pieces_of(text: str, includes: IncludeSyntax) -> Iterator[Piece]:
    """Yield the parts of a text as the other system reads it."""
    for piece in includes(text):
        if piece.kind != "text":
            yield piece
            continue
        end = 0
        for match in _BRACES.finditer(piece.text):
            name = match[1].strip()
            if not _NAME.fullmatch(name):
                continue
            yield Piece("text", piece.text[end : match.start()])
            yield Piece("variable", name)
            end = match.end()
        yield Piece("text", piece.text[end:])


def _merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces with neighbouring texts as one, and without empty ones."""
    waiting = ""
    for piece in pieces:
        if piece.kind == "text":
            waiting += piece.text
            continue
        if waiting:
            yield Piece("text", waiting)
            waiting = ""
        yield piece
    if waiting:
        yield Piece("text", waiting)


def _template_pieces(template: str, *, may_include: bool) -> Iterator[Piece]:
    tag: list[tuple[int, str, str]] = []
    # As the templates' own reader does: their text keeps its last line end.
    for token in Environment(autoescape=True, keep_trailing_newline=True).lexer.tokeniter(template, None):  # pyright: ignore[reportUnknownMemberType]
        _, kind, text = token
        if kind == "data":
            yield Piece("text", text)
        elif kind in {"variable_end", "block_end"}:
            piece = _piece_of_tag(tag, kind, may_include=may_include)
            tag = []
            if piece is not None:
                yield piece
        elif kind in {"name", "string", "operator", "integer", "float"}:
            tag.append(token)


def _piece_of_tag(tag: Sequence[tuple[int, str, str]], end: str, *, may_include: bool) -> Piece | None:
    """Return what stands between the marks of one tag; None for the marks of frozen text."""
    match [(kind, text) for _, kind, text in tag], end:
        case [("name", name)], "variable_end":
            return Piece("variable", name)
        case [("string", literal)], "variable_end" if "\\" not in literal:
            return Piece("text", literal[1:-1])
        case [("name", "include"), ("string", literal)], "block_end" if may_include:
            return Piece("include", literal[1:-1])
        case [("name", "frozen" | "endfrozen")], "block_end":
            return None
        case _:
            line = tag[0][0] if tag else 1
            shown = " ".join(text for _, _, text in tag)
            raise InvalidInput(
                "exchange.not_expressible",
                f"Line {line} of its template holds `{shown}`; that system knows text and variables alone.",
                details={"line": line},
            )
