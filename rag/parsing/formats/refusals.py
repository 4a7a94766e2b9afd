"""What the parsers say when a file can't be read, in one wording."""

from __future__ import annotations

from mcp_engine.errors import InvalidInput


def damaged(filename: str, what: str, reason: str = "it is damaged") -> InvalidInput:
    """Return `document.corrupt`; `what` is what the file should be, with its article."""
    return InvalidInput("document.corrupt", f"{filename} can't be read as {what}: {reason}. Save or download it again.")


def protected(filename: str, by: str = "a password") -> InvalidInput:
    """Return `document.encrypted`."""
    return InvalidInput("document.encrypted", f"{filename} is protected by {by}; save it without and add it again.")


def without_text(filename: str, reason: str) -> InvalidInput:
    """Return `document.no_text`."""
    return InvalidInput("document.no_text", f"{filename} has no text: {reason}")
