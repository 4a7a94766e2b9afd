"""A chat as the model's own template writes it, safe against control tokens typed by a user."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from mcp_engine.errors import InvalidInput
from mcp_engine.models.frames import Message

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""What a GGUF without a chat template gets, as in llama.cpp."""
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000([0-9]+)\ue001")


@dataclass(frozen=True, slots=True)
class Piece:
    """Text to tokenise; control tokens in it are meant only where `special`."""

    text: str
    special: bool


class ChatTemplate:
    """Renders messages into pieces.

    A control token's text inside a message (`<|im_end|>`) would end the turn if it were read as the
    token. It is marked before the template runs and tokenised afterwards as the plain text it is.
    """

    def __init__(self, template: str | None, *, bos: str, eos: str, controls: Sequence[str]) -> None:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self._format = cast(Any, Jinja2ChatFormatter)(template or CHATML, eos_token=eos, bos_token=bos)
        # Private-use marks typed by a user are treated like control texts, or they would pass for ours.
        texts = [*sorted(controls, key=len, reverse=True), "\ue000", "\ue001"]
        self._typed = re.compile("|".join(map(re.escape, texts)))

    def render(self, messages: Sequence[Message]) -> list[Piece]:
        """Return the prompt in order; raises `InvalidInput` (`model.template_refused`)."""
        typed: list[str] = []

        def mark(match: re.Match[str]) -> str:
            typed.append(match.group())
            return _MARK.format(len(typed) - 1)

        marked = [Message(role=turn["role"], content=self._typed.sub(mark, turn["content"])) for turn in messages]
        prompt = self._rendered(marked)
        pieces: list[Piece] = []
        position = 0
        for match in _MARKED.finditer(prompt):
            pieces.append(Piece(prompt[position : match.start()], special=True))
            pieces.append(Piece(typed[int(match.group(1))], special=False))
            position = match.end()
        pieces.append(Piece(prompt[position:], special=True))
        return [piece for piece in pieces if piece.text]

    def _rendered(self, messages: Sequence[Message]) -> str:
        try:
            return str(self._format(messages=messages).prompt)
        except Exception as error:
            raise InvalidInput(
                "model.template_refused", f"The model's chat template does not take these messages: {str(error)[:200]}"
            ) from error
