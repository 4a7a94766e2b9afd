"""REST of the transparency log, below `/api/v1`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import AwareDatetime

from mcp_engine.access import Caller
from mcp_engine.audit.repository import EntryFilter
from mcp_engine.audit.schemas import EntryView, LogKey, LogState, ProofBundle, VerificationProgress, VerificationReport
from mcp_engine.audit.service import AuditService
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.streaming import StreamEvent, event_stream

router = APIRouter(prefix="/audit", tags=["audit"])
Reader = Annotated[Caller, authorised("audit:read")]
Audit = Annotated[AuditService, service(AuditService)]


@router.get("/entries", summary="List audit entries")
async def list_audit_entries(
    caller: Reader,
    audit: Audit,
    kind: Annotated[str | None, Query(max_length=128)] = None,
    subject: Annotated[str | None, Query(max_length=256)] = None,
    actor: UUID | None = None,
    since: Annotated[AwareDatetime | None, Query(description="At or after this moment.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before this moment.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EntryView]:
    """Return the entries of the caller's tenant, newest first."""
    return await audit.entries(caller, EntryFilter(kind, subject, actor, since, until), limit=limit, cursor=cursor)


@router.get("/entries/{entry_id}", summary="Show an audit entry")
async def get_audit_entry(caller: Reader, audit: Audit, entry_id: UUID) -> EntryView:
    """Return one entry of the caller's tenant."""
    return await audit.entry(caller, entry_id)


@router.get("/state", summary="Get the state of the log")
async def get_audit_state(_: Reader, audit: Audit) -> LogState:
    """Return the size of the tree, its last signed checkpoint, and how many entries wait for their number."""
    return await audit.state()


@router.get("/checkpoint", summary="Get the last signed checkpoint", response_class=PlainTextResponse)
async def get_audit_checkpoint(_: Reader, audit: Audit) -> str:
    """Return the log's last checkpoint: a C2SP tlog-checkpoint in a signed note."""
    return await audit.checkpoint()


@router.get("/key", summary="Get the log's public key")
async def get_audit_key(_: Reader, audit: Audit) -> LogKey:
    """Return the verifier key that checkpoints and proofs are checked with. Keep it elsewhere."""
    return LogKey(vkey=audit.verifier.vkey)


@router.get("/proofs/{wanted}", summary="Get a proof")
async def get_audit_proof(caller: Reader, audit: Audit, wanted: str) -> ProofBundle:
    """Return the proof of one execution, label move or other entry, by the entry's id or by its subject's."""
    return await audit.proof(caller, wanted)


@router.post(
    "/verify",
    summary="Verify the whole log",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "`progress` events, then one `report`."}},
)
async def verify_audit_log(caller: Reader, audit: Audit) -> StreamingResponse:
    """Compare every live row with its leaf, and the tree with what was signed and pinned.

    The report names the first wrong entry; of other tenants' entries it gives the number only.
    """
    return await event_stream(verification(audit, caller.tenant_id))


async def verification(audit: AuditService, tenant_id: UUID) -> AsyncGenerator[StreamEvent, None]:
    """Yield how far a verification is, then its report; closing the generator ends the verification."""
    queue: asyncio.Queue[VerificationProgress | None] = asyncio.Queue()

    async def run() -> VerificationReport:
        try:
            return await audit.verify(queue.put_nowait, seen_by_tenant=tenant_id)
        finally:
            queue.put_nowait(None)

    task = asyncio.create_task(run())
    try:
        while progress := await queue.get():
            yield StreamEvent(event="progress", data=progress.model_dump(mode="json"))
        yield StreamEvent(event="report", data=(await task).model_dump(mode="json"))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
