"""Line and column of every token of a template: Jinja itself keeps lines only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from jinja2 import TemplateSyntaxError

MAX_TOKENS = 20_000


class Position(NamedTuple):
    """Where something stands; both count from 1, columns in characters."""

    line: int
    column: int


class Positions:
    """Numbers the tokens of one template.

    The number takes the place of Jinja's line number, which Jinja only ever copies: from tokens to
    nodes and errors. So all of them lead back to an exact place.
    """

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._lines: list[int] = [0]
        self._end = 0
        self._scanning = False

    def numbered(self, tokens: Iterator[tuple[int, str, str]], source: str) -> Iterator[tuple[int, str, str]]:
        """Yield `tokens` (of `Lexer.tokeniter`) with their number in place of the line."""
        # The lexer reads its source with these line ends, see `Lexer.tokeniter`.
        source = source.replace("\r\n", "\n").replace("\r", "\n")
        self._lines += [index + 1 for index, character in enumerate(source) if character == "\n"]
        while True:
            self._scanning = True
            token = next(tokens, None)
            self._scanning = False
            if token is None:
                return
            _, kind, text = token
            # Whitespace control drops blanks between tokens: the next text is the first occurrence.
            start = source.index(text, self._end)
            self._end = start + len(text)
            self._starts.append(start)
            if len(self._starts) > MAX_TOKENS:
                raise TemplateSyntaxError("the template has too many tags; make it simpler", len(self._starts) - 1)
            yield len(self._starts) - 1, kind, text

    def of(self, number: int) -> Position:
        """Return where the token or node with this number begins."""
        return self._at(self._starts[min(number, len(self._starts) - 1)] if self._starts else 0)

    def offset(self, number: int) -> int:
        """Return where the token with this number begins, in characters of the source."""
        return self._starts[number]

    def of_error(self, error: TemplateSyntaxError) -> Position:
        """Return where an error of lexer or parser stands."""
        # An error of the lexer itself comes with a line: it stands where the last token ended.
        return self._at(self._end) if self._scanning else self.of(error.lineno)

    def _at(self, offset: int) -> Position:
        line = bisect_right(self._lines, offset)
        return Position(line, offset - self._lines[line - 1] + 1)
