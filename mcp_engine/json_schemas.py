"""JSON Schema (2020-12) as the engine uses it: checked when stored, and never fetched from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from mcp_engine.errors import InvalidInput

MAX_MESSAGE_CHARACTERS = 500
# Without a registry of its own, jsonschema fetches `$ref`s over the network.
_OFFLINE: Registry[Any] = Registry()


def check_schema(schema: Mapping[str, Any], *, what: str) -> None:
    """Return if `schema` is valid JSON Schema 2020-12.

    Raises:
        InvalidInput: `schema.invalid`, naming `what` and the place in it.
    """
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise InvalidInput("schema.invalid", f"{what} is not a JSON Schema (2020-12): {_told(error)}") from error


def check_value(schema: Mapping[str, Any], value: Any, *, code: str, what: str) -> None:
    """Return if `value` satisfies `schema`, which `check_schema` has passed.

    Raises:
        InvalidInput: `code`, naming `what` and the place in it that does not fit; `schema.unresolvable`
            when a `$ref` points outside the schema.
    """
    try:
        validator = Draft202012Validator(dict(schema), registry=_OFFLINE)
        validator.validate(value)  # pyright: ignore[reportUnknownMemberType]
    except ValidationError as error:
        raise InvalidInput(code, f"{what} does not fit its schema: {_told(error)}") from error
    except Unresolvable as error:
        raise InvalidInput(
            "schema.unresolvable", f"{what}: its schema refers to {error.ref!r}, which is not in it."
        ) from error


def _told(error: ValidationError | SchemaError) -> str:
    place = "/".join(str(part) for part in error.absolute_path)
    message = error.message[:MAX_MESSAGE_CHARACTERS]
    return f"{place}: {message}" if place else message
