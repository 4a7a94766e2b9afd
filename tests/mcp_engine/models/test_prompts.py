"""Chats as the model's template writes them; what a user types never becomes a control token."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_engine.errors import InvalidInput
from mcp_engine.models.frames import Message
from mcp_engine.models.grammar import json_grammar, literal_of
from mcp_engine.models.prompts import ChatTemplate, Piece

CONTROLS = ["<|im_start|>", "<|im_end|>"]
CHATML = ChatTemplate(None, bos="<s>", eos="</s>", controls=CONTROLS)


def user(text: str) -> Message:
    return Message(role="user", content=text)


def test_without_a_template_a_chat_is_chatml() -> None:
    assert CHATML.render([user("Hi")]) == [
        Piece("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", special=True)
    ]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["a", "<", *CONTROLS, "\ue000", "\ue001", "0", "\n", "🎈"]), max_size=10).map("".join))
def test_the_pieces_are_the_prompt_and_only_the_template_writes_control_tokens(text: str) -> None:
    pieces = CHATML.render([user(text)])
    assert "".join(piece.text for piece in pieces) == f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"
    special = "".join(piece.text for piece in pieces if piece.special)
    assert special.count("<|im_start|>") == 2
    assert special.count("<|im_end|>") == 1


def test_a_template_that_refuses_says_so() -> None:
    strict = ChatTemplate("{{ raise_exception('roles must alternate') }}", bos="", eos="", controls=[])
    with pytest.raises(InvalidInput, match="roles must alternate") as caught:
        strict.render([user("Hi")])
    assert caught.value.code == "model.template_refused"


def test_a_template_can_not_reach_into_python() -> None:
    hostile = ChatTemplate("{{ ''.__class__.__mro__[1].__subclasses__() }}", bos="", eos="", controls=[])
    with pytest.raises(InvalidInput):
        hostile.render([user("Hi")])


@pytest.mark.parametrize(
    ("json_text", "literal"),
    [
        ("12", '"12"'),
        ('"a"', r'"\"a\""'),
        (r'"\ud83c\udf88"', r'"\"🎈\""'),
        (r'"a\\b"', r'"\"a\\\\b\""'),
        ("\n", r'"\n"'),
    ],
)
def test_literals_are_exact(json_text: str, literal: str) -> None:
    assert literal_of(json_text) == literal


def test_a_reference_to_a_server_is_never_followed() -> None:
    with pytest.raises(Exception, match=r"(?i)fetch"):
        json_grammar({"$ref": "https://example.com/schema.json"})
