"""The files that a configuration names: only below one folder, and never run."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from mcp_engine.errors import InvalidInput

MAX_FILE_BYTES = 64 * 1024 * 1024
FILE = "file://"
NO_FILE = "{#\n#}"
"""Renders to nothing; a prompt of several lines is never taken for the name of a file."""
RAW = ("{% raw %}", "{% endraw %}")
"""Keeps promptfoo from rendering the braces of a value."""
YAML = frozenset({".yaml", ".yml"})
CODE = frozenset({".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".py", ".rb", ".go", ".sh", ".exe"})


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, which promptfoo reads: `yes`, `12:30` and dates are texts."""


_Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"(?:{pattern})\Z"), [*first])  # pyright: ignore[reportUnknownMemberType]


def unwrapped(value: Any) -> Any:
    """Return a value whose texts are without the marks that kept their braces."""
    if isinstance(value, str):
        marked = value.startswith(RAW[0]) and value.endswith(RAW[1])
        return value.removeprefix(RAW[0]).removesuffix(RAW[1]) if marked else value
    if isinstance(value, list):
        return [unwrapped(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: unwrapped(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def invalid(where: str, what: str) -> InvalidInput:
    """Return the error for what is wrong at a place."""
    return InvalidInput("exchange.promptfoo_invalid", f"{where}: {what}")


class Sources:
    """Reads the files that are named from a folder.

    Args:
        base: where names begin.
        root: nothing outside of it is read: a configuration of somebody else must not reach your secrets.
    """

    def __init__(self, base: Path, root: Path | None = None) -> None:
        self._base = base.resolve()
        self._root = (root or base).resolve()

    def named(self, reference: str, where: str) -> list[Path]:
        """Return the files that `file://…` or a path means, which may hold `*`.

        Raises:
            InvalidInput: `exchange.promptfoo_invalid`: there is none, or one lies outside of the root.
        """
        pattern = reference.removeprefix(FILE)
        try:
            there = (self._base / pattern).resolve()
            if not there.is_relative_to(self._root):
                raise invalid(where, f"{reference} lies outside of {self._root}; allow a folder above it by --root.")
            if any(character in pattern for character in "*?["):
                found = sorted(self._base.glob(pattern))
            else:
                found = sorted(there.iterdir()) if there.is_dir() else [there]
            found = [path for path in found if path.is_file() and path.resolve().is_relative_to(self._root)]
        except (OSError, ValueError, NotImplementedError) as error:
            raise invalid(where, f"{reference!r:.140} names no file: {error}.") from error
        if not found:
            raise invalid(where, f"there is no file {reference!r:.140}.")
        return found

    def name(self, path: Path) -> str:
        """Return how messages name a file."""
        return next(
            (str(path.relative_to(one)) for one in (self._base, self._root) if path.is_relative_to(one)), path.name
        )

    def text(self, path: Path) -> str:
        """Return a text file with plain line ends.

        Raises:
            InvalidInput: it is code, too large, or no UTF-8 text.
        """
        where = self.name(path)
        if path.suffix.lower() in CODE:
            raise invalid(where, "it is code, which an import never runs; write out what it gives.")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise invalid(where, f"it is larger than {MAX_FILE_BYTES:,} bytes.")
        try:
            return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            raise invalid(where, f"it is not UTF-8 text (byte {error.start}).") from error

    def data(self, path: Path) -> Any:
        """Return what a YAML, JSON, JSON Lines or CSV file holds; of a CSV file, its records."""
        suffix, where, text = path.suffix.lower(), self.name(path), self.text(path)
        if suffix in YAML:
            return yaml_value(text, where)
        if suffix == ".json":
            return json_value(text, where)
        if suffix == ".jsonl":
            lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
            return [json_value(line, f"{where}, line {number}") for number, line in lines]
        if suffix in {".csv", ".tsv"}:
            return _records(text, where, "\t" if suffix == ".tsv" else ",")
        raise invalid(where, "it is neither YAML, JSON, JSON Lines nor CSV.")


def yaml_value(text: str, where: str) -> Any:
    """Return a YAML document as JSON values."""
    try:
        return _plain(yaml.load(text, Loader=_Loader), where)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise invalid(where, f"no YAML{place}: {error.problem}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise invalid(where, f"no YAML: {error}.") from error


def json_value(text: str, where: str) -> Any:
    """Return a JSON document."""
    try:
        return _plain(json.loads(text), where)
    except json.JSONDecodeError as error:
        raise invalid(where, f"no JSON at line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except RecursionError as error:
        raise invalid(where, "it nests too deeply.") from error


def objects(value: Any, where: str) -> Mapping[str, Any]:
    """Return a value that must be an object."""
    if not isinstance(value, Mapping):
        raise invalid(where, "an object must stand here.")
    return cast("Mapping[str, Any]", value)


def _plain(value: Any, where: str) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise invalid(where, f"it holds what is not JSON: {error}.") from error


def _records(text: str, where: str, delimiter: str) -> list[dict[str, str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, list[str]())]
        if len({*header}) < len(header) or "" in header:
            raise invalid(where, "every column of its header needs a name of its own.")
        records: list[dict[str, str]] = []
        for cells in reader:
            if cells and len(cells) != len(header):
                raise invalid(
                    f"{where}, line {reader.line_num}", f"{len(cells)} cells stand under {len(header)} columns."
                )
            if cells:
                records.append(dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise invalid(f"{where}, line {reader.line_num}", f"{error}.") from error
    return records
