"""The client renders exactly what the server renders."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mcp_engine.errors import EngineError
from mcp_engine.json_schemas import check_value
from mcp_engine.prompts import templates
from mcp_engine_client import _schemas
from mcp_engine_client._template import parsed
from mcp_engine_client.errors import EngineError as ClientError

NAMES = ["a", "b", "items", "user", "é", "loop"]
_text = st.text(alphabet="ab {}%#-\n\r\t é\\'\"|²\u2028", max_size=6)
_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**6), st.floats(allow_nan=False, allow_infinity=False), _text
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "name", "é"]), inner),
    max_leaves=8,
)
_scopes = st.fixed_dictionaries(dict.fromkeys(NAMES[:-1], _values))


@st.composite
def _literals(draw: st.DrawFn) -> str:
    return draw(
        st.sampled_from(
            ["1", "0", "1_000", "0x1f", "1.5", "1e3", "true", "False", "none", "''", '"é\\n"', "'a' 'b'", "[]",
             "[1, 'x',]", "(1, 2)", "()", "-1", "-(2)", "-0.5", "'\\u00e9\\\\'", "loop.index", "loop.last",
             "loop.length"]
        )
    )  # fmt: skip


def _operations(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def joined(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
        return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)

    comparison = st.sampled_from([" == ", " != ", " < ", " <= ", " > ", ">=", " in ", " not in ", " and ", " or "])
    filters = st.sampled_from(
        ["upper", "lower", "capitalize", "trim", "join", "join('-')", "length", "default('d')", "default(a, true)",
         "items", "tojson", "upper(1)", "default"]
    )  # fmt: skip
    tests = st.sampled_from(
        [
            "defined",
            "not defined",
            "undefined",
            "none",
            "string",
            "number",
            "boolean",
            "mapping",
            "sequence",
            "string b",
        ]
    )
    return st.one_of(
        joined(inner, comparison, inner),
        joined(inner, comparison, inner, comparison, inner),
        joined("not ", inner),
        joined("(", inner, ")"),
        joined("(", inner, ")[", inner, "]"),
        joined("[", inner, ", ", inner, "]"),
        joined(inner, "|", filters),
        joined("(", inner, ")|", filters),
        joined(inner, " is ", tests),
        joined(inner, " if ", inner, " else ", inner),
        joined(inner, " if ", inner),
        joined(inner, ".", st.sampled_from(["a", "name", "0", "1"])),
    )


_expressions = st.recursive(st.sampled_from(NAMES[:-1]) | _literals(), _operations, max_leaves=4)
_opening, _closing = st.sampled_from(["", "-", "+"]), st.sampled_from(["", "-", "+"])


@st.composite
def _tags(draw: st.DrawFn, inside: str) -> str:
    return f"{{%{draw(_opening)} {inside} {draw(_closing)}%}}"


def _statements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    @st.composite
    def statement(draw: st.DrawFn) -> str:
        kind = draw(st.sampled_from(["if", "for", "for-else", "for-if", "raw", "comment", "pair"]))
        expression, body = draw(_expressions), draw(inner)
        match kind:
            case "if":
                elif_, else_ = draw(_tags(f"elif {draw(_expressions)}")), draw(_tags("else"))
                return (
                    draw(_tags(f"if {expression}")) + body + elif_ + draw(inner) + else_ + body + draw(_tags("endif"))
                )
            case "raw":
                sign = draw(st.sampled_from(["", "-"]))
                return f"{{%{sign} raw {sign}%}} {{{{ a }}}} {{%{sign} endraw {sign}%}}"
            case "comment":
                sign = draw(_opening)
                return f"{{#{sign} note {{{{ a }}}} {sign}#}}"
            case "pair":
                return body + draw(inner)
            case _:
                target = draw(st.sampled_from(["a", "x", "k, v", "(k, v)", "k, (v, w)", "k,"]))
                condition = f" if {draw(_expressions)}" if kind == "for-if" else ""
                other = draw(_tags("else")) + draw(inner) if kind == "for-else" else ""
                return draw(_tags(f"for {target} in {expression}{condition}")) + body + other + draw(_tags("endfor"))

    return statement()


_outputs = st.builds(
    lambda sign, inside, end: f"{{{{{sign} {inside} {end}}}}}", _opening, _expressions, st.sampled_from(["", "-"])
)
_templates = st.recursive(_text | _outputs, _statements, max_leaves=4)
_words = st.lists(
    st.sampled_from(
        ["{{", "}}", "{%", "%}", "{#", "#}", "-", " ", "a", "b", "if", "endif", "else", "for", "in", "endfor", "loop",
         ".", "index", "|", "upper", "is", "defined", "not", "(", ")", "[", "]", ",", "1",
         "'x'", "raw", "endraw", "\n", ":"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


def server(source: str, values: dict[str, Any]) -> str | None:
    try:
        templates.check_template(source)
    except EngineError as error:
        # A constant that fails is refused on the server even where it is never evaluated.
        assume(error.code != "template.failed")
    try:
        return templates.render(source, values)
    except EngineError:
        return None


def client(source: str, values: dict[str, Any]) -> str | None:
    try:
        return parsed(source).render(values)
    except ClientError:
        return None


@settings(max_examples=150, deadline=None, derandomize=True)
@given(source=_templates, values=_scopes)
def test_templates_render_as_the_server_renders_them(source: str, values: dict[str, Any]) -> None:
    assert client(source, values) == server(source, values)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(source=_words, values=_scopes)
def test_what_the_server_refuses_is_refused(source: str, values: dict[str, Any]) -> None:
    assert client(source, values) == server(source, values)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(source=_templates)
def test_the_variables_of_a_template_are_the_servers(source: str) -> None:
    try:
        expected = templates.check_template(source).variables
    except EngineError:
        return
    assert parsed(source).variables == expected


_small = st.integers(-2, 3)
_json = st.recursive(
    st.none() | st.booleans() | _small | st.sampled_from([0.5, 1.0, -0.0]) | st.sampled_from(["", "a", "ab", "aé"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)
_kinds = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
_counts = st.integers(0, 3)
_schema = st.recursive(
    st.booleans() | st.builds(lambda kind: {"type": kind}, _kinds),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": _kinds | st.lists(_kinds, min_size=1, max_size=3, unique=True),
            "enum": st.lists(_json, min_size=1, max_size=3),
            "const": _json,
            "minimum": _small,
            "maximum": _small,
            "exclusiveMinimum": _small,
            "exclusiveMaximum": _small,
            "minLength": _counts,
            "maxLength": _counts,
            "minItems": _counts,
            "maxItems": _counts,
            "minProperties": _counts,
            "maxProperties": _counts,
            "pattern": st.sampled_from(["^a", "b$", "^$", "."]),
            "uniqueItems": st.booleans(),
            "properties": st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
            "additionalProperties": inner,
            "required": st.lists(st.sampled_from(["a", "b"]), unique=True),
            "items": inner,
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "title": st.just("x"),
            "format": st.just("email"),
        },
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(schema=_schema, value=_json)
def test_values_fit_a_schema_here_when_they_do_there(schema: Any, value: Any) -> None:
    wrapped = {"type": "object", "properties": {"x": schema}}
    try:
        check_value(wrapped, {"x": value}, code="prompt.variable_invalid", what="It")
        fits = True
    except EngineError:
        fits = False
    assert (_schemas.fault(wrapped, {"x": value}) is None) == fits


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"if": True}, {"multipleOf": 2}, {"type": "any"}, {"pattern": "("}])
def test_a_schema_that_only_the_server_knows_is_said_to_be_so(schema: Any) -> None:
    with pytest.raises(_schemas.Unsupported):
        _schemas.fault(schema, "x")


@pytest.mark.parametrize(
    ("template", "code"),
    [("{{ x + 1 }}", "template.unsupported"), ("{% set a = 1 %}", "template.unsupported"),
     ("{{ x.__class__ }}", "template.unsupported"), ("{{ x() }}", "template.unsupported"), ("{{ x", "template.syntax"),
     ("{% if x %}", "template.syntax"), ("{{ x|upper }}", "template.failed"), ("{{ x.y.z }}", "template.undefined"),
     ("(" * 3000, None), ("{{ " + "(" * 3000 + " }}", "template.too_complex")],
)  # fmt: skip
def test_what_a_template_can_not_do_is_named(template: str, code: str | None) -> None:
    if code is None:
        assert client(template, {}) == template
        return
    with pytest.raises(ClientError) as caught:
        parsed(template).render({"x": {}})
    assert caught.value.code == code


def test_a_text_without_bounds_is_refused() -> None:
    with pytest.raises(ClientError, match="larger"):
        parsed("{% for a in xs %}{% for b in xs %}{{ word }}{% endfor %}{% endfor %}").render(
            {"xs": [1] * 1000, "word": "word" * 10}
        )
