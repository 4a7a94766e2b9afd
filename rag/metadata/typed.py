"""Metadata and conditions on it as they are typed in the shell: `team=ops`, `year>=2020`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from mcp_engine.cli.failures import CommandFailed, ExitCode

_PAIR = re.compile(r"(?P<key>[^=<>]+?)(?P<sign>>=|<=|=)(?P<value>.*)", re.DOTALL)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_BOUNDS = {">=": "at_least", "<=": "at_most"}


def metadata_of(pairs: Sequence[str]) -> dict[str, Any]:
    """Return the metadata that `KEY=VALUE` pairs say.

    Raises:
        CommandFailed: for what is no pair, and for a key that is said twice.
    """
    said: dict[str, Any] = {}
    for pair in pairs:
        key, sign, value = _parts(pair, "--metadata takes KEY=VALUE, such as team=ops.")
        if sign != "=":
            raise CommandFailed(f"{pair!r}: --metadata takes KEY=VALUE, such as team=ops.", ExitCode.USAGE)
        if key in said:
            raise CommandFailed(f"--metadata says {key} twice; a key has one value.", ExitCode.USAGE)
        said[key] = value
    return said


def conditions_of(pairs: Sequence[str]) -> list[dict[str, Any]]:
    """Return the conditions that `KEY=VALUE`, `KEY>=VALUE` and `KEY<=VALUE` say.

    Values of one key are alternatives, and its bounds are one range.

    Raises:
        CommandFailed: for what is no condition, and for a bound that is said twice.
    """
    values: dict[str, dict[str, Any]] = {}
    ranges: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        key, sign, value = _parts(pair, "--where takes KEY=VALUE, KEY>=VALUE or KEY<=VALUE, such as team=ops.")
        if sign == "=":
            values.setdefault(key, {"key": key, "one_of": []})["one_of"].append(value)
            continue
        bounds = ranges.setdefault(key, {"key": key})
        if _BOUNDS[sign] in bounds:
            raise CommandFailed(f"--where says {key}{sign} twice; a range has one such end.", ExitCode.USAGE)
        bounds[_BOUNDS[sign]] = value
    return [*values.values(), *ranges.values()]


def _parts(pair: str, usage: str) -> tuple[str, str, Any]:
    found = _PAIR.fullmatch(pair)
    if found is None:
        raise CommandFailed(f"{pair!r}: {usage}", ExitCode.USAGE)
    return found["key"].strip(), found["sign"], _value(found["value"].strip())


def _value(text: str) -> Any:
    """Return what was meant: a number, true, false, text, and in quotation marks text whatever it looks like."""
    if text in ("true", "false"):
        return text == "true"
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    if not _NUMBER.fullmatch(text):
        return text
    number = json.loads(text)
    if not math.isfinite(number):
        raise CommandFailed(f"{text} is too large for a number.", ExitCode.USAGE)
    return number
