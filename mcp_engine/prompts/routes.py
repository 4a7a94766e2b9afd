"""REST of prompts, below `/api/v1`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from mcp_engine.access import Caller
from mcp_engine.artifacts.schemas import LabelMoveView, LabelTarget, RollBack
from mcp_engine.artifacts.versions import ArtifactFilter
from mcp_engine.errors import InvalidInput
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.idempotency import Idempotency
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented
from mcp_engine.http.streaming import StreamEvent, event_stream
from mcp_engine.prompts.drafts import CheckedPrompt, CheckPrompt
from mcp_engine.prompts.runs import RunDelta
from mcp_engine.prompts.schemas import (
    LabelAim,
    PromptDetail,
    PromptDiff,
    PromptImpact,
    PromptPushed,
    PromptSummary,
    PromptVersion,
    PushPrompt,
    Rendered,
    RenderPrompt,
    RunCompleted,
    RunPrompt,
)
from mcp_engine.prompts.service import PromptService

CLIENT_CLOSED_REQUEST = 499
"""For the access log alone: the client that it answers is gone."""

router = APIRouter(prefix="/prompts", tags=["prompts"])

Reader = Annotated[Caller, authorised("prompts:read")]
Prompts = Annotated[PromptService, service(PromptService)]
RunEvents = AsyncGenerator[RunDelta | RunCompleted, None]
VersionNumber = Annotated[int | None, Query(ge=1, description="A version's number.")]
Label = Annotated[str | None, Query(max_length=36, description="A label; `latest` is always there.")]


@router.post("", status_code=201, summary="Push a version of a prompt")
async def push_prompt(
    new: PushPrompt,
    caller: Annotated[Caller, authorised("prompts:write")],
    prompts: Prompts,
    response: Response,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> PromptPushed:
    """Store the next version (201), or find the identical one (200), and point `labels` at it.

    Labels need the scope `labels:write` as well.
    """
    if new.labels:
        caller.require("labels:write")
    pushed = await prompts.push(caller, namespace, new)
    if not pushed.created:
        response.status_code = 200
    return pushed


@router.get("", summary="List prompts")
async def list_prompts(
    caller: Reader,
    prompts: Prompts,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    prefix: Annotated[str, Query(max_length=128, description="Names that begin so.")] = "",
    text: Annotated[str, Query(max_length=128, description="Names or descriptions that hold this text.")] = "",
    tag: Annotated[str | None, Query(max_length=128, description="Prompts whose latest version has this tag.")] = None,
    label: Annotated[str | None, Query(max_length=36, description="Prompts that have this label.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PromptSummary]:
    """List prompts by name, each with its latest version's number and where its labels point."""
    wanted = ArtifactFilter(prefix=prefix, text=text, tag=tag, label=label)
    return await prompts.list(caller, namespace, wanted, limit=limit, cursor=cursor)


@router.post("/check", summary="Check a prompt that is not pushed yet")
async def check_prompt(
    draft: CheckPrompt, caller: Reader, prompts: Prompts, namespace: NamespaceName = DEFAULT_NAMESPACE
) -> CheckedPrompt:
    """Return a draft's variables, what a push would refuse and where, and its rendering; nothing is stored."""
    return await prompts.check(caller, namespace, draft)


# The body as it is stored and digested: what its author left out stays out.
@router.get(
    "/{name}", summary="Get a version of a prompt", response_model_exclude_unset=True, responses=documented(410)
)
async def get_prompt(
    name: str,
    caller: Reader,
    prompts: Prompts,
    version: VersionNumber = None,
    label: Label = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> PromptDetail:
    """Return the version with a number or a label, or (neither) the latest; both together are refused (400)."""
    return await prompts.get(caller, namespace, name, version=version, label=label)


@router.get("/{name}/versions", summary="List the versions of a prompt")
async def list_prompt_versions(
    name: str,
    caller: Reader,
    prompts: Prompts,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PromptVersion]:
    """List versions, newest first, each with the labels that point at it now."""
    return await prompts.versions(caller, namespace, name, limit=limit, cursor=cursor)


@router.get("/{name}/diff", summary="Compare two versions of a prompt", responses=documented(410))
async def diff_prompt(
    name: str,
    caller: Reader,
    prompts: Prompts,
    before: Annotated[str, Query(alias="from", max_length=36, description="A version's number, or a label.")],
    after: Annotated[str, Query(alias="to", max_length=36, description="A version's number, or a label.")],
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> PromptDiff:
    """Return a unified diff of the prompt's text, and every setting that changed."""
    return await prompts.diff(caller, namespace, name, before, after)


@router.get("/{name}/impact", summary="List the releases that stand on a prompt")
async def list_prompt_impact(
    name: str,
    caller: Reader,
    prompts: Prompts,
    label: Label = None,
    version: VersionNumber = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PromptImpact]:
    """List releases whose locks pin a version of this prompt; with a label and a version, what that move would mean."""
    if (label is None) != (version is None):
        raise InvalidInput("prompt.impact_incomplete", "Give both `label` and `version`, or neither.")
    moved = None if label is None or version is None else LabelAim(label, version)
    return await prompts.impact(caller, namespace, name, moved, limit=limit, cursor=cursor)


@router.get("/{name}/labels/history", summary="List the moves of a prompt's labels")
async def list_prompt_label_moves(
    name: str,
    caller: Reader,
    prompts: Prompts,
    label: Label = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LabelMoveView]:
    """List the moves of one label, or of all, newest first."""
    return await prompts.label_history(caller, namespace, name, label=label, limit=limit, cursor=cursor)


@router.put("/{name}/labels/{label}", summary="Move a label of a prompt", responses=documented(410))
async def move_prompt_label(
    name: str,
    label: str,
    target: LabelTarget,
    caller: Annotated[Caller, authorised("labels:write")],
    prompts: Prompts,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> LabelMoveView:
    """Release a version under a label; the move and its lock are kept in the history and the audit log."""
    return await prompts.move_label(caller, namespace, name, label, target)


@router.post("/{name}/labels/{label}/rollback", summary="Roll back a label of a prompt", responses=documented(410))
async def roll_back_prompt_label(
    name: str,
    label: str,
    wanted: RollBack,
    caller: Annotated[Caller, authorised("labels:write")],
    prompts: Prompts,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> LabelMoveView:
    """Point a label again at an earlier release, with the lock of that time. Always allowed, and recorded."""
    return await prompts.roll_back_label(caller, namespace, name, label, wanted)


@router.post("/{name}/render", summary="Render a prompt", responses=documented(410, 504))
async def render_prompt(
    name: str,
    wanted: RenderPrompt,
    caller: Reader,
    prompts: Prompts,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> Rendered:
    """Return the messages that a run with these variables, or those of a stored execution, would send; nothing is
    run or recorded."""
    return await prompts.render(caller, namespace, name, wanted)


@router.post(
    "/{name}/run",
    summary="Run a prompt",
    response_model=RunCompleted,
    responses={
        200: {
            "description": "The end of the run; with `stream` server-sent events: `delta` each with a `text`, "
            "then one `completed`.",
            "content": {"text/event-stream": {}},
        },
        **documented(410, 502, 504),
    },
)
async def run_prompt(
    name: str,
    wanted: RunPrompt,
    request: Request,
    caller: Annotated[Caller, authorised("prompts:run")],
    prompts: Prompts,
    key: Idempotency,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> RunCompleted | Response:
    """Run a version on a model and record the execution.

    A client that goes away before the end cancels the run. A repeat with the same `Idempotency-Key` returns the
    first outcome; one of a run that failed or was cancelled runs again.
    """
    run_events = prompts.run(caller, namespace, name, wanted, key=key)
    if wanted.stream:
        return await event_stream(_events(run_events))
    run = asyncio.create_task(_end(run_events))
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({run, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await run if run.done() else Response(status_code=CLIENT_CLOSED_REQUEST)
    finally:
        gone.cancel()
        run.cancel()
        await asyncio.wait({run, gone})


async def _end(events: RunEvents) -> RunCompleted:
    async with aclosing(events) as run:
        async for event in run:
            if isinstance(event, RunCompleted):
                return event
    raise AssertionError("a run ends with `RunCompleted` or an error")


async def _disconnected(request: Request) -> None:
    """Return when the client goes away; the request's body has been read by now."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _events(events: RunEvents) -> AsyncGenerator[StreamEvent, None]:
    async with aclosing(events) as run:
        async for event in run:
            kind = "delta" if isinstance(event, RunDelta) else "completed"
            yield StreamEvent(event=kind, data=event.model_dump(mode="json"))
