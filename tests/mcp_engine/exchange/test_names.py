"""Names, labels, tags and settings of others, as ours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import InvalidInput
from mcp_engine.exchange.names import (
    our_label,
    our_labels,
    our_message,
    our_name,
    our_names,
    our_role,
    our_tags,
    our_variable,
)
from mcp_engine.exchange.parcel import Parcel, ParcelVersion, Remark, stored_form
from mcp_engine.exchange.settings import from_config
from mcp_engine.identifiers import checked_name
from mcp_engine.prompts.templates import check_template


@given(st.text(max_size=300))
def test_any_text_has_a_name_and_a_variable_that_we_can_have(text: str) -> None:
    assert checked_name(our_name(text), what="prompt")
    assert our_name(our_name(text)) == our_name(text)
    variable = our_variable(text)
    assert check_template(f"{{{{ {variable} }}}}").variables == {variable}


def test_names_that_would_be_one_are_a_fault() -> None:
    parcel = Parcel()
    assert our_names(["a b", "a-b", "team/x"], parcel) == {"a-b": "a-b", "team/x": "team.x"}
    assert [(one.subject, one.outcome) for one in parcel.remarks] == [
        ("a b", "fault"), ("team/x", "changed"),
    ]  # fmt: skip


def test_labels_are_lower_case_and_none_is_lost_unsaid() -> None:
    parcel = Parcel()
    found = our_labels("x", {"Prod": 1, "prod": 2, "7": 3, "latest": 4, "a b": 5}, parcel)
    assert found == {"prod": 2, "a-b": 5}
    assert {one.subject: one.outcome for one in parcel.remarks} == {
        "x@7": "left_out", "x@Prod": "left_out", "x@a b": "changed",
    }  # fmt: skip
    assert our_label("LATEST") is None


def test_tags_messages_and_roles() -> None:
    parcel = Parcel()
    assert our_tags("x", ["a b", "a-b", "c"], parcel) == ["a-b", "c"]
    assert len(our_tags("x", [f"t{number}" for number in range(40)], parcel)) == 32
    assert our_message("x", "a\x00" * 3000, parcel) == "a" * 2000
    assert our_role("x", "Human", parcel) == "user"
    assert [one.outcome for one in parcel.remarks] == ["changed", "left_out", "changed", "changed"]
    with pytest.raises(InvalidInput, match="'function'"):
        our_role("x", "function", parcel)


@pytest.mark.parametrize(
    ("config", "body", "left"),
    [
        ({"temperature": 3}, {}, "temperature"),
        ({"stop": ["a"] * 9}, {}, "stop"),
        ({"maxTokens": 5, "top_k": 2}, {"parameters": {"max_tokens": 5}}, "top_k"),
        ({"tools": [{"type": "web_search"}]}, {}, "tools"),
        ({"tools": 3}, {}, "tools"),
        ({"response_format": {"type": "text"}}, {}, "response_format"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"title": "x"}}}},
            {"output_schema": {"title": "x"}},
            None,
        ),
        ({"provider": "openai"}, {}, "'openai'"),
        ({"model": "local"}, {"model": "local"}, None),
        ({"model": "gpt"}, {}, "--provider"),
        ({"model_name": "gpt", "provider": "openai"}, {"model": "openai/gpt"}, None),
        (
            {"seed": 3, "mcp_engine": {"description": "d", "other": 1}},
            {"parameters": {"seed": 3}, "description": "d"},
            None,
        ),
    ],
)
def test_settings_are_taken_or_named(config: dict[str, Any], body: dict[str, Any], left: str | None) -> None:
    parcel = Parcel()
    assert from_config(config, "x/1", parcel, provider=None) == body
    whys = [one.why for one in parcel.remarks]
    assert (left is None and whys == []) or (left is not None and left in whys[0])


def test_a_prompt_that_is_too_large_is_a_fault() -> None:
    found = stored_form(
        ParcelVersion("x", 1, {"template": "a", "description": "b", "output_schema": {"x": "y" * 2**20}})
    )
    assert isinstance(found, Remark)
    assert "the limit is" in found.why
