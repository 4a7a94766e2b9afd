"""Prompt files read, and write back the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_engine.errors import InvalidInput, UnsupportedMedia
from mcp_engine.prompts.files import read_prompt, write_prompt

CHAT = """\
name: judge
messages:
  - {role: system, content: You are strict.}
  - role: user
    content: |
      Judge {{ text }}
      now.
tags: [2026-01-01, "yes"]
"""


def test_a_template_stands_under_its_front_matter() -> None:
    file = read_prompt("x.prompt", b"---\nname: explain\nparameters: {max_tokens: 24}\n---\nHi {{ a }}\n---\nthere\n")
    assert file.name == "explain"
    assert file.body == {"parameters": {"max_tokens": 24}, "template": "Hi {{ a }}\n---\nthere"}


@pytest.mark.parametrize("content", [b"Hi {{ a }}\n", b"Hi {{ a }}", b"\xef\xbb\xbfHi {{ a }}\r\n"])
def test_a_text_alone_is_a_template_named_after_its_file(content: bytes) -> None:
    file = read_prompt("folder/later.v2.prompt", content)
    assert (file.name, file.body) == ("later.v2", {"template": "Hi {{ a }}"})


def test_a_chat_prompt_is_yaml_or_front_matter_alone() -> None:
    as_yaml = read_prompt("x.yaml", CHAT.encode())
    assert as_yaml.name == "judge"
    assert as_yaml.body["type"] == "chat"
    assert as_yaml.body["messages"][1]["content"] == "Judge {{ text }}\nnow.\n"
    assert as_yaml.body["tags"] == ["2026-01-01", "yes"]
    assert read_prompt("x.md", f"---\n{CHAT}---\n".encode()) == as_yaml


def test_json_is_a_body() -> None:
    assert read_prompt("p.json", b'{"template": "Hi", "seed": 1}').body == {"template": "Hi", "seed": 1}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.prompt", b" \n", "a.prompt is empty"),
        ("x.prompt", b"---\nname: a\nno end", "must end the front matter"),
        ("x.prompt", b"---\nname: [a\n---\nHi", "line 3, column 1"),
        ("x.yaml", b"a: b: c", "line 1, column 5"),
        ("x.yaml", b"- a", "one object"),
        ("x.yaml", b"1: a", "one object"),
        ("x.yaml", b"a: .nan", "not JSON"),
        ("x.yaml", b"a: !!python/object/apply:os.system [ls]", "no YAML"),
        ("x.yaml", b"a: &a [*a]", "not JSON"),
        ("x.json", b'{"a": }', "line 1, column 7"),
        ("x.json", b"[" * 100_000, "nests too deeply"),
        ("x.prompt", b"\xff\xfe", "not UTF-8"),
        ("x.prompt", b"---\nname: 7\n---\nHi", "`name` must be a text"),
        ("x.prompt", b"---\ntemplate: a\n---\nb", "below the front matter"),
        ("x.prompt", b"---\nmessages: []\n---\nb", "not both"),
    ],
)
def test_a_file_that_can_not_be_read_says_where(name: str, content: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        read_prompt(name, content)
    assert refused.value.code == "prompt.file_invalid"
    assert name in refused.value.message


def test_an_unknown_suffix_says_which_are_known() -> None:
    with pytest.raises(UnsupportedMedia, match=r"\.prompt.*\.yaml"):
        read_prompt("x.docx", b"PK")


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=60)
SCALARS = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none(), TEXTS
)  # fmt: skip
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "description": TEXTS,
        "tags": st.lists(TEXTS, max_size=3),
        "parameters": st.dictionaries(TEXTS, SCALARS, max_size=3),
    },
)


@settings(max_examples=150, deadline=None)
@given(TEXTS, BODIES)
def test_text_prompts_round_trip(template: str, settings: dict[str, object]) -> None:
    body = {**settings, "template": template}
    file = read_prompt("other.prompt", write_prompt("name", body).encode())
    assert (file.name, dict(file.body)) == ("name", body)


@settings(max_examples=75, deadline=None)
@given(st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": TEXTS}), min_size=1, max_size=3), BODIES)
def test_chat_prompts_round_trip(messages: list[dict[str, str]], settings: dict[str, object]) -> None:
    body = {"type": "chat", **settings, "messages": messages}
    file = read_prompt("other.prompt", write_prompt("name", body).encode())
    assert (file.name, dict(file.body)) == ("name", body)
