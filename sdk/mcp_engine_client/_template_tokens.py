"""The tokens of a template: the same that Jinja's lexer finds with the engine's settings."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from mcp_engine_client.errors import TemplateInvalid


class Token(NamedTuple):
    """`kind` is data, begin_output, end_output, begin_block, end_block, name, string, number or operator."""

    kind: str
    value: Any
    line: int


_NEWLINE = re.compile(r"\r\n|\r|\n")
_TAG = re.compile(r"\{[%{#]")
_SIGN = re.compile(r"[-+]?")
_RAW = re.compile(r"\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})")
_RAW_END = re.compile(r"\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\})")
_COMMENT_END = re.compile(r"\+#\}|-#\}\s*|#\}")
_ENDS = {"{{": ("output", re.compile(r"-\}\}\s*|\}\}")), "{%": ("block", re.compile(r"\+%\}|-%\}\s*|%\}"))}
_SPACE = re.compile(r"\s+")
_FLOAT = re.compile(
    r"(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)", re.ASCII | re.IGNORECASE
)
_INTEGER = re.compile(
    r"0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*", re.ASCII | re.IGNORECASE
)
_STRING = re.compile(r"'[^'\\]*(?:\\.[^'\\]*)*'" + r'|"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_OPERATOR = re.compile(r"==|!=|>=|<=|//|\*\*|[-+/*%~\[\](){}<>=.:|,;]")


def tokens(source: str) -> Iterator[Token]:
    """Yield the tokens of a template.

    Raises:
        TemplateInvalid: `template.syntax`.
    """
    return _Scanner(_NEWLINE.sub("\n", source)).run()


def refuse(why: str, line: int) -> NoReturn:
    raise TemplateInvalid("template.syntax", f"The template has a syntax error at line {line}: {why}.")


class TokenStream:
    """The tokens of a template, one after the other; after the last one stands `end`."""

    def __init__(self, source: str) -> None:
        self._tokens = [*tokens(source), Token("end", "", source.count("\n") + 1)]
        self._at = 0

    @property
    def current(self) -> Token:
        return self._tokens[self._at]

    def next(self) -> Token:
        """Return the current token and go on."""
        token = self.current
        self._at += token.kind != "end"
        return token

    def at(self, kind: str, *values: str) -> bool:
        """Return whether the current token is of this kind, and one of `values` if there are any."""
        return self.current.kind == kind and (not values or self.current.value in values)

    def then(self, kind: str, value: str) -> bool:
        """Return whether the token after the current one is this."""
        after = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        return (after.kind, after.value) == (kind, value)

    def skip(self, kind: str, *values: str) -> bool:
        """Go on if the current token is one of these; return whether it was."""
        found = self.at(kind, *values)
        self._at += found
        return found

    def expect(self, kind: str, *values: str) -> Token:
        """Return the current token, which must be one of these, and go on."""
        if not self.at(kind, *values):
            refuse(f"expected {' or '.join(values) or kind}, found {self.current.value!r}", self.current.line)
        return self.next()


class _Scanner:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0

    def run(self) -> Iterator[Token]:
        while tag := _TAG.search(self._source, self._at):
            start, opening = tag.start(), tag.group()
            yield from self._data(self._at, start, strip=self._source[start + 2 : start + 3] == "-")
            raw = _RAW.match(self._source, start)
            if raw:
                yield from self._raw(raw.end())
            elif opening == "{#":
                self._skip_comment(tag.end())
            else:
                yield from self._tag(opening, tag.end())
        yield from self._data(self._at, len(self._source), strip=False)

    def _data(self, start: int, end: int, *, strip: bool) -> Iterator[Token]:
        text = self._source[start:end]
        text = text.rstrip() if strip else text
        if text:
            yield Token("data", text, self._line(start))

    def _raw(self, start: int) -> Iterator[Token]:
        end = _RAW_END.search(self._source, start)
        if end is None:
            self._must_be_end(start, "`raw` is not closed")
            return
        yield from self._data(start, end.start(), strip=end.group(1) == "-")
        self._at = end.end()

    def _skip_comment(self, start: int) -> None:
        sign = _SIGN.match(self._source, start)
        assert sign is not None
        end = _COMMENT_END.search(self._source, sign.end())
        if end is None:
            self._must_be_end(sign.end(), "a comment is not closed")
            return
        self._at = end.end()

    def _must_be_end(self, start: int, why: str) -> None:
        """Refuse what is not closed, except (as Jinja does) an opening that is the template's end."""
        if start < len(self._source):
            refuse(why, self._line(start))
        self._at = start

    def _tag(self, opening: str, start: int) -> Iterator[Token]:
        kind, closing = _ENDS[opening]
        sign = _SIGN.match(self._source, start)
        assert sign is not None
        self._at = sign.end()
        yield Token(f"begin_{kind}", opening, self._line(start))
        while not (end := closing.match(self._source, self._at)):
            if space := _SPACE.match(self._source, self._at):
                self._at = space.end()
            else:
                yield self._word()
        yield Token(f"end_{kind}", end.group(), self._line(self._at))
        self._at = end.end()

    def _word(self) -> Token:
        line = self._line(self._at)
        for kind, pattern in (("float", _FLOAT), ("integer", _INTEGER)):
            if found := pattern.match(self._source, self._at):
                return Token("number", self._number(kind, found, line), line)
        if name := self._name():
            self._at += len(name)
            if not name.isidentifier():
                refuse(f"{name!r} is no name", line)
            return Token("name", name, line)
        if found := _STRING.match(self._source, self._at):
            self._at = found.end()
            return Token("string", _unescaped(found.group()[1:-1], line), line)
        if found := _OPERATOR.match(self._source, self._at):
            self._at = found.end()
            return Token("operator", found.group(), line)
        refuse(f"unexpected {self._source[self._at : self._at + 1]!r}", line)

    def _number(self, kind: str, found: re.Match[str], line: int) -> int | float:
        self._at = found.end()
        digits = found.group().replace("_", "")
        try:
            return literal_eval(digits) if kind == "float" else int(digits, 0)
        except ValueError:
            refuse("a number has too many digits", line)

    def _name(self) -> str:
        end = self._at
        while end < len(self._source) and _continues_name(self._source[end]):
            end += 1
        return self._source[self._at : end]

    def _line(self, position: int) -> int:
        return self._source.count("\n", 0, position) + 1


def _continues_name(character: str) -> bool:
    return character.isalnum() or character == "_" or ("a" + character).isidentifier()


def _unescaped(text: str, line: int) -> str:
    try:
        return text.encode("ascii", "backslashreplace").decode("unicode-escape")
    except UnicodeDecodeError:
        refuse("a text has a wrong escape", line)
