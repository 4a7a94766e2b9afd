"""Names and attributes of the OpenTelemetry semantic conventions for generative AI.

Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/. The attributes that carry
content (`gen_ai.input.messages`, `gen_ai.output.messages`, …) are left out on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from opentelemetry.trace import Span
from opentelemetry.util.types import AttributeValue

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
CACHED_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
TOOL_NAME: Final = "gen_ai.tool.name"
ERROR_TYPE: Final = "error.type"
EXECUTION_ID: Final = "mcp_engine.execution.id"
FIRST_TOKEN_MS: Final = "mcp_engine.first_token_ms"  # noqa: S105 - a duration, no secret

_REQUEST_PARAMETERS: Final = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "top_k": "gen_ai.request.top_k",
    "max_tokens": "gen_ai.request.max_tokens",
    "seed": "gen_ai.request.seed",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
}


def chat_span(provider: str, model: str, parameters: Mapping[str, Any]) -> tuple[str, dict[str, AttributeValue]]:
    """Return the name and attributes of the span around one model call (kind CLIENT)."""
    attributes: dict[str, AttributeValue] = {OPERATION: "chat", PROVIDER: provider, REQUEST_MODEL: model}
    for parameter, attribute in _REQUEST_PARAMETERS.items():
        value = parameters.get(parameter)
        if isinstance(value, int | float):
            attributes[attribute] = value
    return f"chat {model}", attributes


def embeddings_span(provider: str, model: str) -> tuple[str, dict[str, AttributeValue]]:
    """Return the name and attributes of the span around one embedding call."""
    return f"embeddings {model}", {OPERATION: "embeddings", PROVIDER: provider, REQUEST_MODEL: model}


def tool_span(tool: str) -> tuple[str, dict[str, AttributeValue]]:
    """Return the name and attributes of the span around one tool call."""
    return f"execute_tool {tool}", {OPERATION: "execute_tool", TOOL_NAME: tool}


def record_response(
    span: Span,
    *,
    finish_reasons: Sequence[str] = (),
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    cached_tokens: int | None = None,
    response_model: str | None = None,
    first_token_ms: float | None = None,
) -> None:
    """Set what the model's answer told, leaving out what it didn't."""
    if finish_reasons:
        span.set_attribute(FINISH_REASONS, list(finish_reasons))
    told: dict[str, AttributeValue | None] = {
        INPUT_TOKENS: input_tokens,
        OUTPUT_TOKENS: output_tokens,
        CACHED_TOKENS: cached_tokens,
        RESPONSE_MODEL: response_model,
        FIRST_TOKEN_MS: first_token_ms,
    }
    for name, value in told.items():
        if value is not None:
            span.set_attribute(name, value)
