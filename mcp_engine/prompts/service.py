"""The rules of prompts: versions and labels in the registry, diffs, renders, runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.schemas import LabelMoveView, LabelTarget, RollBack, move_view
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.splits import LabelSplits, Unit
from mcp_engine.artifacts.versions import (
    ArtifactFilter,
    ResolvedVersion,
)
from mcp_engine.errors import EngineError, Gone, InvalidInput
from mcp_engine.executions.schemas import ExecutionDetail
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.idempotency import IdempotencyKey
from mcp_engine.http.paging import Page, decode_cursor, decode_id_cursor, decode_number_cursor, page_of
from mcp_engine.idempotency.claims import Claim
from mcp_engine.models.tokens import TokenCounter
from mcp_engine.prompts.composition import included_bodies
from mcp_engine.prompts.diff import diff_bodies
from mcp_engine.prompts.drafts import CheckedPrompt, CheckPrompt, check_draft, draft_includes
from mcp_engine.prompts.kind import KIND, check_included, parse_body
from mcp_engine.prompts.rendering import render_messages
from mcp_engine.prompts.runs import (
    EXECUTION_KIND,
    ModelSource,
    PreparedRun,
    RunDelta,
    completed_of,
    prepare,
    run_prepared,
)
from mcp_engine.prompts.schemas import (
    LabelAim,
    PromptBody,
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
from mcp_engine.prompts.views import detail_view, impact_view, summary_view, version_view


class PromptService:
    """Prompts of every tenant.

    Args:
        models: resolves the name of a model to one that can be called.
        splits: what splits labels between versions; without it nothing does.
    """

    def __init__(
        self,
        artifacts: ArtifactService,
        models: ModelSource,
        executions: ExecutionService,
        splits: LabelSplits | None = None,
    ) -> None:
        self._artifacts = artifacts
        self._models = models
        self._executions = executions
        self._splits = splits

    async def push(self, caller: Caller, namespace: str, new: PushPrompt) -> PromptPushed:
        """Store the next version or find the identical one, and point `new.labels` at it.

        Raises:
            InvalidInput: the name, a label, a template or a schema is not valid.
            TooLarge: `prompt.too_large`, `template.too_large`.
            NotFound: `namespace.not_found`.
            Conflict: as `ArtifactService.push`.
        """
        body = new.body.model_dump(mode="json", exclude_unset=True)
        pushed = await self._artifacts.push(
            caller, KIND, namespace, new.name, body, new.message, new.labels, after=new.after
        )
        found = await self._artifacts.resolve(caller, namespace, Reference(KIND, new.name, pushed.version.number))
        return PromptPushed(**version_view(pushed.version, found.labels).model_dump(), created=pushed.created)

    async def get(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        *,
        version: int | None = None,
        label: str | None = None,
        lock_digest: str | None = None,
    ) -> PromptDetail:
        """Return the version with a number or a label, or (neither) the latest; see `ArtifactService.resolve`.

        Args:
            lock_digest: of the version with this number, to get it as it was locked before.

        Raises:
            ContradictoryInput: `artifact.version_and_label`.
            NotFound: `prompt.not_found`, `prompt.version_not_found`, `prompt.label_not_found`; the message
                names what exists.
            Gone: `artifact.erased`.
        """
        found = await self._resolved(caller, namespace, Reference(KIND, name, version, label), lock_digest)
        splits = () if self._splits is None or label is None else await self._splits.of_label(caller, found)
        return detail_view(found, splits)

    async def check(self, caller: Caller, namespace: str, draft: CheckPrompt) -> CheckedPrompt:
        """Return everything that is known about a draft; nothing is stored."""
        includes: dict[str, PromptBody] = {}
        missing: list[EngineError] = []
        # What is pinned comes last: it goes before what the others include now.
        for name in dict.fromkeys([*await asyncio.to_thread(draft_includes, draft.body), *draft.pinned]):
            try:
                wanted = Reference.parse(KIND, name)
                if name in draft.pinned:
                    wanted = Reference(KIND, wanted.name, draft.pinned[name])
                found = await self._artifacts.resolve(caller, namespace, wanted)
                check_included(name, found.body)
            except EngineError as error:
                missing.append(error)
            else:
                includes = {**included_bodies(found), **includes, name: parse_body(found.body)}
        return await asyncio.to_thread(check_draft, draft, includes, missing)

    async def list(
        self, caller: Caller, namespace: str, wanted: ArtifactFilter, *, limit: int, cursor: str | None
    ) -> Page[PromptSummary]:
        """Return prompts by name."""
        position = decode_cursor(cursor, parts=1)
        after = None if position is None else str(position[0])
        rows = await self._artifacts.list(caller, KIND, namespace, wanted, after=after, limit=limit + 1)
        return page_of([summary_view(row) for row in rows], limit, lambda shown: (shown.name,))

    async def versions(
        self, caller: Caller, namespace: str, name: str, *, limit: int, cursor: str | None
    ) -> Page[PromptVersion]:
        """Return versions, newest first."""
        before = decode_number_cursor(cursor)
        rows = await self._artifacts.versions(caller, KIND, namespace, name, before=before, limit=limit + 1)
        return page_of([version_view(*row) for row in rows], limit, lambda shown: (shown.number,))

    async def diff(self, caller: Caller, namespace: str, name: str, before: str, after: str) -> PromptDiff:
        """Return what changed between two versions, each given by its number or a label."""
        left = await self._artifacts.resolve(caller, namespace, Reference.chosen(KIND, name, before))
        right = await self._artifacts.resolve(caller, namespace, Reference.chosen(KIND, name, after))
        return await asyncio.to_thread(
            diff_bodies, name, (left.number, dict(left.body)), (right.number, dict(right.body))
        )

    async def move_label(
        self, caller: Caller, namespace: str, name: str, label: str, target: LabelTarget
    ) -> LabelMoveView:
        """Release a version under `label`.

        Raises:
            InvalidInput: `label.invalid`.
            NotFound: the prompt or the version does not exist.
        """
        return move_view(await self._artifacts.move_label(caller, KIND, namespace, name, label, target))

    async def roll_back_label(
        self, caller: Caller, namespace: str, name: str, label: str, wanted: RollBack
    ) -> LabelMoveView:
        """Point `label` again at an earlier release; raises as `ArtifactService.roll_back_label`."""
        return move_view(
            await self._artifacts.roll_back_label(
                caller, KIND, namespace, name, label, wanted.version, reason=wanted.reason
            )
        )

    async def label_history(
        self, caller: Caller, namespace: str, name: str, *, label: str | None, limit: int, cursor: str | None
    ) -> Page[LabelMoveView]:
        """Return the moves of one label, or of all, newest first."""
        moves = await self._artifacts.label_history(
            caller, KIND, namespace, name, label=label, before=decode_id_cursor(cursor), limit=limit + 1
        )
        return page_of([move_view(move) for move in moves], limit, lambda shown: (str(shown.event_id),))

    async def render(self, caller: Caller, namespace: str, name: str, wanted: RenderPrompt) -> Rendered:
        """Return the messages that a run would send.

        Raises:
            InvalidInput: a variable is missing, unknown or does not fit; the message names it.
        """
        found = await self._artifacts.resolve(caller, namespace, Reference(KIND, name, wanted.version, wanted.label))
        variables = await self._variables(caller, wanted)
        messages = await asyncio.to_thread(render_messages, parse_body(found.body), variables, included_bodies(found))
        return Rendered(number=found.number, messages=messages, variables=variables)

    async def impact(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        moved: LabelAim | None,
        *,
        limit: int,
        cursor: str | None,
    ) -> Page[PromptImpact]:
        """Return the releases that pin a version of this prompt, and what a move of a label would give their next ones.

        Raises:
            NotFound: the prompt, or the version that the label would move to, does not exist.
        """
        position = decode_cursor(cursor, parts=4)
        after = None if position is None else tuple(map(str, position))
        if moved is not None:
            await self._artifacts.resolve(caller, namespace, Reference(KIND, name, moved.version))
        rows = await self._artifacts.dependents(caller, KIND, namespace, name, after=after, limit=limit + 1)
        shown = [impact_view(row, name, moved) for row in rows]
        return page_of(shown, limit, lambda one: (one.kind, one.name, one.label, f"{KIND}:{one.reference}"))

    async def tokens(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        *,
        version: int | None = None,
        label: str | None = None,
        lock_digest: str | None = None,
    ) -> TokenCounter:
        """Return what counts tokens as the model of a version does.

        Raises:
            NotFound: as `get`, and for the model.
        """
        found = await self._resolved(caller, namespace, Reference(KIND, name, version, label), lock_digest)
        return (await self._models.resolve(caller, parse_body(found.body).model)).tokens

    async def _variables(self, caller: Caller, wanted: RenderPrompt) -> dict[str, Any]:
        """Return the values to render with: the given ones, or those of a stored run."""
        if wanted.execution_id is None:
            return wanted.variables
        caller.require("executions:read")
        run = await self._executions.get(caller, wanted.execution_id)
        if run.artifact is None or run.artifact.kind != KIND:
            raise InvalidInput("execution.no_variables", f"The execution {run.id} is no run of a prompt.")
        if run.inputs.state == "erased":
            raise Gone("execution.content_erased", f"The inputs of the execution {run.id} were erased.")
        return cast("dict[str, Any]", run.inputs.value["variables"])

    async def _resolved(
        self, caller: Caller, namespace: str, reference: Reference, lock_digest: str | None
    ) -> ResolvedVersion:
        if lock_digest is None:
            return await self._artifacts.resolve(caller, namespace, reference)
        return await self._artifacts.resolve_locked(caller, namespace, reference, lock_digest)

    async def run(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        wanted: RunPrompt,
        *,
        parent_id: UUID | None = None,
        key: IdempotencyKey | None = None,
        kind: str = EXECUTION_KIND,
        lock_digest: str | None = None,
        shown: Sequence[UUID] = (),
    ) -> AsyncGenerator[RunDelta | RunCompleted, None]:
        """Run a version on a model, recorded as an execution; yields the text as it comes, then `RunCompleted`.

        Closing the generator, or cancelling the task that reads it, ends the generation and records
        the execution as cancelled. A repeat with the `key` of a run that succeeded gives that one's output
        and end, and records nothing.

        Args:
            kind: under which the execution is recorded.
            lock_digest: of the version that `wanted` names by number; what it depends on is what this lock pins.
            shown: the document versions whose text the variables hold, as `Outcome` has them.

        Raises:
            InvalidInput, NotFound: as `render`, and for the model and its parameters; nothing is recorded.
            ModelFailed: `prompt.output_invalid` or `prompt.output_cut` when the output does not fit the
                version's output schema; the execution has failed with that code.
            EngineError: what the model raises; the execution has failed with that code.
            InvalidInput, Conflict, Gone: as `ExecutionService.repeated`.
        """
        claim = None
        if key is not None:
            claim = await self._executions.repeated(caller, key)
            if isinstance(claim, ExecutionDetail):
                first = completed_of(claim)
                yield RunDelta(text=first.output)
                yield first
                return
        prepared = await self._prepare(caller, namespace, name, wanted, parent_id, claim, kind, lock_digest)
        prepared = replace(prepared, shown=shown)
        async with aclosing(run_prepared(self._executions, caller, prepared)) as events:
            async for event in events:
                yield event

    async def _prepare(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        wanted: RunPrompt,
        parent_id: UUID | None,
        claim: Claim | None,
        kind: str,
        lock_digest: str | None,
    ) -> PreparedRun:
        reference = Reference(KIND, name, wanted.version, wanted.label)
        found = await self._resolved(caller, namespace, reference, lock_digest)
        placed = None
        if self._splits is not None and wanted.unit_id is not None:
            placed = await self._splits.place(caller, found, Unit(wanted.unit_id, wanted.attributes))
        found = found if placed is None else placed.version
        body = parse_body(found.body)
        wanted = wanted.model_copy(update={"variables": await self._variables(caller, wanted)})
        messages = await asyncio.to_thread(render_messages, body, wanted.variables, included_bodies(found))
        model = await self._models.resolve(caller, wanted.model or body.model)
        prepared = prepare(found, body, messages, wanted, model, parent_id, claim, kind)
        return prepared if placed is None else replace(prepared, expose=placed.expose)
