"""Which nodes of Jinja's syntax tree a template may hold."""

from __future__ import annotations

import math
from typing import NoReturn

from jinja2 import nodes

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.errors import EngineError, InvalidInput
from mcp_engine.prompts.positions import Positions

FILTERS = frozenset({"upper", "lower", "capitalize", "trim", "join", "length", "default", "items", "tojson"})
TESTS = frozenset({"defined", "undefined", "none", "string", "number", "boolean", "mapping", "sequence"})
LOOP_MEMBERS = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})
_STRUCTURE_FILTERS = frozenset({"items", "join", "length", "tojson"})
MAX_LOOP_DEPTH = 6
BOUND_LOOP = " bound loop"
"""The filter that `limit_loops` puts around what a loop goes over; no template can name it."""

_RESERVED = frozenset({"self", "super", "caller", "varargs", "kwargs", "loop"})
_PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.If, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.List, nodes.Tuple, nodes.For, nodes.Name, nodes.Getattr,
    nodes.Getitem, nodes.Filter, nodes.Test, nodes.Neg, nodes.Include,
)  # fmt: skip
_SPOKEN: dict[type[nodes.Node], str] = {
    nodes.Assign: "`set`",
    nodes.AssignBlock: "`set`",
    nodes.Macro: "`macro`",
    nodes.CallBlock: "`call`",
    nodes.FilterBlock: "`filter`",
    nodes.Import: "`import`",
    nodes.FromImport: "`from`",
    nodes.Extends: "`extends`",
    nodes.Block: "`block`",
    nodes.With: "`with`",
    nodes.Scope: "`autoescape`",
    nodes.Call: "a call",
    nodes.Slice: "a slice",
    nodes.Dict: "an object literal",
    nodes.Concat: "`~`",
}


def check(tree: nodes.Template, positions: Positions, where: str) -> None:
    """Refuse everything that is not allowed.

    Raises:
        InvalidInput: `template.not_allowed`, with line and column.
    """
    _Checker(positions, where).visit(tree, loops=0)


def structured(tree: nodes.Template) -> frozenset[str]:
    """Return the names that a checked tree reads members of, goes over, or gives to a filter of lists and objects."""
    holders: list[nodes.Node | None] = [part.node for part in tree.find_all((nodes.Getattr, nodes.Getitem))]
    holders += [loop.iter for loop in tree.find_all(nodes.For)]
    holders += [part.node for part in tree.find_all(nodes.Filter) if part.name in _STRUCTURE_FILTERS]
    return frozenset(holder.name for holder in holders if isinstance(holder, nodes.Name))


def included(tree: nodes.Template) -> tuple[str, ...]:
    """Return what a checked tree includes, each once and in order."""
    names = (include.template for include in tree.find_all(nodes.Include))
    return tuple(sorted({name.value for name in names if isinstance(name, nodes.Const)}))


def limit_loops(tree: nodes.Template) -> None:
    """Make every loop of a checked tree pay for its turns: the number of nodes that a turn evaluates."""
    for loop in tree.find_all(nodes.For):
        weight = 1 + sum(1 for child in loop.body for _ in child.find_all(nodes.Node))
        price = nodes.Const(weight, lineno=loop.lineno)
        loop.iter = nodes.Filter(loop.iter, BOUND_LOOP, [price], [], None, None, lineno=loop.lineno)


class _Checker:
    def __init__(self, positions: Positions, where: str) -> None:
        self._positions = positions
        self._where = where

    def visit(self, node: nodes.Node, *, loops: int) -> None:
        if not isinstance(node, _PLAIN):
            arithmetic = "arithmetic" if isinstance(node, nodes.BinExpr | nodes.UnaryExpr) else type(node).__name__
            self._refuse(node, f"{_SPOKEN.get(type(node), arithmetic)} is not part of the template language")
        match node:
            case nodes.Name():
                self._visit_name(node)
            case nodes.Getattr():
                if self._is_loop_member(node):
                    return
                self._check_member(node, node.attr)
            case nodes.Getitem(arg=nodes.Const(value=str(key))):
                self._check_member(node, key)
            case nodes.Filter():
                self._check_filter(node)
            case nodes.Test() if node.name not in TESTS:
                self._refuse(node, f"there is no test {node.name!r}; there are {_listed(TESTS)}")
            case nodes.Neg() if not (isinstance(node.node, nodes.Const) and isinstance(node.node.value, int | float)):
                self._refuse(node, "arithmetic is not part of the template language")
            case nodes.Const(value=float(number)) if not math.isfinite(number):
                self._refuse(node, "a number is too large")
            case nodes.Include():
                self._check_include(node)
            case nodes.For():
                if node.recursive:
                    self._refuse(node, "`recursive` is not part of the template language")
                loops += 1
                if loops > MAX_LOOP_DEPTH:
                    self._refuse(node, f"loops may nest {MAX_LOOP_DEPTH} deep")
            case _:
                pass
        for child in node.iter_child_nodes():
            self.visit(child, loops=loops)

    def _visit_name(self, node: nodes.Name) -> None:
        if node.name == "loop" and node.ctx == "load":
            self._refuse(node, f"`loop` has members only: {_listed(LOOP_MEMBERS)}")
        if node.name in _RESERVED or node.name.startswith("_"):
            self._refuse(node, f"{node.name!r} can't name a variable")

    def _is_loop_member(self, node: nodes.Getattr) -> bool:
        if not (isinstance(node.node, nodes.Name) and node.node.name == "loop"):
            return False
        if node.attr not in LOOP_MEMBERS:
            self._refuse(node, f"`loop` has no {node.attr!r}; it has {_listed(LOOP_MEMBERS)}")
        return True

    def _check_member(self, node: nodes.Node, name: str) -> None:
        if name.startswith("_"):
            self._refuse(node, f"{name[:60]!r}: no member begins with an underscore")

    def _check_filter(self, node: nodes.Filter) -> None:
        if node.name not in FILTERS:
            self._refuse(node, f"there is no filter {node.name!r}; there are {_listed(FILTERS)}")
        if node.kwargs or node.dyn_args or node.dyn_kwargs:
            self._refuse(node, "arguments of filters are given by their place only")

    def _check_include(self, node: nodes.Include) -> None:
        if not isinstance(node.template, nodes.Const) or not isinstance(node.template.value, str):
            self._refuse(node, 'an include names one prompt: {% include "tone@production" %}')
        if node.ignore_missing or not node.with_context:
            self._refuse(node, "an include takes no more than a name")
        try:
            wanted = Reference.parse("prompt", node.template.value)
        except EngineError as error:
            self._refuse(node, error.message.removesuffix("."))
        if str(wanted) != node.template.value:
            self._refuse(node, f"say which version of {wanted.name!r}: {wanted.name}/3 or {wanted.name}@production")

    def _refuse(self, node: nodes.Node, why: str) -> NoReturn:
        # The node around `autoescape` has no place of its own, what is in it has.
        placed = next((part for part in (node, *node.find_all(nodes.Node)) if isinstance(part.lineno, int)), node)  # pyright: ignore[reportUnnecessaryIsInstance]
        line, column = self._positions.of(placed.lineno)
        raise InvalidInput(
            "template.not_allowed",
            f"{self._where} can't be used, at line {line}, column {column}: {why}.",
            details={"line": line, "column": column},
        )


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
