"""JSON Schema (2020-12) as the engine uses it: checked when stored, and never fetched from anywhere.

Schemas come from tenants. `pattern` is matched with a limit of time, because one that backtracks
would hold the whole process; `patternProperties` is refused, because jsonschema matches it without one.

Not covered: schemas whose references multiply (`allOf` of references to `allOf`s) take long. Call
`check_value` in a thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import regex
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from mcp_engine.errors import InvalidInput

MAX_MESSAGE_CHARACTERS = 500
PATTERN_SECONDS = 0.5
_HOLD_DATA = frozenset({"const", "default", "enum", "examples"})
_HOLD_NAMES = frozenset({"$defs", "definitions", "dependentSchemas", "properties"})
# Without a registry of its own, jsonschema fetches `$ref`s over the network.
_OFFLINE: Registry[Any] = Registry()


def check_schema(schema: Mapping[str, Any], *, what: str) -> None:
    """Return if `schema` is valid JSON Schema 2020-12.

    Raises:
        InvalidInput: `schema.invalid`, naming `what` and the place in it.
    """
    try:
        Draft202012Validator.check_schema(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        if _has_pattern_properties(schema):
            raise InvalidInput("schema.invalid", f"{what} uses `patternProperties`; name the properties instead.")
    except SchemaError as error:
        raise InvalidInput("schema.invalid", f"{what} is not a JSON Schema (2020-12): {_told(error)}") from error
    except RecursionError:
        raise InvalidInput("schema.invalid", f"{what} nests too deeply.") from None


def check_value(schema: Mapping[str, Any], value: Any, *, code: str, what: str) -> None:
    """Return if `value` satisfies `schema`, which `check_schema` has passed.

    Raises:
        InvalidInput: `code`, naming `what` and the place in it that does not fit; `schema.unresolvable`
            when a `$ref` points outside the schema.
    """
    try:
        validator = _BoundedValidator(dict(schema), registry=_OFFLINE)
        validator.validate(value)  # pyright: ignore[reportUnknownMemberType]
    except ValidationError as error:
        raise InvalidInput(code, f"{what} does not fit its schema: {_told(error)}") from error
    except RecursionError:
        raise InvalidInput(code, f"{what}: the value or its schema nests too deeply.") from None
    except Unresolvable as error:
        raise InvalidInput(
            "schema.unresolvable", f"{what}: its schema refers to {error.ref!r}, which is not in it."
        ) from error


def _check_pattern(
    validator: Validator, pattern: str, instance: Any, _schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "string"):
        return
    try:
        if regex.search(pattern, instance, timeout=PATTERN_SECONDS) is None:
            yield ValidationError(f"{instance!r} does not match {pattern!r}")
    except (TimeoutError, regex.error) as error:
        yield ValidationError(f"the pattern {pattern!r} can't be matched: {error or 'it takes too long'}")


_BoundedValidator = cast(
    "type[Draft202012Validator]",
    validators.extend(Draft202012Validator, {"pattern": _check_pattern}),  # pyright: ignore[reportUnknownMemberType]
)


def _has_pattern_properties(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(map(_has_pattern_properties, cast("list[Any]", schema)))
    if not isinstance(schema, Mapping):
        return False
    for key, value in cast("Mapping[str, Any]", schema).items():
        if key == "patternProperties":
            return True
        inner: Any = value
        if key in _HOLD_NAMES and isinstance(value, Mapping):
            inner = list(cast("Mapping[str, Any]", value).values())
        if key not in _HOLD_DATA and _has_pattern_properties(inner):
            return True
    return False


def _told(error: ValidationError | SchemaError) -> str:
    place = "/".join(str(part) for part in error.absolute_path)
    message = error.message[:MAX_MESSAGE_CHARACTERS]
    return f"{place}: {message}" if place else message
