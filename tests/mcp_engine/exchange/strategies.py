"""Bodies that hypothesis makes: odd line ends, all of Unicode, schemas with anything in them."""

from __future__ import annotations

from hypothesis import strategies as st

from mcp_engine.exchange.braces import to_template

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1),
        st.floats(allow_nan=False, allow_infinity=False), TEXTS,
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
TEMPLATES_OF_ANY_TEXT = TEXTS.map(lambda text: to_template(text).template)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "description": TEXTS,
        "tags": st.lists(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,9}\Z"), max_size=3),
        "parameters": st.fixed_dictionaries({}, optional={"temperature": st.floats(0, 2), "seed": st.integers(0, 9)}),
        "output_schema": st.fixed_dictionaries({"default": JSON, "title": TEXTS}),
        "tools": st.lists(
            st.fixed_dictionaries({"name": st.just("look"), "description": TEXTS, "input_schema": st.just({})}),
            max_size=1,
        ),
    },
)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": TEMPLATES_OF_ANY_TEXT}),
    min_size=1,
    max_size=3,
)
