"""What a template is made of once it is read: closures over the values in scope.

An expression returns a value; a statement adds text to the output.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from mcp_engine_client._template_values import Loop, NoElse, UndefinedUse, looped, member, shown
from mcp_engine_client.errors import TemplateInvalid, TooLarge

MAX_OUTPUT_CHARACTERS = 1_000_000
_INCLUDES = " includes"  # no name of a template holds a blank
Values = dict[str, Any]
Expression = Callable[[Values], Any]
Statement = Callable[[Values, "Output"], None]

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "in": lambda left, right: left in right, "not in": lambda left, right: left not in right,
}  # fmt: skip


class Output:
    """The text so far."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._left = MAX_OUTPUT_CHARACTERS

    def write(self, text: str) -> None:
        self._left -= len(text)
        if self._left < 0:
            raise TooLarge(
                "template.output_too_large", f"The rendered text is larger than {MAX_OUTPUT_CHARACTERS:,} characters."
            )
        self.pieces.append(text)


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read."""

    variables: frozenset[str]
    body: Statement

    def render(self, values: Mapping[str, Any], includes: Mapping[str, Template] | None = None) -> str:
        """Return the text for `values` (JSON values).

        Args:
            includes: everything that it includes, and what these include, by reference.

        Raises:
            TemplateInvalid: `template.undefined` for a value that is not there, `template.failed` for one that
                can't be used so, `template.include_missing`.
            TooLarge: `template.output_too_large`.
        """
        output = Output()
        try:
            self.body({**values, _INCLUDES: includes or {}}, output)
        except UndefinedUse as error:
            raise TemplateInvalid("template.undefined", f"The template uses what is not given: {error}.") from error
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise TemplateInvalid("template.failed", f"The template can't use these values: {error}.") from error
        return "".join(output.pieces)


def constant(value: Any) -> Expression:
    return lambda _: value


def no_else(_: Values) -> Any:
    return NoElse("the inline if was false and has no else")


def nothing(_: Values, __: Output) -> None:
    return None


def write_data(text: str) -> Statement:
    return lambda _, output: output.write(text)


def write_value(expression: Expression) -> Statement:
    return lambda values, output: output.write(shown(expression(values)))


def include(reference: str) -> Statement:
    def run(values: Values, output: Output) -> None:
        included = values[_INCLUDES].get(reference)
        if included is None:
            raise TemplateInvalid(
                "template.include_missing",
                f"The template includes {reference!r}, which is not at hand: a fallback must stand alone.",
            )
        included.body(values, output)

    return run


def all_of(parts: list[Statement]) -> Statement:
    def run(values: Values, output: Output) -> None:
        for part in parts:
            part(values, output)

    return run


def choice(branches: list[tuple[Expression, Statement]], otherwise: Statement) -> Statement:
    def run(values: Values, output: Output) -> None:
        for condition, body in branches:
            if condition(values):
                body(values, output)
                return
        otherwise(values, output)

    return run


def loop_over(
    targets: Any, over: Expression, condition: Expression | None, body: Statement, otherwise: Statement
) -> Statement:
    def run(values: Values, output: Output) -> None:
        scopes = [_bind({**values}, targets, item) for item in looped(over(values))]
        if condition is not None:
            scopes = [scope for scope in scopes if condition(scope)]
        for index, scope in enumerate(scopes):
            scope["loop"] = Loop(index, len(scopes))
            body(scope, output)
        if not scopes:
            otherwise(values, output)

    return run


def names_of(targets: Any) -> frozenset[str]:
    if isinstance(targets, str):
        return frozenset({targets})
    return frozenset[str]().union(*(names_of(target) for target in cast("list[Any]", targets)))


def _bind(scope: Values, targets: Any, item: Any) -> Values:
    """Assign as Python does: one name takes the whole, several take the items of what can be gone over."""
    if isinstance(targets, str):
        scope[targets] = item
        return scope
    wanted, items = cast("list[Any]", targets), list(item)
    if len(items) != len(wanted):
        raise ValueError(f"a loop over {len(items)} values at a time has {len(wanted)} names for them")
    for target, inner in zip(wanted, items, strict=True):
        _bind(scope, target, inner)
    return scope


def conditional_of(condition: Expression, result: Expression, otherwise: Expression) -> Expression:
    return lambda values: result(values) if condition(values) else otherwise(values)


def either(left: Expression, right: Expression) -> Expression:
    return lambda values: left(values) or right(values)


def both(left: Expression, right: Expression) -> Expression:
    return lambda values: left(values) and right(values)


def compared(first: Expression, rest: list[tuple[Callable[[Any, Any], Any], Expression]]) -> Expression:
    """Return a chain as Python reads it: `a < b < c` is `a < b and b < c`, each evaluated once."""

    def evaluate(values: Values) -> Any:
        left, result = first(values), True
        for compare, expression in rest:
            right = expression(values)
            result = compare(left, right)
            if not result:
                return result
            left = right
        return result

    return evaluate


def member_of(holder: Expression, key: Expression) -> Expression:
    return lambda values: member(holder(values), key(values))


def applied(function: Callable[..., Any], value: Expression, arguments: list[Expression]) -> Expression:
    return lambda values: function(value(values), *(argument(values) for argument in arguments))
