"""REST of sources."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from rag.connectors.schemas import (
    ItemOutcome,
    NewSource,
    Source,
    SourceChange,
    SourceItem,
    SourceKind,
    SourceRemoved,
    SourceRun,
)
from rag.connectors.service import SourceService

router = APIRouter(tags=["documents"])
Reader = Annotated[Caller, authorised("documents:read")]
Writer = Annotated[Caller, authorised("documents:write")]
Sources = Annotated[SourceService, service(SourceService)]


@router.get("/source-kinds", summary="List kinds of sources")
async def list_source_kinds(caller: Reader, sources: Sources) -> Page[SourceKind]:  # noqa: ARG001 - the scope alone
    """Return the kinds of sources, all of them, each with the JSON Schema of its settings."""
    return Page(items=sources.kinds())


@router.post("/collections/{collection}/sources", summary="Add a source", status_code=201)
async def create_source(
    collection: str, new: NewSource, caller: Writer, sources: Sources, namespace: NamespaceName = DEFAULT_NAMESPACE
) -> Source:
    """Say where documents of a collection come from; the collection is made when it is new.

    A job (`last_run.job_id`) reads the source now, unless `sync` is false, and then every `every_seconds`. Sources of
    the server's own disk need the scope `instance:operate` besides.
    """
    return await sources.create(caller, namespace, collection, new)


@router.get("/collections/{collection}/sources", summary="List a collection's sources")
async def list_sources(
    collection: str,
    caller: Reader,
    sources: Sources,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Source]:
    """Return sources by name, each with its last run."""
    return await sources.list(caller, namespace, collection, cursor, limit)


@router.get("/sources/{source_id}", summary="Show a source")
async def get_source(source_id: UUID, caller: Reader, sources: Sources) -> Source:
    """Return a source with its last run."""
    return await sources.get(caller, source_id)


@router.patch("/sources/{source_id}", summary="Change a source")
async def change_source(source_id: UUID, change: SourceChange, caller: Writer, sources: Sources) -> Source:
    """Change where documents come from, which of them are taken, how often, and what opens the source.

    One with a schedule is read again at once; any other when somebody asks. What it does not hold any more is
    taken out of search or kept, as `remove_gone` says. Sources of the server's own disk need the scope
    `instance:operate` besides.
    """
    return await sources.change(caller, source_id, change)


@router.delete("/sources/{source_id}", summary="Remove a source")
async def remove_source(
    source_id: UUID,
    caller: Writer,
    sources: Sources,
    documents: Annotated[bool, Query(description="Take the documents that it brought out of search too.")] = False,
) -> SourceRemoved:
    """Forget a source and its credential; a job that reads it ends. Its documents stay unless `documents` is set."""
    return SourceRemoved(documents=await sources.remove(caller, source_id, documents=documents))


@router.post("/sources/{source_id}/runs", summary="Read a source", status_code=202)
async def start_source_run(source_id: UUID, caller: Writer, sources: Sources) -> SourceRun:
    """Read a source now: the job `job_id` adds what is new, and gives what changed its next version."""
    return await sources.start(caller, source_id)


@router.get("/sources/{source_id}/runs", summary="List a source's runs")
async def list_source_runs(
    source_id: UUID, caller: Reader, sources: Sources, limit: Limit = 50, cursor: Cursor = None
) -> Page[SourceRun]:
    """Return the readings of a source, newest first."""
    return await sources.runs(caller, source_id, cursor, limit)


@router.get("/sources/{source_id}/items", summary="List what a source holds")
async def list_source_items(
    source_id: UUID,
    caller: Reader,
    sources: Sources,
    outcome: Annotated[ItemOutcome | None, Query(description="Only what came out so, such as `failed`.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SourceItem]:
    """Return by name what the source holds, and why an item could not be read."""
    return await sources.items(caller, source_id, outcome, cursor, limit)
