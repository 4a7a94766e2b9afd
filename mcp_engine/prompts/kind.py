"""The artifact kind `prompt`: which bodies the registry accepts, and how it stores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.errors import InvalidInput
from mcp_engine.json_schemas import check_schema
from mcp_engine.prompts.rendering import templates_of
from mcp_engine.prompts.schemas import PromptBody
from mcp_engine.prompts.templates import Usage, check_template, normalise_newlines

KIND = "prompt"


class PromptKind:
    """Checks templates, variables and schemas; keeps what the author set and fills in the variables."""

    name = KIND

    def normalise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the stored form of a body: only what was set, `type`, and the variables' schema.

        Raises:
            InvalidInput: `prompt.invalid`, `template.syntax`, `template.not_allowed`, `schema.invalid`,
                `prompt.variable_undeclared`.
        """
        prompt = parse_body(body)
        uses = [check_template(message.content, where=where) for where, message in templates_of(prompt)]
        stored = prompt.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        stored["type"] = prompt.type
        if prompt.template is not None:
            stored["template"] = normalise_newlines(prompt.template)
        for message in stored.get("messages", ()):
            message["content"] = normalise_newlines(message["content"])
        stored["variables"] = _variables(prompt.variables, uses)
        if prompt.output_schema is not None:
            check_schema(prompt.output_schema, what="`output_schema`")
        return stored

    def dependencies(self, body: Mapping[str, Any]) -> Sequence[Reference]:  # noqa: ARG002 - a prompt stands alone
        return ()


def parse_body(body: Mapping[str, Any]) -> PromptBody:
    """Return a body as a model, or raise `InvalidInput` (`prompt.invalid`) naming what is wrong."""
    try:
        return PromptBody.model_validate(dict(body))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in error.errors()[:5]
        )
        raise InvalidInput("prompt.invalid", f"Correct the prompt: {faults}.") from error


def _variables(declared: dict[str, Any] | None, uses: Sequence[Usage]) -> dict[str, Any]:
    used = sorted(frozenset[str]().union(*(use.variables for use in uses)))
    structured = frozenset[str]().union(*(use.structured for use in uses))
    if declared is None:
        properties = {name: {} if name in structured else {"type": "string"} for name in used}
        return {"type": "object", "properties": properties, "required": used}
    check_schema(declared, what="`variables`")
    properties: dict[str, Any] = declared.get("properties", {})
    if declared.get("type") != "object":
        raise InvalidInput("prompt.invalid", '`variables` must be a JSON Schema with "type": "object".')
    for name in used:
        if name not in properties:
            raise InvalidInput(
                "prompt.variable_undeclared",
                f"The template uses {name!r}, which `variables` does not declare; declared are: "
                f"{', '.join(sorted(properties)) or 'none'}.",
                details={"variable": name},
            )
    return declared
