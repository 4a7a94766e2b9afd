"""What a test asserts, and which of it a row can expect."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from mcp_engine.exchange.promptfoo.sources import objects

Assertion = dict[str, Any]
_TEMPLATE = "#/assertionTemplates/"
_HOLDS = frozenset({"contains", "icontains", "starts-with"})
_LISTS = frozenset({"contains-any", "contains-all", "icontains-any", "icontains-all"})
_CODE = {"javascript:": "javascript", "fn:": "javascript", "eval:": "javascript", "python:": "python"}
_RUBRIC = ("grade:", "llm-rubric:")
# Not every `word: text` is an assertion: one of another word is an answer that is expected.
_TYPES = (
    "equals|contains-any|contains-all|contains-json|contains-html|contains-sql|contains-xml|contains|icontains-any|"
    "icontains-all|icontains|is-json|is-html|is-sql|is-xml|is-refusal|is-valid-openai-tools-call|"
    "is-valid-openai-function-call|regex|starts-with|similar|levenshtein|latency|cost|rouge-n|bleu|gleu|meteor|"
    "perplexity-score|perplexity|classifier|moderation|webhook|factuality|model-graded-closedqa|answer-relevance|"
    "context-recall|context-relevance|context-faithfulness|word-count|guardrails|human|finish-reason|g-eval|select-best"
)
_SPOKEN = re.compile(rf"(not-)?({_TYPES})(?:\((\d+(?:\.\d+)?)\))?(?::(.*))?", re.DOTALL)


def from_text(text: str) -> Assertion:
    """Return the assertion that a cell of an `__expected` column holds."""
    for prefix, kind in _CODE.items():
        if text.startswith(prefix):
            return {"type": kind, "value": text.removeprefix(prefix).strip()}
    for prefix in _RUBRIC:
        if text.startswith(prefix):
            return {"type": "llm-rubric", "value": text.removeprefix(prefix)}
    match = _SPOKEN.fullmatch(text)
    if match is None:
        return {"type": "equals", "value": text}
    inverse, kind, threshold, value = match.groups()
    found: Assertion = {"type": f"{inverse or ''}{kind}"}
    if value is not None:
        found["value"] = [part.strip() for part in value.split(",")] if kind in _LISTS else value.strip()
    if threshold is not None:
        found["threshold"] = float(threshold)
    return found


def resolved(value: Any, templates: Mapping[str, Any], where: str) -> Assertion:
    """Return an assertion of a configuration, with what its `$ref` names."""
    found = dict(objects(value, where))
    reference = found.pop("$ref", None)
    if isinstance(reference, str) and reference.startswith(_TEMPLATE):
        template = objects(templates.get(reference.removeprefix(_TEMPLATE)), f"{where}, {reference}")
        return {**template, **found}
    return found if reference is None else {"$ref": reference, **found}


def expected_of(assertions: Sequence[Assertion]) -> Any:
    """Return what a row can expect: the text of `equals`, else the texts that must be held; None for nothing."""
    for one in assertions:
        if one.get("type") == "equals" and "value" in one:
            return one["value"]
    texts: list[Any] = []
    for one in assertions:
        value: Any = one.get("value")
        if one.get("type") in _HOLDS and isinstance(value, str):
            texts.append(value)
        elif one.get("type") in _LISTS and isinstance(value, list):
            texts += cast("list[Any]", value)
    return texts[0] if len(texts) == 1 else texts or None


def unused(assertions: Sequence[Assertion]) -> list[str]:
    """Return the types of the assertions that no expectation says."""
    has_equals = any(one.get("type") == "equals" and "value" in one for one in assertions)
    said = {"equals"} if has_equals else _HOLDS | _LISTS
    return [str(one.get("type")) for one in assertions if one.get("type") not in said]


def said_by(expected: Any) -> list[Assertion]:
    """Return the assertions that say what a row expects; a list holds what would be right, any of it."""
    if expected is None:
        return []
    if isinstance(expected, list):
        return [{"type": "contains-any", "value": expected}]
    return [{"type": "equals", "value": expected}]
