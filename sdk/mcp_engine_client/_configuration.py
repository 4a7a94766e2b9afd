"""Where the server is, and with which key to speak to it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from mcp_engine_client.errors import InvalidInput

DEFAULT_URL = "http://127.0.0.1:8600"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An address and a key; the key stays out of what is printed."""

    url: str
    api_key: str | None = field(repr=False)


def credentials_path() -> Path:
    """Return the file in which `mcp-engine up` keeps this account's address and key."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "mcp-engine" / "credentials.json"


def find_credentials(url: str | None, api_key: str | None) -> Credentials:
    """Return what was given, else the environment's, else what the command line of this account uses.

    The saved key goes to the saved address only: an address from elsewhere needs its own key.

    Raises:
        InvalidInput: `client.bad_url`, `client.bad_key` or `client.bad_credentials`.
    """
    wanted = url or os.environ.get("MCP_ENGINE_URL")
    key = api_key or os.environ.get("MCP_ENGINE_API_KEY")
    if not (wanted and key):
        saved = _saved()
        saved_url = (saved.get("url") or DEFAULT_URL).rstrip("/")
        wanted = wanted or saved_url
        if not key and wanted.rstrip("/") == saved_url:
            key = saved.get("api_key")
    if not wanted.startswith(("http://", "https://")):
        raise InvalidInput("client.bad_url", f"The server's address must begin with http:// or https://: {wanted}")
    if key and not (key.isascii() and key.isprintable()):
        raise InvalidInput("client.bad_key", "The API key holds characters that no key has; copy it again.")
    return Credentials(wanted.rstrip("/"), key)


def _saved() -> dict[str, str]:
    path = credentials_path()
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise InvalidInput("client.bad_credentials", f"{path} can't be read: {error}") from error
    if not isinstance(found, dict):
        raise InvalidInput("client.bad_credentials", f"{path} holds no credentials; remove it.")
    return {str(name): str(value) for name, value in cast("dict[str, Any]", found).items()}
