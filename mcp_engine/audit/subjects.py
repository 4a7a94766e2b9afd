"""What an entry is about, in the few words that its own facts give: a list needs no second look for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES = ("name", "metric_name", "role", "media_type")


def about(kind: str, facts: Mapping[str, Any]) -> str:
    """Return such as `prompt greeting/2`, `prompt greeting@production: 1 → 2`, `prompt run of greeting/2` or `key`.

    Domains and plugins write their own facts, so each is read by its name and may be absent: `kind`
    says what the subject is (else the kind of the entry does), then come its name and its number.
    """
    noun = (_text(facts, "kind") or kind.split(".")[0]).replace("_", " ")
    name = next(filter(None, (_text(facts, one) for one in _NAMES)), "")
    number, label = facts.get("number"), _text(facts, "label")
    if artifact := _text(facts, "artifact_name"):
        return f"{noun} of {artifact}/{facts.get('artifact_number')}"
    if label and "to_number" in facts:
        what = f"{noun} {name}@{label}" if name else f"{noun} {label}"
        return f"{what}: {facts.get('from_number') or 'nothing'} → {facts['to_number']}"
    if table := _text(facts, "content_table"):
        return f"{noun} of {table.replace('_', ' ')}"
    if number is not None:
        return f"{noun} {name}/{number}" if name else f"{noun}, version {number}"
    return f"{noun} {name}".rstrip()


def _text(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return value if isinstance(value, str) else ""
