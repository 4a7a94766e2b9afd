"""`{% frozen %}…{% endfrozen %}`: text that only its author should change, not a program that improves prompts.

It renders as if the marks were not there.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser


class Span(NamedTuple):
    """A part of a source, in characters."""

    start: int
    end: int


class FrozenTag(Extension):
    """Reads the tag; `marks` of the environment takes the numbers of the tokens after `frozen` and at `endfrozen`."""

    tags = {"frozen"}  # noqa: RUF012 - so declared by Jinja

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        opened = parser.stream.current.lineno
        body = parser.parse_statements(("name:endfrozen",))
        closed = next(parser.stream).lineno
        cast("Any", self.environment).marks.append((opened, closed))
        return body


def spans_of(source: str, marks: list[tuple[int, int]]) -> tuple[Span, ...]:
    """Return the texts between the marks, given by the offsets of `%}` and of `endfrozen`."""
    found = (Span(source.index("%}", opened) + 2, source.rindex("{%", 0, closed)) for opened, closed in marks)
    return tuple(sorted(found))
