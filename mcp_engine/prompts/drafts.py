"""Checking a prompt that is being written: what it uses, what is wrong and where, and what it renders to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from mcp_engine.artifacts.kinds import MAX_VERSION
from mcp_engine.artifacts.resolving import MAX_DEPENDENCIES
from mcp_engine.canonical import digest
from mcp_engine.errors import EngineError
from mcp_engine.prompts.kind import PromptKind, parse_body
from mcp_engine.prompts.rendering import inputs_of, render_messages, templates_of
from mcp_engine.prompts.schemas import Message, PromptBody
from mcp_engine.prompts.templates import check_template


class CheckPrompt(BaseModel):
    """A body that is not pushed yet, and values to render it with.

    `pinned` gives a version for what it includes, by reference; the rest is what the labels mean now.
    """

    model_config = ConfigDict(extra="forbid")

    body: PromptBody
    variables: dict[str, Any] = Field(default_factory=dict[str, Any])
    pinned: dict[str, Annotated[int, Field(ge=1, le=MAX_VERSION)]] = Field(
        default_factory=dict[str, int], max_length=MAX_DEPENDENCIES
    )


class DraftFault(BaseModel):
    """What a push or a run would refuse, and where it stands."""

    code: str
    detail: str
    message_index: int | None = None
    """Which message of a chat prompt, from 0; null when it is no template's fault."""
    line: int | None = None
    """From 1, as the column is."""
    column: int | None = None


class CheckedPrompt(BaseModel):
    """What a draft would be as a version; `faults` is empty when it can be pushed."""

    faults: list[DraftFault]
    used: list[str]
    """The variables that its templates read, as far as they can be read."""
    variables: dict[str, Any] | None
    """JSON Schema of what a run needs, with what is included; inferred where the draft declares none; null while
    there are faults."""
    digest: str | None
    """What the version would be known by; equal to another version's when it is the same."""
    messages: list[Message] | None
    """The draft rendered with the given values; null when there are faults or `render_fault`."""
    render_fault: DraftFault | None


def check_draft(
    draft: CheckPrompt, includes: Mapping[str, PromptBody], missing: Sequence[EngineError]
) -> CheckedPrompt:
    """Return everything that is known about a draft; it may take a while: run it off the event loop.

    Args:
        includes: what it includes, directly or not, by reference.
        missing: why some of that can't be included.
    """
    used, faults = _templates(draft.body)
    faults += [_fault(error) for error in missing]
    if faults:
        return _faulty(used, faults)
    try:
        stored = PromptKind().normalise(draft.body.model_dump(mode="json", exclude_unset=True))
        identity = digest(stored)
    except EngineError as error:
        return _faulty(used, [_fault(error)])
    messages, render_fault = _rendered(stored, draft.variables, includes)
    return CheckedPrompt(
        faults=[],
        used=sorted(used),
        variables=inputs_of(parse_body(stored), includes),
        digest=identity,
        messages=messages,
        render_fault=render_fault,
    )


def draft_includes(body: PromptBody) -> tuple[str, ...]:
    """Return what a draft includes, as far as its templates can be read."""
    names: set[str] = set()
    for where, message in templates_of(body):
        try:
            names |= {*check_template(message.content, where=where).includes}
        except EngineError:
            continue  # `check_draft` says what is wrong with it
    return tuple(sorted(names))


def _templates(body: PromptBody) -> tuple[set[str], list[DraftFault]]:
    used: set[str] = set()
    faults: list[DraftFault] = []
    for index, (where, message) in enumerate(templates_of(body)):
        try:
            used |= check_template(message.content, where=where).variables
        except EngineError as error:
            faults.append(_fault(error, index))
    return used, faults


def _rendered(
    stored: Mapping[str, Any], values: Mapping[str, Any], includes: Mapping[str, PromptBody]
) -> tuple[list[Message] | None, DraftFault | None]:
    try:
        return render_messages(parse_body(stored), values, includes), None
    except EngineError as error:
        return None, _fault(error)


def _faulty(used: set[str], faults: list[DraftFault]) -> CheckedPrompt:
    return CheckedPrompt(
        faults=faults, used=sorted(used), variables=None, digest=None, messages=None, render_fault=None
    )


def _fault(error: EngineError, message_index: int | None = None) -> DraftFault:
    return DraftFault(
        code=error.code,
        detail=error.message,
        message_index=message_index,
        line=error.details.get("line"),
        column=error.details.get("column"),
    )
