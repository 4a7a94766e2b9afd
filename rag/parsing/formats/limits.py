"""Limits on what comes out of a document, whatever its size was."""

from __future__ import annotations

from mcp_engine.errors import TooLarge

MAX_TEXT_CHARACTERS = 50_000_000


def checked_length(characters: int, filename: str) -> int:
    """Return `characters`, or raise `TooLarge` (`document.too_much_text`) beyond `MAX_TEXT_CHARACTERS`."""
    if characters > MAX_TEXT_CHARACTERS:
        raise TooLarge(
            "document.too_much_text",
            f"{filename} holds more than {MAX_TEXT_CHARACTERS:,} characters of text; split it into parts.",
        )
    return characters
