"""Stored sources as callers see them."""

from __future__ import annotations

from mcp_engine.jobs.schemas import Job
from rag.connectors.port import ConnectorKind
from rag.connectors.repository import StoredRun, StoredSource
from rag.connectors.schemas import Source, SourceKind, SourceRun
from rag.readers.repository import AccessList
from rag.readers.views import readers_view


def kind_view(kind: ConnectorKind) -> SourceKind:
    return SourceKind(
        name=kind.name, description=kind.description, settings=kind.settings.model_json_schema(), place=kind.place,
        credential=kind.credential or None, least_seconds=kind.least_seconds,
    )  # fmt: skip


def run_view(stored: StoredRun) -> SourceRun:
    row, job = stored.row, Job.model_validate(stored.job)
    return SourceRun(
        id=row.id, source_id=row.source_id, job_id=row.job_id, state=job.state, progress_done=job.progress_done,
        progress_total=job.progress_total, added=row.added, changed=row.changed, unchanged=row.unchanged,
        removed=row.removed, failed=row.failed, error_code=job.error_code, error_message=job.error_message,
        created_at=row.created_at, ended_at=row.ended_at,
    )  # fmt: skip


def source_view(stored: StoredSource, readers: AccessList | None) -> Source:
    row = stored.row
    return Source(
        id=row.id, collection=stored.collection.name, namespace=stored.collection.namespace, name=row.name,
        kind=row.kind, settings=row.settings, has_credential=row.sealed_credential is not None, prefix=row.prefix,
        include=row.include, exclude=row.exclude, every_seconds=row.every_seconds, remove_gone=row.remove_gone,
        paused=row.paused, readers=readers_view(readers), documents=stored.documents,
        last_run=None if stored.run is None else run_view(stored.run), due_at=stored.due_at, created_at=row.created_at,
    )  # fmt: skip
