"""Prompts and a dataset, as a configuration of promptfoo."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from jinja2 import Environment

from mcp_engine.exchange.parcel import Parcel, ParcelVersion
from mcp_engine.exchange.promptfoo.assertions import said_by
from mcp_engine.exchange.promptfoo.cases import KEPT
from mcp_engine.exchange.promptfoo.sources import FILE, NO_FILE, RAW
from mcp_engine.prompts.files import dump_yaml

_FROZEN = re.compile(r"\{%-?\s*(?:end)?frozen\s*-?%\}")
_NOT_THERE: Mapping[tuple[str, str], str] = {
    ("|", "items"): "the filter `items`",
    ("|", "tojson"): "the filter `tojson`",
    ("is", "boolean"): "the test `boolean`",
    ("is", "sequence"): "the test `sequence`",
    ("{%", "include"): "`include`",
}
_NO_PLACE = ("model", "parameters", "output_schema", "tools")


def config_text(
    versions: Sequence[ParcelVersion],
    rows: Iterable[Mapping[str, Any]],
    providers: Sequence[str],
    description: str,
    parcel: Parcel,
) -> str:
    """Return a configuration; remarks say what has no place in it, and what Nunjucks can't render is a fault."""
    prompts = [{"label": one.subject, "raw": _raw(one, parcel)} for one in versions]
    tests = [_test(number, row, parcel) for number, row in enumerate(rows, start=1)]
    config: dict[str, Any] = {"description": description, "prompts": prompts, "providers": [*providers]}
    return dump_yaml({**config, "tests": tests} if tests else config)


def _raw(version: ParcelVersion, parcel: Parcel) -> str:
    body = version.body
    if lost := [key for key in _NO_PLACE if body.get(key)]:
        parcel.note(version.subject, "left_out", f"A configuration keeps these at its providers: {', '.join(lost)}.")
    if body.get("type") == "chat":
        messages = [
            {"role": one["role"], "content": _template(one["content"], version.subject, parcel)}
            for one in body["messages"]
        ]
        return json.dumps(messages, ensure_ascii=False, indent=2)
    template = _template(body["template"], version.subject, parcel)
    return template if "\n" in template else template + NO_FILE


def _template(source: str, subject: str, parcel: Parcel) -> str:
    """Return a template as Nunjucks reads it, which knows almost all that ours know."""
    before = ""
    for line, kind, text in Environment(autoescape=True).lexer.tokeniter(source, None):  # pyright: ignore[reportUnknownMemberType]
        if kind in {"whitespace", "data"}:
            continue
        if what := _NOT_THERE.get((before.rstrip("-+"), text)):
            parcel.note(subject, "fault", f"Line {line} of its template uses {what}, which promptfoo does not know.")
        before = text
    plain = _FROZEN.sub("", source)
    if plain != source:
        parcel.note(subject, "changed", "The marks of frozen text are left out; the text stays.")
    return plain


def _test(number: int, row: Mapping[str, Any], parcel: Parcel) -> dict[str, Any]:
    metadata = dict(row["metadata"] or {})
    kept: dict[str, Any] = metadata.pop(KEPT, None) or {}
    inputs: Mapping[str, Any] = row["inputs"]
    variables = {name: _literal(value, f"row {number}, {name}", parcel) for name, value in inputs.items()}
    asserted: list[dict[str, Any]] = kept.get("assert") or said_by(row["expected"])
    asserted = [
        {**one, "value": _literal(one["value"], f"row {number}", parcel)} if "value" in one else one for one in asserted
    ]
    options = dict(kept.get("options") or {})
    if any(isinstance(value, list) for value in inputs.values()):
        # Else each item of a list of texts would be a test of its own.
        options["disableVarExpansion"] = True
    rest = {key: value for key, value in kept.items() if key not in {"assert", "options"}}
    members = {**rest, "vars": variables, "assert": asserted, "options": options, "metadata": metadata}
    return {key: value for key, value in members.items() if value not in ({}, [])}


def _literal(value: Any, where: str, parcel: Parcel) -> Any:
    """Return a value that promptfoo gives to the prompt as it is: it renders the braces of texts."""
    if isinstance(value, str):
        if "{{" not in value and "{%" not in value and "{#" not in value and not value.startswith(FILE):
            return value
        if RAW[1] in value:
            parcel.note(where, "fault", f"Its text holds {RAW[1]}, which promptfoo can't be kept from rendering.")
        return f"{RAW[0]}{value}{RAW[1]}"
    if isinstance(value, list):
        return [_literal(item, where, parcel) for item in cast("list[Any]", value)]
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {key: _literal(item, where, parcel) for key, item in members.items()}
    return value
