"""Identities and call parameters."""

from __future__ import annotations

import hashlib

import pytest

from mcp_engine.errors import InvalidInput
from mcp_engine.models.port import ModelCall, ModelIdentity, checked_call


def test_the_digest_of_an_identity_is_of_its_canonical_json() -> None:
    remote = ModelIdentity("acme", "m/1")
    assert remote.digest == hashlib.sha256(b'{"model":"m/1","provider":"acme"}').hexdigest()
    assert ModelIdentity("local", "m", "w", "s").digest != ModelIdentity("local", "m", "w2", "s").digest


def test_the_defaults_make_answers_repeatable() -> None:
    call = checked_call({"temperature": None, "stop": None})
    assert call == ModelCall()
    assert (call.temperature, call.seed, call.max_tokens) == (0.0, 0, 256)


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": float("nan")}, {"temperature": 2.1}, {"top_p": 0}, {"max_tokens": 10**9}, {"seed": -1},
        {"seed": 2**31}, {"stop": "text"}, {"stop": ["x"] * 9}, {"stop": ["x" * 257]}, {"timeout_seconds": 0},
        {"response_schema": "no"}, {"top_k": 4},
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))) as caught:
        checked_call(wrong)
    assert caught.value.code == "model.parameters_invalid"
