"""LangChain messages as the plain turns that chat templates and OpenAI-compatible servers take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from mcp_engine.errors import InvalidInput
from mcp_engine.models.frames import Message

_ROLES: tuple[tuple[type[BaseMessage], str], ...] = (
    (SystemMessage, "system"),
    (HumanMessage, "user"),
    (AIMessage, "assistant"),
)


def plain_turns(messages: Sequence[BaseMessage]) -> list[Message]:
    """Return a chat's turns for the local model, which reads text alone.

    Raises:
        InvalidInput: `model.no_messages`; `model.message_unsupported` for tool messages, images and
            other content; `model.text_not_unicode` for lone surrogates.
    """
    if not messages:
        raise InvalidInput("model.no_messages", "Send at least one message.")
    return [Message(role=_role(message), content=_text(message)) for message in messages]


def _role(message: BaseMessage) -> str:
    for kind, role in _ROLES:
        if isinstance(message, kind):
            return role
    raise InvalidInput(
        "model.message_unsupported",
        f"The local model takes system, user and assistant messages, not {message.type!r}; use another model.",
    )


def _text(message: BaseMessage) -> str:
    content = cast("str | list[str | dict[str, Any]]", message.content)
    parts = [content] if isinstance(content, str) else [_part(part) for part in content]
    text = "".join(parts)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "model.text_not_unicode", f"A message holds a lone surrogate at character {error.start}; remove it."
        ) from error
    return text


def _part(part: str | dict[str, Any]) -> str:
    if isinstance(part, str):
        return part
    if part.get("type") == "text":
        return str(part["text"])
    raise InvalidInput(
        "model.message_unsupported",
        f"The local model reads text alone, not {str(part.get('type'))!r} content; use another model.",
    )
