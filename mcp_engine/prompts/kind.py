"""The artifact kind `prompt`: which bodies the registry accepts, and how it stores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from mcp_engine.artifacts.kinds import Reference
from mcp_engine.errors import InvalidInput
from mcp_engine.faults import faults_of
from mcp_engine.json_schemas import check_schema
from mcp_engine.prompts.rendering import templates_of
from mcp_engine.prompts.schemas import PromptBody, Tool
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
        _check_tools(prompt.tools or ())
        return stored

    def dependencies(self, body: Mapping[str, Any]) -> Sequence[Reference]:
        return tuple(Reference.parse(KIND, name) for name in includes_of(parse_body(body)))

    def check_dependencies(self, body: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> None:  # noqa: ARG002 - the Protocol's
        """Only a text can stand inside another text.

        Raises:
            InvalidInput: `prompt.include_not_text`.
        """
        for reference, included in found.items():
            check_included(reference.removeprefix(f"{KIND}:"), included)


def check_included(name: str, included: Mapping[str, Any]) -> None:
    """Return if a prompt's body can stand inside another one.

    Raises:
        InvalidInput: `prompt.include_not_text`.
    """
    if included.get("type") != "text":
        raise InvalidInput("prompt.include_not_text", f"{name} is a chat prompt; only text prompts can be included.")


def includes_of(prompt: PromptBody) -> tuple[str, ...]:
    """Return what the templates of a body include, each once and in order: `tone@production`, `tone/3`."""
    uses = (check_template(message.content, where=where) for where, message in templates_of(prompt))
    return tuple(sorted({name for use in uses for name in use.includes}))


def frozen_texts(prompt: PromptBody) -> list[str]:
    """Return the texts between `frozen` and `endfrozen`, in order."""
    found: list[str] = []
    for where, message in templates_of(prompt):
        source = normalise_newlines(message.content)
        found += [source[start:end] for start, end in check_template(source, where=where).frozen]
    return found


def _check_tools(tools: Sequence[Tool]) -> None:
    names = [tool.name for tool in tools]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput("prompt.invalid", f"Two tools are named {twice!r}; give each a name of its own.")
    for tool in tools:
        check_schema(tool.input_schema, what=f"`input_schema` of the tool {tool.name!r}")


def parse_body(body: Mapping[str, Any]) -> PromptBody:
    """Return a body as a model, or raise `InvalidInput` (`prompt.invalid`) naming what is wrong."""
    try:
        return PromptBody.model_validate(dict(body))
    except ValidationError as error:
        raise InvalidInput("prompt.invalid", f"Correct the prompt: {faults_of(error, whole='body')}.") from error


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
