"""Names of others, as ours: the nearest one that is allowed, with a remark wherever it differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mcp_engine.artifacts.kinds import LATEST, checked_label
from mcp_engine.artifacts.service import MAX_MESSAGE_CHARACTERS
from mcp_engine.errors import InvalidInput
from mcp_engine.exchange.parcel import Parcel

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_NOT_IN_LABELS = re.compile(r"[^a-z0-9_.-]+")
_ROLES = frozenset({"system", "user", "assistant"})
_LIKE_ROLES = {"developer": "system", "human": "user", "ai": "assistant", "model": "assistant"}
_MAX_NAME = 128
_MAX_LABEL = 36
_MAX_TAGS = 32
_RESERVED = frozenset({
    "and", "else", "elif", "endfor", "endif", "false", "for", "if", "in", "include", "is", "loop", "none", "not", "or",
    "raw", "recursive", "self", "super", "caller", "varargs", "kwargs", "true", "None", "True", "False",
})  # fmt: skip


def our_name(theirs: str) -> str:
    """Return the name that a prompt, dataset or tag gets: folders become dots, other characters hyphens."""
    plain = _NOT_IN_NAMES.sub("-", theirs.strip().replace("/", ".")).lstrip("._-")[:_MAX_NAME]
    return plain or "unnamed"


def our_names(theirs: Iterable[str], parcel: Parcel) -> dict[str, str]:
    """Return our name for each of theirs; a remark says which are called differently, and a fault which collide."""
    ours: dict[str, str] = {}
    # Names that can stay come first: another that would become the same gives way.
    for name in sorted({*theirs}, key=lambda name: (our_name(name) != name, name)):
        mine = our_name(name)
        if mine in ours.values():
            parcel.note(name, "fault", f"Its name would be {mine!r} here, and so would another's; rename one of them.")
            continue
        if mine != name:
            parcel.note(name, "changed", f"It is called {mine!r} here.")
        ours[name] = mine
    return ours


def our_label(theirs: str) -> str | None:
    """Return the label nearest to theirs; None for one that we compute or that has no form here."""
    plain = _NOT_IN_LABELS.sub("-", theirs.lower()).strip("-")[:_MAX_LABEL]
    try:
        return checked_label(plain)
    except InvalidInput:
        return None


def our_labels(subject: str, theirs: Mapping[str, int], parcel: Parcel) -> dict[str, int]:
    """Return where our labels point; `latest` is computed, so nobody misses it."""
    ours: dict[str, int] = {}
    for label, number in sorted(theirs.items(), key=lambda item: (our_label(item[0]) != item[0], item[0])):
        mine = our_label(label)
        if label == LATEST:
            continue
        if mine is None or mine in ours:
            parcel.note(f"{subject}@{label}", "left_out", "Labels have 1 to 36 of a-z 0-9 . _ - and not digits alone.")
            continue
        if mine != label:
            parcel.note(f"{subject}@{label}", "changed", f"The label is called {mine!r} here.")
        ours[mine] = number
    return ours


def our_tags(subject: str, theirs: Iterable[str], parcel: Parcel) -> list[str]:
    """Return the tags that a prompt gets, at most 32."""
    ours: list[str] = []
    for tag in theirs:
        mine = our_name(tag)
        if mine != tag:
            parcel.note(subject, "changed", f"The tag {tag!r} is {mine!r} here.")
        if mine not in ours:
            ours.append(mine)
    if len(ours) > _MAX_TAGS:
        parcel.note(subject, "left_out", f"Tags beyond {_MAX_TAGS}: {', '.join(ours[_MAX_TAGS:])}.")
    return ours[:_MAX_TAGS]


def our_message(subject: str, theirs: str, parcel: Parcel) -> str:
    """Return a message of a version, shortened to what the registry keeps."""
    plain = theirs.replace("\x00", "")
    if plain != theirs or len(plain) > MAX_MESSAGE_CHARACTERS:
        parcel.note(subject, "changed", f"Its message is cut to {MAX_MESSAGE_CHARACTERS:,} characters without NUL.")
    return plain[:MAX_MESSAGE_CHARACTERS]


def our_role(subject: str, theirs: str, parcel: Parcel) -> str:
    """Return the role of a message.

    Raises:
        InvalidInput: `exchange.role_unknown`: it has no like here.
    """
    if theirs in _ROLES:
        return theirs
    ours = _LIKE_ROLES.get(theirs.lower())
    if ours is None:
        raise InvalidInput(
            "exchange.role_unknown", f"A message has the role {theirs[:60]!r}; here are system, user and assistant."
        )
    parcel.note(subject, "changed", f"The role {theirs!r} is {ours!r} here.")
    return ours


def our_variable(theirs: str) -> str:
    """Return the variable nearest to theirs that a template can name."""
    plain = re.sub(r"\W+", "_", theirs).lstrip("_")
    if not plain or not plain[0].isalpha() or not plain.isidentifier():
        plain = f"v_{plain}" if f"v_{plain}".isidentifier() else "v_" + re.sub(r"[^A-Za-z0-9_]", "_", plain)
    return f"{plain}_" if plain in _RESERVED else plain
