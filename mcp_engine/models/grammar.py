"""A JSON Schema as a GBNF grammar of llama.cpp."""

from __future__ import annotations

import json
import re
from typing import Any, cast

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\r": "\\r", "\n": "\\n"}
_ESCAPED = re.compile(r'[\\"\r\n]')


def json_grammar(schema: dict[str, Any]) -> str:
    """Return the grammar of the JSON texts that satisfy `schema`, as llama-cpp-python converts it.

    The package writes constants and property names wrongly when they hold quotes, backslashes or
    characters beyond U+FFFF (as two surrogates, which are no text); here they are exact.

    Raises:
        Exception: of any kind, when the converter does not know what to do with the schema.
    """
    converter = _exact_converter()(prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False)
    converter.visit(converter.resolve_refs(json.loads(json.dumps(schema)), "schema"), "")
    return str(converter.format_grammar())


def _exact_converter() -> Any:
    from llama_cpp.llama_grammar import SchemaConverter

    class ExactConverter(cast(Any, SchemaConverter)):
        def _format_literal(self, literal: str) -> str:
            return literal_of(literal)

    return ExactConverter


def literal_of(text: str) -> str:
    """Return the GBNF literal of a JSON text, its characters written as themselves."""
    if len(text) > 1 and text.startswith('"'):
        text = json.dumps(json.loads(text), ensure_ascii=False)
    return f'"{_ESCAPED.sub(lambda match: _ESCAPES[match.group()], text)}"'
