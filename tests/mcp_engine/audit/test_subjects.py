"""What entries are about, in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.audit.subjects import about

VERSION = {"artifact_name": "greet", "artifact_number": 2}
MOVE = {"label": "production", "number": 7, "from_number": 1, "to_number": 2}


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        ("artifact.version_pushed", {"kind": "rag_strategy", "name": "default", "number": 3}, "rag strategy default/3"),
        ("label.moved", {"kind": "prompt", "name": "greet", **MOVE}, "prompt greet@production: 1 → 2"),
        ("label.moved", {**MOVE, "from_number": None}, "label production: nothing → 2"),
        ("execution.ended", {"kind": "prompt_run", "artifact_label": "production", **VERSION}, "prompt run of greet/2"),
        ("execution.ended", {"kind": "ask", "artifact_name": None}, "ask"),
        ("document.version_added", {"number": 1}, "document, version 1"),
        ("document.version_indexed", {"media_type": "text/plain"}, "document text/plain"),
        ("content.erased", {"content_table": "execution_inputs"}, "content of execution inputs"),
        ("principal.created", {"kind": "person", "role": "owner"}, "person owner"),
        ("feedback.given", {"metric_name": "helpful"}, "feedback helpful"),
        ("key.created", {"burst": 200}, "key"),
    ],
)
def test_an_entry_says_what_it_is_about(kind: str, facts: dict[str, Any], said: str) -> None:
    assert about(kind, facts) == said


NAMES = st.sampled_from(
    ["kind", "name", "number", "label", "from_number", "to_number", "artifact_name", "artifact_number", "content_table"]
)


@given(st.dictionaries(NAMES, st.none() | st.integers() | st.text() | st.lists(st.text())))
def test_facts_of_any_type_are_no_error(facts: dict[str, Any]) -> None:
    assert about("plugin.happened", facts).strip() or facts.get("kind")
