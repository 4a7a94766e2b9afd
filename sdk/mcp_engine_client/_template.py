"""The template language of prompts, rendered without the server: exactly what the engine's renderer gives.

The language is a small part of Jinja (docs/prompts.md). A template becomes a tree of closures; an
expression takes the values in scope, a statement adds text as well. Parsing follows Jinja's grammar.

Not covered: the engine also bounds the time and work of a render; here only the text is bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mcp_engine_client._template_parts import (
    COMPARISONS,
    Expression,
    Statement,
    Template,
    all_of,
    applied,
    both,
    choice,
    compared,
    conditional_of,
    constant,
    either,
    include,
    loop_over,
    member_of,
    names_of,
    no_else,
    nothing,
    write_data,
    write_value,
)
from mcp_engine_client._template_tokens import Token, TokenStream, refuse
from mcp_engine_client._template_values import FILTERS, LOOP_MEMBERS, TESTS, Undefined, member
from mcp_engine_client.errors import TemplateInvalid

_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None}
_RESERVED = frozenset({"self", "super", "caller", "varargs", "kwargs", "loop"})


@lru_cache(maxsize=256)
def parsed(source: str) -> Template:
    """Read a template.

    Raises:
        TemplateInvalid: `template.syntax`; `template.unsupported` for what is no part of the language.
    """
    try:
        return _Parser(source).template()
    except RecursionError:
        raise TemplateInvalid("template.too_complex", "The template nests too deeply; make it flatter.") from None


def _unsupported(what: str, line: int) -> TemplateInvalid:
    return TemplateInvalid("template.unsupported", f"{what} (line {line}) is not part of the template language.")


class _Parser(TokenStream):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._bound: list[frozenset[str]] = []
        self._free: set[str] = set()

    def template(self) -> Template:
        body = self._statements(())
        return Template(frozenset(self._free), body)

    # statements

    def _statements(self, ends: tuple[str, ...]) -> Statement:
        """Read until a block that begins with one of `ends`, whose name is the current token then."""
        parts: list[Statement] = []
        while not self.at("end"):
            token = self.next()
            if token.kind == "data":
                parts.append(write_data(token.value))
            elif token.kind == "begin_output":
                parts.append(write_value(self._tuple()))
                self.expect("end_output")
            elif self.at("name", *ends) and ends:
                return all_of(parts)
            else:
                parts.append(self._block())
                self.expect("end_block")
        if ends:
            refuse(f"expected {' or '.join(ends)}", self.current.line)
        return all_of(parts)

    def _block(self) -> Statement:
        token = self.expect("name")
        readers = {"if": self._if, "for": self._for, "include": self._include, "frozen": self._frozen}
        if token.value not in readers:
            raise _unsupported(f"`{token.value}`", token.line)
        return readers[token.value]()

    def _inside(self, *ends: str) -> Statement:
        """Read what stands between the tag that is being read and one of `ends`."""
        self.skip("operator", ":")
        self.expect("end_block")
        return self._statements(ends)

    def _include(self) -> Statement:
        reference = self.expect("string").value
        return include(reference)

    def _frozen(self) -> Statement:
        """Marked text renders as if it were not marked."""
        body = self._inside("endfrozen")
        self.next()
        return body

    def _if(self) -> Statement:
        branches: list[tuple[Expression, Statement]] = []
        otherwise: Statement = nothing
        while True:
            condition = self._tuple(conditional=False)
            branches.append((condition, self._inside("elif", "else", "endif")))
            word = self.next().value
            if word == "elif":
                continue
            if word == "else":
                otherwise = self._inside("endif")
                self.next()
            return choice(branches, otherwise)

    def _for(self) -> Statement:
        targets = self._targets()
        self.expect("name", "in")
        over = self._tuple(conditional=False)
        names = names_of(targets)
        condition = None
        if self.skip("name", "if"):
            self._bound.append(names)
            condition = self._expression()
            self._bound.pop()
        if self.at("name", "recursive"):
            raise _unsupported("`recursive`", self.current.line)
        self._bound.append(names | {"loop"})
        body = self._inside("endfor", "else")
        self._bound.pop()
        otherwise: Statement = nothing
        if self.next().value == "else":
            otherwise = self._inside("endfor")
            self.next()
        return loop_over(targets, over, condition, body, otherwise)

    def _targets(self) -> Any:
        """Return a name, or a list of such targets."""
        found: list[Any] = []
        several = False
        while not found or self.skip("operator", ","):
            if self._ends_tuple():
                several = True
                break
            found.append(self._target())
            several = several or self.at("operator", ",")
        return found if several else found[0]

    def _target(self) -> Any:
        token = self.next()
        if token.kind == "operator" and token.value == "(":
            target = self._targets()
            self.expect("operator", ")")
            return target
        if token.kind != "name" or token.value in _CONSTANTS:
            refuse(f"{token.value!r} can't be a loop's variable", token.line)
        return self._checked_name(token)

    # expressions, in the order in which they bind

    def _tuple(self, *, conditional: bool = True, empty: bool = False) -> Expression:
        items: list[Expression] = []
        several = False
        while not items or self.skip("operator", ","):
            if self._ends_tuple():
                break
            items.append(self._expression(conditional=conditional))
            several = several or self.at("operator", ",")
        if items and not several:
            return items[0]
        if not items and not empty:
            refuse(f"expected an expression, found {self.current.value!r}", self.current.line)
        return lambda values: tuple(item(values) for item in items)

    def _ends_tuple(self) -> bool:
        return self.current.kind in ("end_output", "end_block") or self.at("operator", ")")

    def _expression(self, *, conditional: bool = True) -> Expression:
        result = self._or()
        while conditional and self.skip("name", "if"):
            condition = self._or()
            otherwise = self._expression() if self.skip("name", "else") else no_else
            result = conditional_of(condition, result, otherwise)
        return result

    def _or(self) -> Expression:
        left = self._and()
        while self.skip("name", "or"):
            left = either(left, self._and())
        return left

    def _and(self) -> Expression:
        left = self._not()
        while self.skip("name", "and"):
            left = both(left, self._not())
        return left

    def _not(self) -> Expression:
        if self.skip("name", "not"):
            inner = self._not()
            return lambda values: not inner(values)
        return self._comparison()

    def _comparison(self) -> Expression:
        first = self._arithmetic()
        rest: list[tuple[Callable[[Any, Any], Any], Expression]] = []
        while sign := self._comparison_sign():
            rest.append((COMPARISONS[sign], self._arithmetic()))
        return compared(first, rest) if rest else first

    def _comparison_sign(self) -> str | None:
        if self.at("operator", "==", "!=", "<", "<=", ">", ">="):
            return self.next().value
        if self.skip("name", "in"):
            return "in"
        if self.at("name", "not") and self.then("name", "in"):
            self.next()
            self.next()
            return "not in"
        return None

    def _arithmetic(self) -> Expression:
        result = self._unary()
        if self.at("operator", "+", "-", "*", "/", "//", "%", "**", "~"):
            raise _unsupported(f"`{self.current.value}`", self.current.line)
        return result

    def _unary(self) -> Expression:
        if self.at("operator", "-"):
            return self._filtered(self._negative())
        if self.at("operator", "+"):
            raise _unsupported("arithmetic", self.current.line)
        return self._filtered(self._postfixed(self._primary()))

    def _negative(self) -> Expression:
        line = self.next().line
        parentheses = 0
        while self.skip("operator", "("):
            parentheses += 1
        token = self.next()
        value = _CONSTANTS.get(token.value) if token.kind == "name" else token.value
        if token.kind not in ("number", "name") or value is None:
            raise _unsupported("arithmetic", line)
        for _ in range(parentheses):
            self.expect("operator", ")")
        if self.at("operator", ".", "[", "("):
            raise _unsupported("arithmetic", line)
        return lambda _: -value

    def _primary(self) -> Expression:
        token = self.next()
        match token.kind, token.value:
            case "name", name:
                return self._name(token) if name not in _CONSTANTS else constant(_CONSTANTS[name])
            case "string", text:
                while self.at("string"):
                    text += self.next().value
                return constant(text)
            case "number", number:
                return constant(number)
            case "operator", "(":
                inner = self._tuple(empty=True)
                self.expect("operator", ")")
                return inner
            case "operator", "[":
                return self._list()
            case "operator", "{":
                raise _unsupported("an object literal", token.line)
            case _:
                return refuse(f"unexpected {token.value!r}", token.line)

    def _name(self, token: Token) -> Expression:
        name = token.value
        if name == "loop":
            return self._loop_member(token)
        self._checked_name(token)
        if not any(name in bound for bound in self._bound):
            self._free.add(name)
        return lambda values: values[name] if name in values else Undefined(f"{name!r} is undefined")

    def _checked_name(self, token: Token) -> str:
        if token.value in _RESERVED or token.value.startswith("_"):
            raise _unsupported(f"the name {token.value!r}", token.line)
        return token.value

    def _loop_member(self, token: Token) -> Expression:
        if not self.skip("operator", "."):
            raise _unsupported("`loop` without a member", token.line)
        name = self.expect("name").value
        if name not in LOOP_MEMBERS:
            raise _unsupported(f"`loop.{name}`", token.line)
        if not any("loop" in bound for bound in self._bound):
            self._free.add("loop")
        return lambda values: member(values.get("loop", Undefined("'loop' is undefined")), name)

    def _list(self) -> Expression:
        items: list[Expression] = []
        while not self.skip("operator", "]"):
            if items:
                self.expect("operator", ",")
                if self.skip("operator", "]"):
                    break
            items.append(self._expression())
        return lambda values: [item(values) for item in items]

    def _postfixed(self, holder: Expression) -> Expression:
        while True:
            line = self.current.line
            if self.skip("operator", "."):
                token = self.next()
                if token.kind not in ("name", "number") or isinstance(token.value, float):
                    refuse("expected a name or a number after `.`", line)
                holder = member_of(holder, constant(self._checked_member(token.value, line)))
            elif self.skip("operator", "["):
                holder = self._subscripted(holder, line)
            elif self.at("operator", "("):
                raise _unsupported("a call", line)
            else:
                return holder

    def _subscripted(self, holder: Expression, line: int) -> Expression:
        if self.at("string") and self.then("operator", "]"):
            self._checked_member(self.current.value, line)
        key = self._expression()
        if self.at("operator", ":", ","):
            raise _unsupported("a slice", line)
        self.expect("operator", "]")
        return member_of(holder, key)

    def _checked_member(self, name: Any, line: int) -> Any:
        if isinstance(name, str) and name.startswith("_"):
            raise _unsupported(f"the member {name!r}", line)
        return name

    def _filtered(self, value: Expression) -> Expression:
        while True:
            line = self.current.line
            if self.skip("operator", "|"):
                value = self._filter(value, line)
            elif self.skip("name", "is"):
                value = self._test(value, line)
            elif self.at("operator", "("):
                raise _unsupported("a call", line)
            else:
                return value

    def _filter(self, value: Expression, line: int) -> Expression:
        name = self.expect("name").value
        if name not in FILTERS or self.at("operator", "."):
            raise _unsupported(f"the filter {name!r}", line)
        return applied(FILTERS[name], value, self._arguments())

    def _test(self, value: Expression, line: int) -> Expression:
        negated = self.skip("name", "not")
        name = self.expect("name").value
        if name not in TESTS or self.at("operator", "."):
            raise _unsupported(f"the test {name!r}", line)
        arguments = self._arguments()
        one_more = self.at("string") or self.at("number") or self.at("operator", "[", "{")
        one_more = one_more or (self.at("name") and not self.at("name", "else", "or", "and"))
        if one_more and not arguments:
            if self.at("name", "is"):
                refuse("tests can't be chained", line)
            arguments = [self._postfixed(self._primary())]
        tested = applied(TESTS[name], value, arguments)
        return (lambda values: not tested(values)) if negated else tested

    def _arguments(self) -> list[Expression]:
        found: list[Expression] = []
        if not self.skip("operator", "("):
            return found
        while not self.skip("operator", ")"):
            if found:
                self.expect("operator", ",")
                if self.skip("operator", ")"):
                    break
            if self.at("operator", "*", "**"):
                raise _unsupported("an argument that is not given by its place", self.current.line)
            found.append(self._expression())
            if self.at("operator", "="):
                raise _unsupported("an argument that is not given by its place", self.current.line)
        return found
