"""Bodies that commands send: one object from a YAML or JSON file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, cast

from mcp_engine.cli.failures import CommandFailed, ExitCode


def read_body(file: Path, wanted: str) -> dict[str, Any]:
    """Return the object in a file as JSON knows it.

    Args:
        wanted: what the file should hold, such as "a plan; see docs/experiments.md".

    Raises:
        CommandFailed: the file can't be read, or holds something else.
    """
    import yaml

    try:
        found: object = yaml.safe_load(file.read_text())
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise CommandFailed(f"{file} can't be read: {error}", ExitCode.USAGE) from error
    if not isinstance(found, dict):
        raise CommandFailed(f"{file} must hold {wanted}.", ExitCode.USAGE)
    try:
        return cast("dict[str, Any]", json.loads(json.dumps(found, default=_text_of, allow_nan=False)))
    except (TypeError, ValueError, RecursionError) as error:
        raise CommandFailed(f"{file} holds what JSON can't: {error}", ExitCode.USAGE) from error


def _text_of(value: object) -> str:
    """Return a moment, which YAML reads as one, as the text that the server expects."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} is no JSON")
