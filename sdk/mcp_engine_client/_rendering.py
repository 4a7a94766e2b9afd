"""A prompt's body and variables to messages, as the engine does it (the same checks in the same order)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from mcp_engine_client import _schemas
from mcp_engine_client._template import parsed
from mcp_engine_client._template_parts import Template
from mcp_engine_client.errors import TemplateInvalid, VariableInvalid, VariableMissing, VariableUnknown
from mcp_engine_client.models import IncludedPrompt, Message, PromptBody


class NeedsServer(TemplateInvalid):
    """The prompt uses something that only the server can render or check."""

    def __init__(self, what: str) -> None:
        super().__init__("template.unsupported", f"Only the server can render this prompt ({what}); use `render`.")


def templates_of(body: PromptBody) -> list[Message]:
    """Return each template with its role; a text prompt is one turn of the user."""
    if body.messages is None:
        return [Message(role="user", content=body.template or "")]
    return list(body.messages)


def variables_of(body: PromptBody) -> frozenset[str]:
    """Return the names that the templates read.

    Raises:
        TemplateInvalid: `template.syntax` or `template.unsupported`.
    """
    return frozenset[str]().union(*(parsed(message.content).variables for message in templates_of(body)))


def render_messages(
    body: PromptBody,
    variables: Mapping[str, Any],
    inputs: Mapping[str, Any],
    includes: Sequence[IncludedPrompt] = (),
    *,
    lenient: bool = False,
) -> list[Message]:
    """Return the messages for `variables`.

    Args:
        inputs: the schema of all that it and what it includes declare.
        includes: everything that it includes, directly or not.
        lenient: whether to pass over variables that the prompt does not have, as a fallback must.

    Raises:
        VariableUnknown, VariableMissing: naming the variable.
        VariableInvalid: for a value that does not fit its schema.
        TemplateInvalid: for a template that can't use these values.
        NeedsServer: when only the server can tell.
    """
    declared = cast("dict[str, Any]", inputs.get("properties", {}))
    required = cast("list[str]", inputs.get("required", []))
    given = {name: _plain(value) for name, value in variables.items() if not lenient or name in declared}
    _check_names(declared, given)
    given = {**_defaults(declared), **given}
    for name in required:
        if name not in given:
            raise VariableMissing(
                "prompt.variable_missing",
                f"The variable {name!r} is missing; the prompt needs: {', '.join(required)}.",
                details={"variable": name},
            )
    for schema in (body.variables or {}, *(one.variables for one in includes)):
        _check_values(schema, {name: value for name, value in given.items() if name in schema.get("properties", {})})
    values = {name: given.get(name) for name in declared}
    return [_rendered(message, values, includes) for message in templates_of(body)]


def _check_names(declared: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in declared:
            raise VariableUnknown(
                "prompt.variable_unknown",
                f"The prompt has no variable {name!r}; it has: {', '.join(sorted(declared)) or 'none'}.",
                details={"variable": name, "variables": sorted(declared)},
            )


def _check_values(schema: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    try:
        fault = _schemas.fault(schema, dict(given))
    except _schemas.Unsupported as error:
        raise NeedsServer(f"its variables' schema uses {error}") from error
    if fault is not None:
        raise VariableInvalid(
            "prompt.variable_invalid",
            f"The set of variables does not fit its schema: {fault}",
        )


def _rendered(message: Message, values: Mapping[str, Any], includes: Sequence[IncludedPrompt]) -> Message:
    try:
        included: dict[str, Template] = {one.reference: parsed(one.template) for one in includes}
        return Message(role=message.role, content=parsed(message.content).render(values, included))
    except TemplateInvalid as error:
        if error.code == "template.unsupported":
            raise NeedsServer(error.message) from error
        raise


def _defaults(declared: Mapping[str, Any]) -> dict[str, Any]:
    schemas = {name: cast("dict[str, Any]", part) for name, part in declared.items() if isinstance(part, dict)}
    return {name: part["default"] for name, part in schemas.items() if "default" in part}


def _plain(value: Any) -> Any:
    """Return a value as it would arrive at the server: tuples as lists."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in cast("list[Any]", value)]
    return value
