"""A version and variables to the messages that go to the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from mcp_engine.errors import InvalidInput
from mcp_engine.json_schemas import check_value
from mcp_engine.prompts.schemas import Message, PromptBody
from mcp_engine.prompts.templates import render


def templates_of(body: PromptBody) -> list[tuple[str, Message]]:
    """Return each template of a prompt with the words that name it in errors; a text prompt is one user turn."""
    if body.messages is None:
        return [("The template", Message(role="user", content=body.template or ""))]
    return [(f"Message {number} ({message.role})", message) for number, message in enumerate(body.messages, start=1)]


def render_messages(
    body: PromptBody, variables: Mapping[str, Any], includes: Mapping[str, PromptBody] | None = None
) -> list[Message]:
    """Return the messages of a stored body for `variables`.

    Args:
        includes: the bodies of everything that it includes, directly or not, by reference.

    Raises:
        InvalidInput: `prompt.variable_missing` or `prompt.variable_unknown`, naming it;
            `prompt.variable_invalid` for a value that does not fit its schema; `template.undefined`.
        TooLarge: a template's bounds (see `templates`).
    """
    includes = includes or {}
    schema = inputs_of(body, includes)
    declared: dict[str, Any] = schema["properties"]
    for name in variables:
        if name not in declared:
            known = ", ".join(sorted(declared)) or "none"
            raise InvalidInput(
                "prompt.variable_unknown",
                f"The prompt has no variable {name[:140]!r}; it has: {known}.",
                details={"variable": name[:140], "variables": sorted(declared)},
            )
    given: dict[str, Any] = {**_defaults(declared), **variables}
    for name in schema["required"]:
        if name not in given:
            raise InvalidInput(
                "prompt.variable_missing",
                f"The variable {name!r} is missing; the prompt needs: {', '.join(schema['required'])}.",
                details={"variable": name},
            )
    for own in (body, *includes.values()):
        _check_values(own.variables or {}, given)
    values = {name: given.get(name) for name in declared}
    sources = {name: included.template or "" for name, included in includes.items()}
    return [
        Message(role=message.role, content=render(message.content, values, where=where, includes=sources))
        for where, message in templates_of(body)
    ]


def inputs_of(body: PromptBody, includes: Mapping[str, PromptBody]) -> dict[str, Any]:
    """Return the JSON Schema of what a render needs: a body's own variables, and those of what it includes.

    A variable that several declare is described by the first; each value is held against all of them.
    """
    own: dict[str, Any] = body.variables or {}
    properties: dict[str, Any] = {**own.get("properties", {})}
    required: list[str] = [*own.get("required", ())]
    for included in includes.values():
        schema: dict[str, Any] = included.variables or {}
        for name, part in schema.get("properties", {}).items():
            if name not in properties:
                properties[name] = part
                required += [name] if name in schema.get("required", ()) else []
    return {**own, "type": "object", "properties": properties, "required": required}


def _check_values(schema: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Raise `InvalidInput` (`prompt.variable_invalid`) unless the values that a schema speaks of fit it."""
    known = schema.get("properties", {})
    own = {name: value for name, value in given.items() if name in known}
    check_value(schema, own, code="prompt.variable_invalid", what="The set of variables")


def _defaults(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default of each variable that has one; a schema may be a bare boolean as well."""
    schemas = {name: cast("dict[str, Any]", part) for name, part in declared.items() if isinstance(part, dict)}
    return {name: part["default"] for name, part in schemas.items() if "default" in part}
