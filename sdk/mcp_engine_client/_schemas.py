"""The part of JSON Schema (2020-12) that variables of prompts use, checked without the server."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

Schema = Mapping[str, Any]

_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
     "format", "contentMediaType", "contentEncoding", "contentSchema", "$defs", "definitions"}
)  # fmt: skip
"""Keywords that say something and require nothing."""


class Unsupported(Exception):
    """The schema has a keyword that only the server checks."""


def fault(schema: Schema | bool, value: Any, place: str = "") -> str | None:
    """Return what is wrong with `value`, or None.

    Raises:
        Unsupported: for keywords such as `$ref`; only the server can tell then.
    """
    if isinstance(schema, bool):
        return None if schema else _at(place, "nothing is allowed here")
    unknown = schema.keys() - _ANNOTATIONS - _CHECKS.keys()
    if unknown:
        raise Unsupported(", ".join(sorted(unknown)))
    for keyword in _CHECKS.keys() & schema.keys():
        found = _CHECKS[keyword](schema, value, place)
        if found is not None:
            return found
    return None


def _at(place: str, what: str) -> str:
    return f"{place}: {what}" if place else what


def _is(kind: Any, value: Any) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return whole and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case _:
            raise Unsupported(f"type {kind!r}")


def _same(left: Any, right: Any) -> bool:
    """Return whether two JSON values are equal: 1 is 1.0, but no boolean."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        ones, others = cast("list[Any]", left), cast("list[Any]", right)
        return len(ones) == len(others) and all(map(_same, ones, others))
    if isinstance(left, dict) and isinstance(right, dict):
        one, other = cast("dict[str, Any]", left), cast("dict[str, Any]", right)
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    return bool(left == right)


def _type(schema: Schema, value: Any, place: str) -> str | None:
    wanted: Any = schema["type"]
    kinds = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
    if any(_is(kind, value) for kind in kinds):
        return None
    return _at(place, f"{value!r:.200} is not of type {' or '.join(map(str, kinds))}")


def _enum(schema: Schema, value: Any, place: str) -> str | None:
    if any(_same(value, allowed) for allowed in schema["enum"]):
        return None
    return _at(place, f"{value!r:.200} is not one of {schema['enum']!r:.200}")


def _const(schema: Schema, value: Any, place: str) -> str | None:
    return None if _same(value, schema["const"]) else _at(place, f"{value!r:.200} is not {schema['const']!r:.200}")


def _number(keyword: str, fits: Callable[[Any, Any], bool]) -> Callable[[Schema, Any, str], str | None]:
    def check(schema: Schema, value: Any, place: str) -> str | None:
        if not _is("number", value) or fits(value, schema[keyword]):
            return None
        return _at(place, f"{value!r} breaks {keyword} {schema[keyword]!r}")

    return check


def _sized(keyword: str, kind: str, fits: Callable[[int, int], bool]) -> Callable[[Schema, Any, str], str | None]:
    def check(schema: Schema, value: Any, place: str) -> str | None:
        if not _is(kind, value) or fits(len(value), schema[keyword]):
            return None
        return _at(place, f"its length {len(value)} breaks {keyword} {schema[keyword]!r}")

    return check


def _pattern(schema: Schema, value: Any, place: str) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        found = re.search(schema["pattern"], value)
    except re.error as error:
        raise Unsupported("pattern") from error
    return None if found else _at(place, f"{value!r:.200} does not match {schema['pattern']!r}")


def _unique(schema: Schema, value: Any, place: str) -> str | None:
    if not schema["uniqueItems"] or not isinstance(value, list):
        return None
    items = cast("list[Any]", value)
    doubled = any(_same(items[i], items[j]) for i in range(len(items)) for j in range(i))
    return _at(place, "its items are not unique") if doubled else None


def _properties(schema: Schema, value: Any, place: str) -> str | None:
    if not isinstance(value, dict):
        return None
    members, declared = cast("dict[str, Any]", value), cast("Schema", schema.get("properties", {}))
    for name, inner in members.items():
        rule: Schema | bool = declared[name] if name in declared else schema.get("additionalProperties", True)
        if rule is False:
            return _at(place, f"{name!r} was unexpected")
        found = fault(rule, inner, f"{place}/{name}" if place else name)
        if found is not None:
            return found
    return None


def _required(schema: Schema, value: Any, place: str) -> str | None:
    missing = [name for name in schema["required"] if isinstance(value, dict) and name not in value]
    return _at(place, f"{missing[0]!r} is a required property") if missing else None


def _items(schema: Schema, value: Any, place: str) -> str | None:
    if not isinstance(value, list):
        return None
    for index, item in enumerate(cast("list[Any]", value)):
        found = fault(schema["items"], item, f"{place}/{index}" if place else str(index))
        if found is not None:
            return found
    return None


def _all_of(schema: Schema, value: Any, place: str) -> str | None:
    return next((found for part in schema["allOf"] if (found := fault(part, value, place)) is not None), None)


def _any_of(schema: Schema, value: Any, place: str) -> str | None:
    faults = [fault(part, value, place) for part in schema["anyOf"]]
    return None if None in faults else _at(place, f"{value!r:.200} fits none of the choices")


def _one_of(schema: Schema, value: Any, place: str) -> str | None:
    fitting = [fault(part, value, place) for part in schema["oneOf"]].count(None)
    return None if fitting == 1 else _at(place, f"{value!r:.200} fits {fitting} of the choices, not one")


def _not(schema: Schema, value: Any, place: str) -> str | None:
    return _at(place, f"{value!r:.200} is not allowed") if fault(schema["not"], value, place) is None else None


_CHECKS: Mapping[str, Callable[[Schema, Any, str], str | None]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _number("minimum", lambda value, bound: value >= bound),
    "maximum": _number("maximum", lambda value, bound: value <= bound),
    "exclusiveMinimum": _number("exclusiveMinimum", lambda value, bound: value > bound),
    "exclusiveMaximum": _number("exclusiveMaximum", lambda value, bound: value < bound),
    "minLength": _sized("minLength", "string", lambda length, bound: length >= bound),
    "maxLength": _sized("maxLength", "string", lambda length, bound: length <= bound),
    "minItems": _sized("minItems", "array", lambda length, bound: length >= bound),
    "maxItems": _sized("maxItems", "array", lambda length, bound: length <= bound),
    "minProperties": _sized("minProperties", "object", lambda length, bound: length >= bound),
    "maxProperties": _sized("maxProperties", "object", lambda length, bound: length <= bound),
    "pattern": _pattern,
    "uniqueItems": _unique,
    "properties": _properties,
    "additionalProperties": _properties,
    "required": _required,
    "items": _items,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
}
