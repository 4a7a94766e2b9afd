"""Artifacts of any kind over REST; prompts have an API of their own beside this."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from mcp_engine.access import Caller
from mcp_engine.artifacts.diff import diff_versions
from mcp_engine.artifacts.kinds import Reference
from mcp_engine.artifacts.schemas import (
    ArtifactDiff,
    ArtifactView,
    LabelMoveView,
    LabelTarget,
    PushArtifact,
    PushedView,
    RollBack,
    VersionDetail,
    VersionView,
    move_view,
    version_view,
)
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ArtifactFilter
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import (
    Cursor,
    Limit,
    Page,
    decode_cursor,
    decode_id_cursor,
    decode_number_cursor,
    page_of,
)
from mcp_engine.http.problems import documented

router = APIRouter(prefix="/artifacts", tags=["artifacts"])

Reader = Annotated[Caller, authorised("artifacts:read")]
Registry = Annotated[ArtifactService, service(ArtifactService)]


@router.get("/{kind}", summary="List artifacts of a kind")
async def list_artifacts(
    kind: str,
    caller: Reader,
    artifacts: Registry,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ArtifactView]:
    """List artifacts by name, each with its latest version's number and its labels."""
    position = decode_cursor(cursor, parts=1)
    after = str(position[0]) if position else None
    found = await artifacts.list(caller, kind, namespace, ArtifactFilter(), after=after, limit=limit + 1)
    views = [
        ArtifactView(
            kind=item.kind,
            namespace=item.namespace,
            name=item.name,
            latest=item.latest.number,
            labels=dict(item.labels),
            created_at=item.created_at,
            updated_at=item.latest.created_at,
        )
        for item in found
    ]
    return page_of(views, limit, lambda view: (view.name,))


@router.post("/{kind}/{name}", status_code=201, summary="Push a version")
async def push_artifact(
    kind: str,
    name: str,
    request: PushArtifact,
    caller: Annotated[Caller, authorised("artifacts:write")],
    artifacts: Registry,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> PushedView:
    """Store the next version, or find the identical one, and point `labels` at it (which needs `labels:write`)."""
    if request.labels:
        caller.require("labels:write")
    pushed = await artifacts.push(
        caller, kind, namespace, name, request.body, request.message, request.labels, after=request.after
    )
    view = version_view(pushed.version, tuple(request.labels))
    return PushedView(**view.model_dump(), created=pushed.created)


@router.get("/{kind}/{name}", summary="Get a version", responses=documented(410))
async def get_artifact(
    kind: str,
    name: str,
    caller: Reader,
    artifacts: Registry,
    version: int | None = None,
    label: str | None = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> VersionDetail:
    """Return the version with a number or a label, or (neither) the latest, with its body and lock."""
    found = await artifacts.resolve(caller, namespace, Reference(kind, name, version, label))
    view = version_view(found.version, found.labels)
    return VersionDetail(**view.model_dump(), body=dict(found.body), lock_digest=found.lock_digest)


@router.get("/{kind}/{name}/versions", summary="List versions")
async def list_artifact_versions(
    kind: str,
    name: str,
    caller: Reader,
    artifacts: Registry,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[VersionView]:
    """List versions, newest first, each with the labels that point at it now."""
    before = decode_number_cursor(cursor)
    rows = await artifacts.versions(caller, kind, namespace, name, before=before, limit=limit + 1)
    return page_of([version_view(*row) for row in rows], limit, lambda view: (view.number,))


@router.get("/{kind}/{name}/diff", summary="Compare two versions", responses=documented(410))
async def diff_artifact(
    kind: str,
    name: str,
    caller: Reader,
    artifacts: Registry,
    before: Annotated[str, Query(alias="from", max_length=36, description="A version's number, or a label.")],
    after: Annotated[str, Query(alias="to", max_length=36, description="A version's number, or a label.")],
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> ArtifactDiff:
    """Return every setting that changed, and a unified diff of the two bodies as JSON."""
    return await diff_versions(artifacts, caller, kind, namespace, name, before, after)


@router.put("/{kind}/{name}/labels/{label}", summary="Move a label", responses=documented(410))
async def move_artifact_label(
    kind: str,
    name: str,
    label: str,
    target: LabelTarget,
    caller: Annotated[Caller, authorised("labels:write")],
    artifacts: Registry,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> LabelMoveView:
    """Release a version under a label: the lock of everything it depends on is stored with the move."""
    return move_view(await artifacts.move_label(caller, kind, namespace, name, label, target))


@router.post("/{kind}/{name}/labels/{label}/rollback", summary="Roll back a label", responses=documented(410))
async def roll_back_artifact_label(
    kind: str,
    name: str,
    label: str,
    wanted: RollBack,
    caller: Annotated[Caller, authorised("labels:write")],
    artifacts: Registry,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> LabelMoveView:
    """Point a label again at an earlier release, with the lock of that time. Always allowed, and recorded."""
    return move_view(
        await artifacts.roll_back_label(caller, kind, namespace, name, label, wanted.version, reason=wanted.reason)
    )


@router.get("/{kind}/{name}/label-history", summary="List the moves of labels")
async def list_artifact_label_moves(
    kind: str,
    name: str,
    caller: Reader,
    artifacts: Registry,
    label: str | None = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LabelMoveView]:
    """List moves of one label, or of all, newest first."""
    before = decode_id_cursor(cursor)
    moves = await artifacts.label_history(caller, kind, namespace, name, label=label, before=before, limit=limit + 1)
    return page_of([move_view(move) for move in moves], limit, lambda view: (str(view.event_id),))
