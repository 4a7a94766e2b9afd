"""Prompts of Langfuse, as ours and back: the objects of its public API (`/api/public/v2/prompts`)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcp_engine.artifacts.kinds import LATEST, Reference
from mcp_engine.canonical import digest as digest_of
from mcp_engine.errors import InvalidInput
from mcp_engine.exchange.braces import Piece, from_template, to_template
from mcp_engine.exchange.names import our_label, our_labels, our_message, our_name, our_names, our_role, our_tags
from mcp_engine.exchange.parcel import Parcel, ParcelPrompt, ParcelVersion, Release
from mcp_engine.exchange.planning import Existing
from mcp_engine.exchange.settings import OURS, from_config, to_config
from mcp_engine.prompts.kind import KIND, parse_body

_TAG = re.compile(r"@@@langfusePrompt:name=([^|@]+)\|(version|label)=([^|@]+)@@@")
_FROZEN = re.compile(r"\{%-?\s*frozen\b")

Payload = dict[str, Any]
"""A prompt's version as the API gives and takes it."""


def to_parcel(found: Iterable[Payload], *, provider: str | None) -> Parcel:
    """Return versions of Langfuse as ours.

    Args:
        found: as `GET /prompts/{name}?version=…&resolve=false` answers; without a `version` they count in order.
        provider: of ours, for models that are named without one.
    """
    parcel = Parcel()
    by_name: dict[str, dict[int, Payload]] = defaultdict(dict)
    for one in found:
        versions = by_name[one["name"]]
        versions[one.get("version") or max(versions, default=0) + 1] = one
    names = our_names(by_name, parcel)
    numbers = {theirs: _dense(versions) for theirs, versions in by_name.items()}
    for theirs, ours in names.items():
        reader = _Reader(ours, numbers, parcel, provider)
        parcel.prompts.append(reader.prompt(by_name[theirs], numbers[theirs]))
    return parcel


def existing_of(found: Sequence[Payload], digests: Mapping[str, str]) -> Existing:
    """Return what Langfuse has under one name, as a plan of what to send there needs it.

    Args:
        digests: of our versions, by the `identity` of what would create them.
    """
    numbers: dict[str, int] = {}
    labels: dict[str, int] = {}
    for one in found:
        digest = digests.get(identity(one))
        if digest is not None:
            numbers.setdefault(digest, one["version"])
        labels.update(dict.fromkeys((label for label in one["labels"] if label != LATEST), one["version"]))
    return Existing(numbers, max((one["version"] for one in found), default=0), labels)


def identity(payload: Payload) -> str:
    """Return what is the same for versions that say the same, however they are labelled."""
    prompt: Any = payload["prompt"]
    if isinstance(prompt, list):
        # Langfuse may name the type of a message or not.
        messages = cast("list[dict[str, Any]]", prompt)
        prompt = [{**one, "type": one.get("type", "chatmessage")} for one in messages]
    return digest_of([prompt, payload["config"]])


def payload_of(version: ParcelVersion, labels: Sequence[str], *, tagged: bool, parcel: Parcel) -> Payload | None:
    """Return what creates a version, or None with a fault when Langfuse has no words for it.

    Args:
        tagged: whether any version of this prompt has tags: Langfuse keeps them for all versions as one.
    """
    body = version.body
    prompt = parse_body(body)
    try:
        written: Any
        if prompt.messages is None:
            written = from_template(body["template"], _tag_of, _includes)
        else:
            written = [
                {"type": "chatmessage", "role": one.role, "content": from_template(one.content, _tag_of, _includes)}
                for one in prompt.messages
            ]
    except InvalidInput as error:
        parcel.note(version.subject, "fault", error.message)
        return None
    if _FROZEN.search(str(body.get("template") or body.get("messages"))):
        parcel.note(version.subject, "changed", "The marks of frozen text are left out; the text stays.")
    config = to_config(body, model_key="model", stop_key="stop")
    tags = [*(prompt.tags or [])]
    if tagged:
        config[OURS] = {**config.get(OURS, {}), "tags": tags}
    return {
        "type": prompt.type, "name": version.name, "prompt": written, "config": config,
        "labels": [*labels], "tags": tags, "commitMessage": version.message or None,
    }  # fmt: skip


def checked_payloads(value: Any, where: str) -> list[Payload]:
    """Return the prompts in a file: one answer of the API, a list of them, or a list under `data`.

    Raises:
        InvalidInput: `exchange.langfuse_invalid`: something else stands in it.
    """
    if isinstance(value, Mapping):
        members = cast("Payload", value)
        value = members["data"] if isinstance(members.get("data"), list) else [members]
    if not isinstance(value, list):
        raise InvalidInput("exchange.langfuse_invalid", f"{where} holds no prompts of Langfuse.")
    return [_checked(one, f"{where}, prompt {number}") for number, one in enumerate(cast("list[Any]", value), start=1)]


class _Answer(BaseModel):
    """What is read of a version; the rest of an answer is Langfuse's own affair."""

    model_config = ConfigDict(strict=True)

    name: str = Field(min_length=1)
    prompt: str | list[Any]
    version: int | None = Field(default=None, ge=1)
    config: Any = None
    labels: list[str] | None = None
    tags: list[str] | None = None
    commitMessage: str | None = None  # noqa: N815 - Langfuse's own word
    resolutionGraph: Any = None  # noqa: N815


def _checked(value: Any, where: str) -> Payload:
    if isinstance(value, Mapping) and "versions" in value and "prompt" not in value:
        raise InvalidInput(
            "exchange.langfuse_invalid",
            f"{where} is a line of the list of prompts; get each version by "
            "`GET /api/public/v2/prompts/NAME?version=N&resolve=false`.",
        )
    try:
        found = _Answer.model_validate(value).model_dump()
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:3])
        raise InvalidInput("exchange.langfuse_invalid", f"{where} is no version of a prompt: {faults}.") from error
    return {**found, "config": found["config"] or {}, "labels": found["labels"] or [], "tags": found["tags"] or []}


def _dense(versions: Mapping[int, Payload]) -> dict[int, int]:
    """Return the number of each version here, where there are no gaps."""
    return {theirs: ours for ours, theirs in enumerate(sorted(versions), start=1)}


def _split(text: str, named: Callable[[re.Match[str]], Piece]) -> Iterator[Piece]:
    """Split a text at its tags."""
    end = 0
    for match in _TAG.finditer(text):
        yield Piece("text", text[end : match.start()])
        yield named(match)
        end = match.end()
    yield Piece("text", text[end:])


def _includes(text: str) -> Iterator[Piece]:
    """Split a text at its tags, whose names and numbers stay Langfuse's."""
    return _split(
        text, lambda tag: Piece("include", f"{tag[1]}/{tag[3]}" if tag[2] == "version" else f"{tag[1]}@{tag[3]}")
    )


def _tag_of(include: str) -> str:
    wanted = Reference.parse(KIND, include)
    which = f"label={wanted.label}" if wanted.version is None else f"version={wanted.version}"
    return f"@@@langfusePrompt:name={wanted.name}|{which}@@@"


class _Reader:
    """Reads the versions of one prompt."""

    def __init__(
        self, name: str, numbers: Mapping[str, Mapping[int, int]], parcel: Parcel, provider: str | None
    ) -> None:
        self._name = name
        self._numbers = numbers
        self._parcel = parcel
        self._provider = provider

    def prompt(self, found: Mapping[int, Payload], numbers: Mapping[int, int]) -> ParcelPrompt:
        versions: list[ParcelVersion] = []
        labels: dict[str, int] = {}
        for theirs, one in sorted(found.items()):
            number = numbers[theirs]
            subject = f"{self._name}/{number}"
            if theirs != number:
                self._parcel.note(subject, "changed", f"It is version {theirs} in Langfuse, which has gaps.")
            labels.update(dict.fromkeys(cast("list[str]", one["labels"]), number))
            try:
                versions.append(self._version(one, number, subject))
            except InvalidInput as error:
                self._parcel.note(subject, "fault", error.message)
        releases = (Release(label, at) for label, at in our_labels(self._name, labels, self._parcel).items())
        return ParcelPrompt(self._name, tuple(versions), tuple(releases))

    def _version(self, found: Payload, number: int, subject: str) -> ParcelVersion:
        written = found["prompt"]
        body: dict[str, Any]
        if isinstance(written, str):
            body = {"type": "text", "template": self._template(written, subject)}
        else:
            body = {"type": "chat", "messages": [self._message(one, subject) for one in written]}
        config: Any = found["config"]
        if not isinstance(config, Mapping):
            self._parcel.note(subject, "left_out", "Its configuration, which is no object.")
            config = {}
        members = cast("dict[str, Any]", config)
        body |= from_config(members, subject, self._parcel, provider=self._provider)
        carried: Any = members.get(OURS)
        own: Any = cast("dict[str, Any]", carried).get("tags") if isinstance(carried, dict) else None
        theirs: list[str] = [str(tag) for tag in cast("list[Any]", own)] if isinstance(own, list) else found["tags"]
        if tags := our_tags(subject, theirs, self._parcel):
            body["tags"] = tags
        if found.get("resolutionGraph"):
            self._parcel.note(subject, "changed", "This server wrote its includes out; they are text here.")
        message = our_message(subject, found.get("commitMessage") or "", self._parcel)
        where = f"version {found.get('version', number)} of {found['name']!r} in Langfuse"
        return ParcelVersion(self._name, number, body, message, where)

    def _message(self, found: Any, subject: str) -> dict[str, str]:
        match found:
            case {"type": "placeholder", "name": str(name)}:
                template = to_template(f"{{{{{name}}}}}").template
                self._parcel.note(
                    subject, "changed", f"The placeholder {name!r} stood for messages; it is one of the user, a text."
                )
                return {"role": "user", "content": template}
            case {"role": str(role), "content": str(content)}:
                text = self._template(content, subject)
                return {"role": our_role(subject, role, self._parcel), "content": text}
            case _:
                raise InvalidInput("exchange.not_text", "A message is neither text with a role nor a placeholder.")

    def _template(self, text: str, subject: str) -> str:
        converted = to_template(text, lambda whole: _split(whole, self._include))
        for theirs, ours in converted.renamed.items():
            self._parcel.note(subject, "changed", f"The variable {theirs!r} is {ours!r} here.")
        for braces in converted.kept_as_text:
            self._parcel.note(subject, "changed", f"{braces!r} names no variable, and stays text.")
        return converted.template

    def _include(self, match: re.Match[str]) -> Piece:
        """Return a tag with the name and number that its prompt gets here."""
        theirs, kind, which = match.groups()
        ours = our_name(theirs)
        if kind == "version" and which.isdigit():
            number = self._numbers.get(theirs, {}).get(int(which), int(which))
            return Piece("include", f"{ours}/{number}")
        label = which if which == LATEST else our_label(which)
        if kind == "label" and label is not None:
            return Piece("include", f"{ours}@{label}")
        return Piece("text", match[0])
