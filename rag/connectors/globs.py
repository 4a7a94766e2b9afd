"""Which names a source takes in: patterns as in shells, and what is left out when there are none."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePath

from rag.parsing.formats.languages import SOURCE_SUFFIXES


def wanted(name: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Return whether a name is taken in: one of `include` and none of `exclude` fits it.

    Without `include` that is everything but hidden files and pictures, sounds, films and fonts.
    """
    if any(fits(name, pattern) for pattern in exclude):
        return False
    if include:
        return any(fits(name, pattern) for pattern in include)
    return not is_hidden(name) and not is_media(name)


def fits(name: str, pattern: str) -> bool:
    """Return whether a pattern fits a whole name.

    `*`, `?` and `[…]` stand for characters of one part of a path, the part `**` for any number of parts. A pattern
    without a slash is compared with the last part alone, so that `*.md` fits at any depth. The time it takes grows
    with the product of the lengths, whatever the pattern.
    """
    if "/" not in pattern:
        return pattern == "**" or fnmatchcase(name.rsplit("/", 1)[-1], pattern)
    parts = name.split("/")
    # After each part of the pattern: which numbers of the name's first parts are used up.
    reached = {0}
    for one in pattern.split("/"):
        if one == "**":
            reached = set(range(min(reached), len(parts) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(parts) and fnmatchcase(parts[at], one)}
        if not reached:
            return False
    return len(parts) in reached


def is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def is_media(name: str) -> bool:
    """Whether a name is that of a picture, a sound or a font: folders of documents have them beside the text.

    Many systems take TypeScript for films (`.ts`, `.mts`).
    """
    if PurePath(name).suffix.lower() in SOURCE_SUFFIXES:
        return False
    return (mimetypes.guess_type(name)[0] or "").split("/")[0] in ("image", "audio", "video", "font")
