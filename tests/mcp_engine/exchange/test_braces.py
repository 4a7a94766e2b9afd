"""`{{ x }}` text and templates say the same with the same values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.errors import InvalidInput
from mcp_engine.exchange.braces import from_template, no_includes, pieces_of, to_template
from mcp_engine.prompts.templates import render

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=30)
SCRAPS = st.lists(
    TEXTS | st.sampled_from(["{", "{{", "}}", "{%", "%}", "{#", "{{ x }}", "{{y}}", "{{a b}}", "\n"]), max_size=8
)


@given(SCRAPS.map("".join))
def test_a_template_renders_what_the_text_says(text: str) -> None:
    converted = to_template(text)
    values = {name: f"<{name}>" for name in ("x", "y", "a_b")}
    meant = "".join(
        f"<{piece.text.replace(' ', '_')}>" if piece.kind == "variable" else piece.text
        for piece in pieces_of(text, no_includes)
    )
    extra = {piece.text for piece in pieces_of(text, no_includes) if piece.kind == "variable"} - {"x", "y", "a b"}
    if not extra:
        assert render(converted.template, values) == meant


@given(SCRAPS.map("".join))
def test_a_template_made_of_a_text_gives_it_back(text: str) -> None:
    converted = to_template(text)
    if not converted.renamed:
        back = from_template(converted.template, None, no_includes)
        assert to_template(back).template == converted.template


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("user name", "user_name"), ("a.b", "a_b"), ("in", "in_"), ("größe", "größe"), ("True", "True_"), ("x-1", "x_1")],
)
def test_variables_that_we_can_not_name_get_a_near_one(theirs: str, ours: str) -> None:
    converted = to_template(f"{{{{{theirs}}}}}")
    assert converted.template == f"{{{{ {ours} }}}}"
    assert converted.renamed == ({} if theirs == ours else {theirs: ours})


def test_braces_without_a_name_stay_text_and_are_told() -> None:
    assert to_template("{{#if x}}{{ a | b }}").kept_as_text == ["{{#if x}}", "{{ a | b }}"]


def test_frozen_text_and_raw_text_go_over_as_text() -> None:
    assert (
        from_template("{% frozen %}a {{ x }}{% endfrozen %}{% raw %}{%{% endraw %}", None, no_includes) == "a {{x}}{%"
    )


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("a\n{% if x %}b{% endif %}", "Line 2 .*`if x`"),
        ("{{ x.y }}", r"`x \. y`"),
        ("{{ x | upper }}", "knows text and variables alone"),
        ('{% include "tone@production" %}', "include"),
        ("{% raw %}{{ x }}{% endraw %}", "would be read as a variable"),
    ],
)
def test_what_others_have_no_word_for_is_refused_with_its_line(template: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        from_template(template, None, no_includes)
