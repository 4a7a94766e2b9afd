"""The template language: what it renders, what it refuses and where, and what bounds it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mcp_engine.errors import EngineError, InvalidInput, TooLarge
from mcp_engine.prompts.templates import check_template, normalise_newlines, render

PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=200)
VALUES: dict[str, Any] = {
    "name": "Ada", "items": ["a", "b", "c"], "user": {"name": "Bob", "keys": "K"}, "n": 3, "yes": True, "none": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{ name }}!", "Hi Ada!"),
        ("{{ user.name }} {{ user['name'] }} {{ items[0] }}{{ items[-1] }} {{ user.keys }}", "Bob Bob ac K"),
        ("{{ name|upper }} {{ name|lower }} {{ '  x '|trim }} {{ items|length }}", "ADA ada x 3"),
        ("{{ items|join(', ') }} {{ items|join }}", "a, b, c abc"),
        ("{% if n > 2 and not none %}many{% elif n %}some{% else %}none{% endif %}", "many"),
        ("{% for i in items %}{{ loop.index }}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}", "1a,2b,3c"),
        ("{% for i in [] %}x{% else %}empty{% endfor %}", "empty"),
        ("{% for i in items if i != 'b' %}{{ i }}{% endfor %}", "ac"),
        ("{% for key, value in user|items %}{{ key }}={{ value }};{% endfor %}", "name=Bob;keys=K;"),
        ("{{ 'a' in items }} {{ 'z' not in items }} {{ 'in' if yes else 'out' }}", "true true in"),
        ("{{ items }} {{ user }} {{ n }} {{ none }}|", '["a", "b", "c"] {"name": "Bob", "keys": "K"} 3 |'),
        ("{{ 'ä'|tojson }} {{ items|tojson }}", '"ä" ["a", "b", "c"]'),
        ("{{ none|default('nobody') }} {{ ''|default('x', true) }}", "nobody x"),
        ("a  {#- a comment -#}  b", "ab"),
        ("a\n{%- if yes -%}\n b \n{%- endif %}\n", "ab\n"),
        ("{% raw %}{{ name }}{% endraw %}", "{{ name }}"),
        ("<b>{{ '<i>&' }}</b>", "<b><i>&</b>"),
        ("{{ '🏠' }} \u202e{{ name }}", "🏠 \u202eAda"),
    ],
)  # fmt: skip
def test_what_it_renders(template: str, text: str) -> None:
    assert render(template, VALUES) == text


@pytest.mark.parametrize(
    ("template", "line", "column"),
    [
        ("Hi {{ name", 1, 7),
        ("Hi\n  {{ name } }", 2, 11),
        ("{{ }}", 1, 4),
        ("a\nb\n{% if name %}", 3, 12),
        ("🏠🏠 {% for x items %}{% endfor %}", 1, 13),
        ("{% endif %}", 1, 4),
        ("x {% frobnicate %}", 1, 6),
        ("{# never closed", 1, 3),
        ("{% raw %}never closed", 1, 10),
        ("ok {{ a }}\n\n   {{ b $ }}", 3, 9),
        ("{{ 'never closed }}", 1, 4),
        ("a\r\nb {{ }}", 2, 6),
        ("a   {%- if x -%}   \n  {{ }}", 2, 6),
    ],
)
def test_a_syntax_error_names_line_and_column(template: str, line: int, column: int) -> None:
    with pytest.raises(InvalidInput, match=f"line {line}, column {column}") as refused:
        check_template(template)
    assert (refused.value.code, refused.value.details) == ("template.syntax", {"line": line, "column": column})


@pytest.mark.parametrize(
    ("template", "column"),
    [
        ("{{ f() }}", 5),
        ("{{ name.upper() }}", 14),
        ("{{ name.__class__ }}", 8),
        ("{{ name['__class__'] }}", 8),
        ("{{ __name__ }}", 4),
        ("{{ 9 ** 9 }}", 4),
        ("{{ name * 9 }}", 4),
        ("{{ name ~ name }}", 4),
        ("{{ -n }}", 4),
        ("{{ items[1:] }}", 10),
        ("{{ {'a': 1} }}", 4),
        ("{{ name|attr('x') }}", 9),
        ("{{ name|format }}", 9),
        ("{{ name is callable }}", 9),
        ("{{ items|join(d='x') }}", 10),
        ("{{ loop }}", 4),
        ("{{ self }}", 4),
        ("{% for x in items %}{{ loop.cycle('a') }}{% endfor %}", 34),
        ("{% for x in items %}{{ loop._iterator }}{% endfor %}", 28),
        ("{% for x in items recursive %}{% endfor %}", 4),
        ("{% set a = 1 %}", 4),
        ("{% macro m() %}{% endmacro %}", 4),
        ("{% include 'x' %}", 4),
        ("{% include 'a b/1' %}", 4),
        ("{% include 'x/01' %}", 4),
        ("{% include name %}", 4),
        ("{% include ['x/1'] %}", 4),
        ("{% include 'x/1' ignore missing %}", 4),
        ("{% include 'x/1' without context %}", 4),
        ("{% import 'x' as x %}", 4),
        ("{% from 'x' import y %}", 4),
        ("{% extends 'x' %}", 4),
        ("{% block b %}{% endblock %}", 4),
        ("{% with a = 1 %}{% endwith %}", 4),
        ("{% filter upper %}{% endfilter %}", 4),
        ("{% call f() %}{% endcall %}", 4),
        ("{% autoescape true %}{% endautoescape %}", 4),
    ],
)
def test_everything_else_of_jinja_is_refused_with_its_place(template: str, column: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_template("\n" + template, where="Message 2 (user)")
    assert refused.value.code == "template.not_allowed", refused.value.message
    assert refused.value.details == {"line": 2, "column": column}, refused.value.message
    assert "Message 2 (user)" in refused.value.message


@settings(max_examples=200, deadline=None)
@given(PLAIN)
def test_text_without_delimiters_renders_to_itself(text: str) -> None:
    assume(not any(mark in text for mark in ("{{", "{%", "{#")))
    assert render(text, {}) == text


@settings(max_examples=100, deadline=None)
@given(PLAIN, PLAIN, PLAIN)
def test_a_value_is_never_read_as_a_template(before: str, value: str, after: str) -> None:
    assume(not any(mark in f"{before}{{{after}" for mark in ("{{", "{%", "{#")))
    assert render(before + "{{ x }}" + after, {"x": value}) == before + value + after


@settings(max_examples=100, deadline=None)
@given(st.lists(PLAIN.filter(lambda text: "{" not in text and "}" not in text), min_size=1, max_size=6))
def test_positions_hold_wherever_the_error_stands(parts: list[str]) -> None:
    before = "{{ x }}{# c #}".join(parts)
    with pytest.raises(InvalidInput) as refused:
        check_template(before + "{{ x + 1 }}")
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + len("{{ ") + 1
    assert refused.value.details == {"line": line, "column": column}


class Trap:
    """Tells when anything of it is touched; values are JSON in practice, and this is not."""

    touched = False

    def __getattr__(self, name: str) -> Any:
        type(self).touched = True
        raise AssertionError(name)


@settings(max_examples=50, deadline=None)
@given(st.from_regex(r"[a-z_]{1,12}", fullmatch=True))
def test_attributes_of_objects_are_never_read(name: str) -> None:
    for template in (f"{{{{ trap.{name} }}}}", "{{ trap[name] }}", "{{ text[name] }}", "{{ list[name] }}"):
        with pytest.raises(EngineError):
            render(template, {"trap": Trap(), "name": name, "text": "t", "list": []})
    assert not Trap.touched


@pytest.mark.parametrize(
    "template",
    [
        "{{ missing }}",
        "{{ user.missing }}",
        "{{ items[9] }}",
        "{{ user.a.b }}",
        "{% if missing %}{% endif %}",
        "{% for x in missing %}{% endfor %}",
        "{{ missing == 1 }}",
        "{{ [missing] }}",
        "{{ [missing]|join }}",
    ],
)
def test_what_is_not_there_is_an_error(template: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        render(template, VALUES)
    assert refused.value.code == "template.undefined", refused.value.message


@pytest.mark.parametrize(
    "template",
    [
        "{{ n|upper }}",
        "{{ n < name }}",
        "{% for x in n %}{% endfor %}",
        "{{ 1 in n }}",
        "{% for a, b in [1] %}{% endfor %}",
        "{{ n|items }}",
        "{{ items|join(1) }}",
    ],
)
def test_a_value_of_the_wrong_kind_is_an_error(template: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        render(template, VALUES)
    assert refused.value.code == "template.failed", refused.value.message


def test_the_output_is_bounded() -> None:
    with pytest.raises(TooLarge) as refused:
        render("{% for x in many %}{{ text }}{% endfor %}", {"many": ["x"] * 1000, "text": "y" * 10_000})
    assert refused.value.code == "template.output_too_large"
    with pytest.raises(TooLarge):
        render("{{ many|join(text) }}", {"many": ["x"] * 10_000, "text": "y" * 10_000})


@pytest.mark.parametrize("inner", ["", "{% if y %}{% endif %}", "{{ '' }}"])
def test_loops_that_write_nothing_are_bounded_too(inner: str) -> None:
    loops = "{% for x in many %}{% for y in many %}{% for z in many %}"
    with pytest.raises(TooLarge) as refused:
        render(loops + inner + "{% endfor %}" * 3, {"many": ["x"] * 1000})
    assert refused.value.code == "template.too_much_work"


@pytest.mark.parametrize(
    "template",
    [
        "{{ " + "(" * 5000 + "x" + ")" * 5000 + " }}",
        "{{ x" + "[x" * 2000 + "]" * 2000 + " }}",
        "{{ x" + ".x" * 5000 + " }}",
        "{{ " + "not " * 5000 + "x }}",
        "{% if x %}" * 500 + "{% endif %}" * 500,
        "{{ x" + "|upper" * 3000 + " }}",
        "{% for x in x %}" * 7 + "{% endfor %}" * 7,
        "{{ x }}" * 20_000,
    ],
    ids=["parentheses", "index", "member", "not", "if", "filter", "for", "tags"],
)
def test_a_template_that_is_too_complex_is_refused(template: str) -> None:
    with pytest.raises(InvalidInput):
        check_template(template)


def test_a_template_that_is_too_large_is_refused_with_the_limit() -> None:
    with pytest.raises(TooLarge, match="1,000,000"):
        check_template("x" * 10_000_000)


def test_it_says_which_variables_it_reads() -> None:
    usage = check_template(
        "{{ a }}{% for b in c %}{{ b.d }}{{ loop.index }}{% endfor %}{{ e.f }}{{ g[h] }}"
        "{{ i|join }}{% if j %}{{ k|upper }}{% endif %}"
    )
    assert usage.variables == set("acegihjk")
    assert usage.structured >= set("cegi")
    assert not usage.structured & set("ahjk")


def test_line_ends_are_made_one() -> None:
    assert normalise_newlines("a\r\nb\rc\n") == "a\nb\nc\n"


@pytest.mark.parametrize("template", ["{{ 'a' if 1.a }}", "{{ x == 1e999 }}", "{{ " + "9" * 5000 + " }}"])
def test_an_expression_that_always_fails_is_refused_when_it_is_read(template: str) -> None:
    with pytest.raises(InvalidInput):
        check_template(template)


def test_an_include_reads_the_variables_that_stand_where_it_stands() -> None:
    includes = {"line/1": "<{{ item }} of {{ owner }}{% include 'end@production' %}>", "end@production": "."}
    template = "{% for item in items %}{% include 'line/1' %}{% endfor %}{% include 'end@production' %}"
    assert check_template(template).includes == ("end@production", "line/1")
    values = {"items": ["a", "b"], "owner": "Ada"}
    assert render(template, values, includes=includes) == "<a of Ada.><b of Ada.>."


def test_a_value_that_an_include_misses_is_named() -> None:
    with pytest.raises(InvalidInput, match="'owner' is undefined"):
        render("{% include 'line/1' %}", {}, includes={"line/1": "{{ owner }}"})


def test_includes_share_the_bounds_of_one_render() -> None:
    loop = "{% for a in s %}{% for b in s %}{% for c in s %}x{% endfor %}{% endfor %}{% endfor %}"
    with pytest.raises(TooLarge):
        render("{% include 'a/1' %}" * 20, {"s": "x" * 60}, includes={"a/1": loop})


@pytest.mark.parametrize(
    ("template", "texts"),
    [
        ("{% frozen %}Keep {{ this }}.{% endfrozen %} Not this.", ["Keep {{ this }}."]),
        ("a{%- frozen -%} b {%- endfrozen -%} c", [" b "]),
        ("{% if x %}{%   frozen   %}1{%endfrozen%}{% endif %}{%frozen%}{%endfrozen%}", ["1", ""]),
        ("{% frozen %}a{% frozen %}b{% endfrozen %}{% endfrozen %}", ["a{% frozen %}b{% endfrozen %}", "b"]),
        ("{% raw %}{% frozen %}{% endraw %}", []),
    ],
)
def test_frozen_texts_are_known_to_the_character(template: str, texts: list[str]) -> None:
    assert [template[start:end] for start, end in check_template(template).frozen] == texts


def test_frozen_text_renders_as_if_it_were_not_marked() -> None:
    assert render("a {% frozen %}b {{ x }}{% endfrozen %} c", {"x": 1}) == "a b 1 c"


@pytest.mark.parametrize("template", ["{% frozen %}a", "a{% endfrozen %}", "{% frozen x %}a{% endfrozen %}"])
def test_a_frozen_mark_without_its_other_half_is_a_syntax_error(template: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_template(template)
    assert refused.value.code == "template.syntax"
