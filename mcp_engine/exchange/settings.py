"""Model and parameters, as other systems keep them beside a prompt, and back.

What they have no place for travels under the member `mcp_engine`, so that our own export comes back whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError

from mcp_engine.exchange.parcel import Parcel
from mcp_engine.models.calls import CallParameters
from mcp_engine.prompts.kind import PromptKind

OURS = "mcp_engine"
"""The member that holds what only our prompts have."""
_CARRIED = ("description", "variables", "output_schema", "tools")
_OUR_PARAMETERS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top_p", "topP": "top_p",
    "max_tokens": "max_tokens", "maxTokens": "max_tokens", "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "stop": "stop", "stop_sequences": "stop",
    "seed": "seed",
}  # fmt: skip
_MODELS = ("model", "model_name", "modelName")


def from_config(config: Mapping[str, Any], subject: str, parcel: Parcel, *, provider: str | None) -> dict[str, Any]:
    """Return the members of a body that a configuration gives; remarks say what it had besides.

    Args:
        provider: of ours, for a model that is named without one.
    """
    body: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    left: list[str] = []
    for key, value in config.items():
        if key in _MODELS or key in {"provider", OURS} or value is None:
            continue
        if key in _OUR_PARAMETERS and (taken := _parameter(_OUR_PARAMETERS[key], value)) is not None:
            parameters[_OUR_PARAMETERS[key]] = taken
        elif key == "tools" and (tools := _tools(value)) is not None:
            body["tools"] = tools
        elif key == "response_format" and (schema := _schema(value)) is not None:
            body["output_schema"] = schema
        else:
            left.append(key)
    if parameters:
        body["parameters"] = parameters
    body.update(_model(config, subject, parcel, provider))
    if left:
        parcel.note(subject, "left_out", f"Of its configuration: {', '.join(sorted(left))}.")
    carried: Any = config.get(OURS)
    if isinstance(carried, dict):
        ours = cast("dict[str, Any]", carried)
        body.update({key: ours[key] for key in _CARRIED if key in ours})
    return body


def to_config(body: Mapping[str, Any], *, model_key: str, stop_key: str) -> dict[str, Any]:
    """Return the configuration that `from_config` reads back as the same members of a body."""
    config: dict[str, Any] = {} if body.get("model") is None else {model_key: body["model"]}
    parameters: Mapping[str, Any] = body.get("parameters") or {}
    for key, value in parameters.items():
        config[stop_key if key == "stop" else key] = value
    carried = {key: body[key] for key in _CARRIED if key in body and not (key == "variables" and _inferred(body))}
    return {**config, OURS: carried} if carried else config


def _inferred(body: Mapping[str, Any]) -> bool:
    """Return whether the variables are those that the templates alone would give."""
    without = {key: value for key, value in body.items() if key != "variables"}
    return PromptKind().normalise(without)["variables"] == body["variables"]


def _parameter(name: str, value: Any) -> Any:
    """Return a parameter as ours, or None for a value that ours can't have."""
    wanted: Any = [value] if name == "stop" and isinstance(value, str) else value
    try:
        return CallParameters.model_validate({name: wanted}).model_dump(include={name})[name]
    except ValidationError:
        return None


def _model(config: Mapping[str, Any], subject: str, parcel: Parcel, provider: str | None) -> dict[str, str]:
    named: Any = next((config[key] for key in _MODELS if config.get(key)), None)
    theirs: Any = config.get("provider")
    if named is None:
        if theirs:
            parcel.note(subject, "left_out", f"The provider {theirs!r}, which comes without a model.")
        return {}
    model = f"{theirs}/{named}" if theirs else str(named)
    if model == "local" or "/" in model:
        return {"model": model}
    if provider is not None:
        return {"model": f"{provider}/{model}"}
    parcel.note(subject, "left_out", f"The model {model!r}: say by --provider which provider of yours has it.")
    return {}


def _tools(value: Any) -> list[dict[str, Any]] | None:
    """Return tools in the form of OpenAI's API as ours; None for any other form."""
    if not isinstance(value, list):
        return None
    tools: list[dict[str, Any]] = []
    for tool in cast("list[Any]", value):
        match tool:
            case {"type": "function", "function": {"name": str(name), **rest}}:
                extra = cast("dict[str, Any]", rest)
                schema: Any = extra.get("parameters") or {"type": "object"}
                tools.append({"name": name, "description": extra.get("description") or "", "input_schema": schema})
            case _:
                return None
    return tools


def _schema(value: Any) -> dict[str, Any] | None:
    """Return the schema in a response format: a bare one, or in the form of OpenAI's API."""
    match value:
        case {"type": "json_schema", "json_schema": {"schema": dict()}}:
            return cast("dict[str, Any]", value["json_schema"]["schema"])
        case {"type": "object"}:
            return cast("dict[str, Any]", value)
        case _:
            return None
