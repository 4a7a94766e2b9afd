"""The template language of prompts: a small part of Jinja that can only read the variables given to it.

Allowed: `{{ expression }}`, `if` / `elif` / `else`, `for`, `raw`, comments and whitespace control; `include` of
another prompt, which reads the same variables; `frozen` around what no program should reword.
Expressions are variables with `.member` and `[index]`, literals, comparisons, `and or not in`,
`a if b else c`, the filters in `FILTERS` and the tests in `TESTS`. All else is refused when the
template is read, with line and column.

A member is looked up in JSON objects only, never among the attributes of Python objects, so that
nothing of the process can be reached. Text renders as it is, null as nothing, other values as JSON.

Not covered: a render runs in this process. Its output, the work of its loops and its time are
bounded, its memory only by the size of the variables.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn, cast

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, UndefinedError, pass_context
from jinja2.environment import Template as JinjaTemplate
from jinja2.lexer import TokenStream
from jinja2.meta import find_undeclared_variables
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment

from mcp_engine.errors import InvalidInput, TimedOut, TooLarge
from mcp_engine.prompts.allowed import BOUND_LOOP, FILTERS, TESTS, check, included, limit_loops, structured
from mcp_engine.prompts.frozen import FrozenTag, Span, spans_of
from mcp_engine.prompts.positions import Positions

MAX_TEMPLATE_CHARACTERS = 1_000_000
MAX_OUTPUT_CHARACTERS = 1_000_000
MAX_LOOP_WORK = 1_000_000
"""Nodes of loop bodies that one render may evaluate."""
MAX_SECONDS = 5.0
_BUDGET = " budget"  # no name of a template holds a blank
_includes: ContextVar[Mapping[str, JinjaTemplate]] = ContextVar("what the template being rendered may include")


@dataclass(slots=True)
class _Budget:
    """What one render may still use."""

    characters: int
    loop_work: int
    deadline: float

    def write(self, count: int) -> None:
        self.characters -= count
        if self.characters < 0:
            raise TooLarge(
                "template.output_too_large", f"The rendered text is larger than {MAX_OUTPUT_CHARACTERS:,} characters."
            )

    def work(self, count: int) -> None:
        self.loop_work -= count
        if self.loop_work < 0:
            raise TooLarge("template.too_much_work", "The loops of this template do too much work for its variables.")
        if time.monotonic() > self.deadline:
            raise TimedOut("template.timed_out", f"The template takes longer than {MAX_SECONDS:g} s to render.")


class _Missing(StrictUndefined):
    """Any use of a value that is not there is an error that names it."""


class _Environment(SandboxedEnvironment):
    """Jinja without globals, whose line numbers are indexes into `positions`."""

    def __init__(self) -> None:
        super().__init__(undefined=_Missing, autoescape=False, keep_trailing_newline=True, optimized=False)
        self.globals.clear()
        self.filters = dict(_FILTERS)
        assert frozenset(_FILTERS) - {BOUND_LOOP} == FILTERS
        self.tests = {name: test for name, test in self.tests.items() if name in TESTS}
        self.finalize = _shown

    def get_template(
        self,
        name: str | JinjaTemplate,
        parent: str | None = None,  # noqa: ARG002 - as Jinja declares it
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002, ARG002
    ) -> JinjaTemplate:
        """Return what `include` names: templates that this render was given."""
        return _includes.get()[str(name)]

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext):
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        by_key = isinstance(obj, dict) and isinstance(argument, str)
        by_index = isinstance(obj, list | str) and isinstance(argument, int) and not isinstance(argument, bool)
        if by_key or by_index:
            try:
                return cast("Any", obj)[argument]
            except LookupError:
                pass
        elif isinstance(obj, Undefined):
            return getattr(obj, str(argument))  # raises the error that names what is missing
        return self.undefined(obj=obj, name=str(argument))


class _PositionedEnvironment(_Environment):
    """Reads one template, keeping the line and column of every token."""

    def __init__(self, positions: Positions) -> None:
        super().__init__()
        self._positions = positions
        self.marks: list[tuple[int, int]] = []
        self.add_extension(FrozenTag)

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        tokens = self._positions.numbered(self.lexer.tokeniter(source, name, filename, state), source)
        return TokenStream(self.lexer.wrap(tokens, name, filename), name, filename)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a template reads: the names of its variables, those that can't be plain texts, and the prompts that it
    includes (`tone@production`, `tone/3`). `frozen` are the parts of its source between `frozen` and `endfrozen`."""

    variables: frozenset[str]
    structured: frozenset[str]
    includes: tuple[str, ...]
    frozen: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Parsed:
    usage: Usage
    compiled: JinjaTemplate


def normalise_newlines(source: str) -> str:
    """Return a template with the line ends that templates have, so that editors make no versions."""
    return source.replace("\r\n", "\n").replace("\r", "\n")


def check_template(source: str, *, where: str = "The template") -> Usage:
    """Read a template, and return what it uses.

    Args:
        where: how messages name the template.

    Raises:
        InvalidInput: `template.syntax` or `template.not_allowed`, with `line` and `column` (from 1) in
            the message and the details; `template.failed` for an expression that fails whatever the values;
            `template.too_complex`.
        TooLarge: `template.too_large`.
    """
    return _parsed(source, where).usage


def render(
    source: str,
    values: Mapping[str, Any],
    *,
    where: str = "The template",
    includes: Mapping[str, str] | None = None,
) -> str:
    """Return the text of a template for `values`, which are JSON values.

    Args:
        includes: the sources of everything that it includes, and of what these include.

    Raises:
        InvalidInput: as `check_template`; `template.undefined` for a value that is not there,
            `template.failed` for one that can't be used so.
        TooLarge: `template.output_too_large` or `template.too_much_work`.
        TimedOut: `template.timed_out`.
    """
    compiled = _parsed(source, where).compiled
    included = {name: _parsed(text, f"The included prompt {name}").compiled for name, text in (includes or {}).items()}
    token = _includes.set(included)
    budget = _Budget(MAX_OUTPUT_CHARACTERS, MAX_LOOP_WORK, time.monotonic() + MAX_SECONDS)
    pieces: list[str] = []
    try:
        for piece in compiled.generate({**values, _BUDGET: budget}):
            budget.write(len(piece))
            pieces.append(piece)
    except UndefinedError as error:
        raise InvalidInput("template.undefined", f"{where} uses what is not given: {error}.") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput("template.failed", f"{where} can't use these values: {error}.") from error
    finally:
        _includes.reset(token)
    return "".join(pieces)


def _parsed(source: str, where: str) -> _Parsed:
    if len(source) > MAX_TEMPLATE_CHARACTERS:
        raise TooLarge(
            "template.too_large",
            f"{where} has {len(source):,} characters; the limit is {MAX_TEMPLATE_CHARACTERS:,}.",
        )
    return _parse(source, where)


@lru_cache(maxsize=128)
def _parse(source: str, where: str) -> _Parsed:
    positions = Positions()
    environment = _PositionedEnvironment(positions)
    try:
        tree = Parser(environment, source).parse()
        check(tree, positions, where)
        usage = Usage(
            frozenset(find_undeclared_variables(tree)),
            structured(tree),
            included(tree),
            spans_of(
                source,
                [(positions.offset(opened), positions.offset(closed)) for opened, closed in environment.marks],
            ),
        )
        limit_loops(tree)
        compiled = environment.from_string(tree)
    except TemplateSyntaxError as error:
        line, column = positions.of_error(error)
        raise InvalidInput(
            "template.syntax",
            f"{where} has a syntax error at line {line}, column {column}: {error.message}",
            details={"line": line, "column": column},
        ) from None
    except (UndefinedError, ValueError, SyntaxError) as error:
        # What stands in the template alone is evaluated when it is read, and numbers when they are met.
        raise InvalidInput("template.failed", f"{where} holds an expression that always fails: {error}.") from error
    except RecursionError:
        raise InvalidInput("template.too_complex", f"{where} nests too deeply; make it flatter.") from None
    return _Parsed(usage, compiled)


def _shown(value: Any) -> Any:
    """Return what `{{ value }}` writes: text as it is, nothing for null, everything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str | Undefined) else _to_json(value)


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_not_json)


def _not_json(value: Any) -> NoReturn:
    if isinstance(value, _Missing):
        str(value)
    raise TypeError("only variables and what they hold can be written")


def _on_text(change: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: change(_text(value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"this filter needs a text, not {_to_json(value)[:60]}")
    return value


def _join(value: Any, separator: str = "") -> str:
    if not isinstance(value, list):
        raise TypeError("join needs a list")
    texts = [str(_shown(item)) for item in cast("list[Any]", value)]
    size = sum(map(len, texts)) + len(_text(separator)) * max(0, len(texts) - 1)
    if size > MAX_OUTPUT_CHARACTERS:
        raise TooLarge("template.output_too_large", "The text that join makes is too large.")
    return separator.join(texts)


def _length(value: Any) -> int:
    if not isinstance(value, list | str | dict):
        raise TypeError("length needs a list, a text or an object")
    return len(cast("list[Any]", value))


def _default(value: Any, fallback: Any = "", also_when_empty: bool = False) -> Any:
    if value is None or isinstance(value, Undefined) or (also_when_empty and not value):
        return fallback
    return value


def _items(value: Any) -> list[list[Any]]:
    if not isinstance(value, dict):
        raise TypeError("items needs an object")
    return [[key, item] for key, item in cast("dict[str, Any]", value).items()]


@pass_context
def _bound_loop(context: Context, value: Any, weight: int) -> Iterator[Any]:
    """Iterate over `value`, paying `weight` out of the render's budget for each turn."""
    if isinstance(value, Undefined):
        str(value)
    if not isinstance(value, list | str | dict):
        raise TypeError("for needs a list, a text or an object")
    return _paid(cast("list[Any]", value), cast("_Budget", context[_BUDGET]), weight)


def _paid(values: list[Any], budget: _Budget, weight: int) -> Iterator[Any]:
    for value in values:
        budget.work(weight)
        yield value


_FILTERS: dict[str, Any] = {
    "upper": _on_text(str.upper),
    "lower": _on_text(str.lower),
    "capitalize": _on_text(str.capitalize),
    "trim": _on_text(str.strip),
    "join": _join,
    "length": _length,
    "default": _default,
    "items": _items,
    "tojson": _to_json,
    BOUND_LOOP: _bound_loop,
}
