"""A configuration of promptfoo, as prompts and a dataset."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from mcp_engine.errors import InvalidInput
from mcp_engine.exchange.datasets import lines_of
from mcp_engine.exchange.names import our_name, our_role
from mcp_engine.exchange.parcel import Parcel, ParcelDataset, ParcelPrompt, ParcelVersion
from mcp_engine.exchange.promptfoo.cases import CaseReader
from mcp_engine.exchange.promptfoo.sources import FILE, NO_FILE, YAML, Sources, invalid, objects

_READ = frozenset(
    {"prompts", "tests", "defaultTest", "scenarios", "description", "assertionTemplates", "$schema", "schema"}
)
_SEPARATOR = "---"
_TEXTS = frozenset({".txt", ".md", ".j2", ".json", ".jsonl", *YAML})
_ELSEWHERE = ("langfuse://", "portkey://", "helicone://", "exec:", "http://", "https://", "promptfoo://")


class _Found(NamedTuple):
    """A prompt's source: what it is called, its text, and where that stands."""

    name: str
    text: str
    where: str
    lines_above: int = 0


def read_config(path: Path, *, root: Path | None = None, dataset: str | None = None) -> Parcel:
    """Read a configuration.

    Args:
        root: the folder that the files it names must lie in; its own by default.
        dataset: how the rows are called; as the file by default.

    Raises:
        InvalidInput: `exchange.promptfoo_invalid` when it is no configuration; what is wrong inside is a remark.
    """
    sources, parcel = Sources(path.parent, root), Parcel()
    config = objects(sources.data(path.resolve()), path.name)
    for key in sorted(config.keys() - _READ):
        parcel.note(path.name, "left_out", f"`{key}` has no place here.")
    _add_prompts(config, sources, path.name, parcel)
    rows = CaseReader(config, sources, path.name, parcel).rows()
    if rows:
        description = str(config.get("description") or "")
        parcel.datasets.append(
            ParcelDataset(
                our_name(dataset or path.stem), 1, lines_of(rows), description, message="Imported from promptfoo",
                where=path.name,
            )
        )  # fmt: skip
    return parcel


def _add_prompts(config: Mapping[str, Any], sources: Sources, where: str, parcel: Parcel) -> None:
    taken: set[str] = set()
    for found in _prompts(config.get("prompts"), sources, where, parcel):
        name = our_name(found.name)
        number = 2
        while name in taken:
            name, number = f"{our_name(found.name)}-{number}", number + 1
        taken.add(name)
        if name != found.name:
            parcel.note(found.where, "changed", f"The prompt is called {name!r} here.")
        try:
            body = _body(found, f"{name}/1", parcel)
        except InvalidInput as error:
            parcel.note(f"{name}/1", "fault", error.message)
            continue
        message = f"Imported from promptfoo: {found.where}"
        version = ParcelVersion(name, 1, body, message, found.where, found.lines_above)
        parcel.prompts.append(ParcelPrompt(name, (version,)))


def _prompts(value: Any, sources: Sources, where: str, parcel: Parcel) -> Iterator[_Found]:
    if isinstance(value, Mapping):
        # An older form: the name by the file.
        value = [{"raw": raw, "label": label} for raw, label in cast("Mapping[str, Any]", value).items()]
    given = cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
    for number, item in enumerate(given):
        place = f"{where}, prompts[{number}]"
        try:
            raw, label = _named(item, place)
            if raw.startswith(_ELSEWHERE):
                raise invalid(place, f"{raw.partition(':')[0]} prompts are not in this file; write them out.")
            if _is_file(raw):
                for path in sources.named(raw, place):
                    yield from _of_file(path, label, sources)
            else:
                yield _Found(label or f"{Path(where).stem}-{number + 1}", raw, place)
        except InvalidInput as error:
            parcel.note(f"prompts[{number}]", "fault", error.message)


def _named(item: Any, place: str) -> tuple[str, str | None]:
    """Return a prompt's text or file, and its label."""
    if isinstance(item, str):
        return item, None
    members = objects(item, place)
    raw = members.get("raw") or members.get("id")
    if not isinstance(raw, str):
        raise invalid(place, "a prompt is a text, a file, or an object with `raw` or `id`.")
    label = members.get("label") or members.get("display") or (members.get("id") if "raw" in members else None)
    return raw, None if label is None else str(label)


def _is_file(raw: str) -> bool:
    if raw.startswith(FILE):
        return True
    return "\n" not in raw and "{{" not in raw and Path(raw).suffix.lower() in _TEXTS and " " not in raw


def _of_file(path: Path, label: str | None, sources: Sources) -> Iterator[_Found]:
    """Yield the prompts of a file; a text file may hold several, with lines `---` between them."""
    text, where, name = sources.text(path), sources.name(path), label or path.stem
    suffix = path.suffix.lower()
    if suffix in YAML:
        yield _Found(name, json.dumps(sources.data(path), ensure_ascii=False), where)
    elif suffix == ".jsonl":
        lines = [line for line in text.split("\n") if line.strip()]
        for number, line in enumerate(lines, start=1):
            yield _Found(f"{name}-{number}" if len(lines) > 1 else name, line, f"{where}, line {number}")
    elif suffix == ".txt":
        parts = [*_parts(text)]
        for number, (part, above) in enumerate(parts, start=1):
            yield _Found(f"{name}-{number}" if len(parts) > 1 else name, part, where, above)
    else:
        yield _Found(name, text.strip(), where, len(text) and text[: len(text) - len(text.lstrip())].count("\n"))


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """Yield each text between the lines `---`, trimmed, and how many lines stand above it."""
    lines = text.split("\n")
    ends = [number for number, line in enumerate(lines) if line.strip() == _SEPARATOR] + [len(lines)]
    begin = 0
    for end in ends:
        part = "\n".join(lines[begin:end])
        if part.strip():
            yield part.strip(), begin + part[: len(part) - len(part.lstrip())].count("\n")
        begin = end + 1


def _body(found: _Found, subject: str, parcel: Parcel) -> dict[str, Any]:
    """Return the body of a text: a chat where it is a list of messages in JSON."""
    messages = _messages(found.text)
    if messages is None:
        return {"type": "text", "template": found.text.removesuffix(NO_FILE)}
    chat: list[dict[str, str]] = []
    for number, one in enumerate(messages, start=1):
        content: Any = one.get("content")
        if not isinstance(content, str):
            raise invalid(found.where, f"the content of message {number} is not text alone.")
        if extra := one.keys() - {"role", "content"}:
            parcel.note(subject, "left_out", f"Of message {number}: {', '.join(sorted(extra))}.")
        chat.append({"role": our_role(subject, str(one.get("role")), parcel), "content": content})
    return {"type": "chat", "messages": chat}


def _messages(text: str) -> list[Mapping[str, Any]] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value).get("messages")
    if not isinstance(value, list) or not value:
        return None
    items = cast("list[Any]", value)
    return items if all(isinstance(item, Mapping) and "role" in item for item in items) else None
