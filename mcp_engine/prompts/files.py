"""The file that `prompt push` reads: a template under YAML front matter, or a whole body as YAML or JSON.

    ---
    name: explain
    parameters: {max_tokens: 64}
    ---
    Explain {{ term }} in one sentence.

A text without front matter is a template alone. `name` may be left out: the file's own name is used
then. A chat prompt has `messages` in its front matter, and nothing below it. The line end that
closes the file is no part of the template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, cast

import yaml

from mcp_engine.errors import InvalidInput, UnsupportedMedia

TEXT_SUFFIXES = frozenset({".prompt", ".md", ".txt", ".j2", ".jinja", ".jinja2"})
_OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029\ufeff]")
_FENCE = re.compile(r"---[ \t]*\n")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


class _Loader(yaml.SafeLoader):
    """YAML without dates: `2026-01-01` stays the text that it is in JSON too."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Dumper(yaml.SafeDumper):
    """YAML with several lines of text as a block."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # In quotes PyYAML escapes the other line ends that YAML folds; in blocks and plain text it doesn't.
    quoted = '"' if _OTHER_LINE_ENDS.search(text) else None
    style = "|" if quoted is None and "\n" in text else quoted
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)  # pyright: ignore[reportUnknownMemberType]


_Dumper.add_representer(str, _represent_text)  # pyright: ignore[reportUnknownMemberType]


@dataclass(frozen=True, slots=True)
class PromptFile:
    """What a file holds: the prompt's name, its body as the API takes it, and the lines above its template."""

    name: str
    body: Mapping[str, Any]
    lines_above: int = 0


def read_prompt(filename: str, content: bytes) -> PromptFile:
    """Read a prompt file.

    Raises:
        InvalidInput: `prompt.file_invalid`: empty, not UTF-8, or no YAML or JSON object; says where.
        UnsupportedMedia: `prompt.file_type` for an unknown suffix.
    """
    path = PurePath(filename)
    suffix = path.suffix.lower()
    text = _text(filename, content)
    if not text.strip():
        raise InvalidInput("prompt.file_invalid", f"{filename} is empty; write the template into it.")
    lines_above = 0
    if suffix in {".yaml", ".yml"}:
        body = _yaml(text, filename)
    elif suffix == ".json":
        body = _json(text, filename)
    elif suffix in TEXT_SUFFIXES or not suffix:
        body, lines_above = _front_matter(text, filename)
    else:
        known = ", ".join(sorted({*TEXT_SUFFIXES, ".yaml", ".json"}))
        raise UnsupportedMedia("prompt.file_type", f"{filename} is no prompt file; use one of: {known}.")
    name = body.pop("name", path.stem)
    if not isinstance(name, str):
        raise InvalidInput("prompt.file_invalid", f"{filename}: `name` must be a text.")
    if "messages" in body:
        body.setdefault("type", "chat")
    return PromptFile(name, body, lines_above)


def write_prompt(name: str, body: Mapping[str, Any]) -> str:
    """Return the prompt file of a body; `read_prompt` gives the same name and body back."""
    head = {"name": name, **body}
    template = head.pop("template", None)
    return f"---\n{dump_yaml(head)}---\n" + ("" if template is None else f"{template}\n")


def dump_yaml(value: Mapping[str, Any]) -> str:
    """Return an object of JSON values as YAML that people read well; `read_yaml` gives the same back."""
    return yaml.dump(dict(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def read_yaml(filename: str, content: bytes) -> dict[str, Any]:
    """Read a YAML file of one object of JSON values; an empty file is an empty object.

    Raises:
        InvalidInput: `prompt.file_invalid`; says where.
    """
    return _yaml(_text(filename, content), filename)


def _text(filename: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise InvalidInput("prompt.file_invalid", f"{filename} is not UTF-8 text (byte {error.start}).") from error


def _front_matter(text: str, filename: str) -> tuple[dict[str, Any], int]:
    """Return the body, and how many lines stand above the template."""
    body: dict[str, Any] = {}
    template = text
    if _FENCE.match(text):
        match = _FRONT_MATTER.match(text)
        if match is None:
            raise InvalidInput("prompt.file_invalid", f"{filename}: a line `---` must end the front matter.")
        # One line is cut off above the YAML: errors still count as the file does.
        body, template = _yaml("\n" + match[1], filename), text[match.end() :]
    lines_above = text.count("\n") - template.count("\n") if template else 0
    template = template.removesuffix("\n")
    if "messages" not in body:
        if "template" in body:
            raise InvalidInput("prompt.file_invalid", f"{filename}: the template stands below the front matter.")
        body["template"] = template
    elif template.strip():
        raise InvalidInput(
            "prompt.file_invalid", f"{filename}: give `messages` or a template below the front matter, not both."
        )
    return body, lines_above


def _yaml(text: str, filename: str) -> dict[str, Any]:
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InvalidInput("prompt.file_invalid", f"{filename} is no YAML{where}: {error.problem}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidInput("prompt.file_invalid", f"{filename} is no YAML: {error}.") from error
    return _object({} if value is None else value, filename)


def _json(text: str, filename: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            "prompt.file_invalid",
            f"{filename} is no JSON at line {error.lineno}, column {error.colno}: {error.msg}.",
        ) from error
    except RecursionError as error:
        raise InvalidInput("prompt.file_invalid", f"{filename} nests too deeply.") from error
    return _object(value, filename)


def _object(value: Any, filename: str) -> dict[str, Any]:
    """Return `value` if it is an object of JSON values: YAML has more."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput("prompt.file_invalid", f"{filename} holds what is not JSON: {error}.") from error
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in cast("dict[Any, Any]", value)):
        raise InvalidInput("prompt.file_invalid", f"{filename} must hold one object with named members.")
    return cast("dict[str, Any]", value)
