"""The rules of datasets: push, extend, read; what is sealed is not read back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import LATEST, Reference
from mcp_engine.artifacts.schemas import LabelMoveView, LabelTarget, VersionView, move_view, version_view
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ArtifactFilter, ArtifactSummary, ResolvedVersion
from mcp_engine.audit.erasure import erase
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, NotAllowed, NotFound, TooLarge
from mcp_engine.evaluation.datasets.assembling import body_of, extended, prepared
from mcp_engine.evaluation.datasets.facts import CONTENT_TABLE, ROWS_STORED, content_key
from mcp_engine.evaluation.datasets.files import Columns, FileRow, read_rows
from mcp_engine.evaluation.datasets.from_executions import rows_of
from mcp_engine.evaluation.datasets.kind import KIND
from mcp_engine.evaluation.datasets.repository import DatasetRepository, MemberRow
from mcp_engine.evaluation.datasets.rows import MAX_ROWS, SEALED, Row, checked_shares
from mcp_engine.evaluation.datasets.schemas import (
    DatasetDetail,
    DatasetPushed,
    DatasetRowView,
    DatasetSummary,
    PushDataset,
    PushExecutions,
    PushOptions,
)
from mcp_engine.executions.service import ExecutionService
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.http.paging import Page, decode_cursor, decode_number_cursor, page_of
from mcp_engine.identifiers import checked_name

_VERSIONS_READ = 1000


class DatasetService:
    """Datasets of every tenant."""

    def __init__(
        self, database: Database, artifacts: ArtifactService, executions: ExecutionService, feedback: FeedbackService
    ) -> None:
        self._database = database
        self._artifacts = artifacts
        self._executions = executions
        self._feedback = feedback

    async def push(self, caller: Caller, namespace: str, new: PushDataset) -> DatasetPushed:
        """Store rows as the next version, or find the identical one.

        Raises:
            InvalidInput: names the row and what to correct (`dataset.…`, `name.invalid`, `label.invalid`).
            TooLarge: `dataset.row_too_large`, `dataset.too_many_rows`, `dataset.too_many_columns`.
            NotFound: `namespace.not_found`; with `extend`, `dataset.not_found`.
            Conflict: with `extend`, `dataset.rows_missing`.
        """
        rows = [
            FileRow(Row(one.inputs, one.expected, one.metadata), one.split, f"Row {number}")
            for number, one in enumerate(new.rows, start=1)
        ]
        return await self._push(caller, namespace, new, rows)

    async def push_file(
        self, caller: Caller, namespace: str, options: PushOptions, filename: str, content: bytes, columns: Columns
    ) -> DatasetPushed:
        """As `push`, with the rows of a file; raises as `read_rows` too."""
        rows = await asyncio.to_thread(read_rows, filename, content, columns)
        return await self._push(caller, namespace, options, rows)

    async def push_executions(self, caller: Caller, namespace: str, new: PushExecutions) -> DatasetPushed:
        """As `push`, with rows made of stored runs.

        Raises:
            NotFound: `execution.not_found`.
            Gone: `execution.content_erased`.
        """
        found = await self._executions.several(caller, new.execution_ids)
        wishes: Mapping[UUID, str] = {}
        if new.expected == "demonstration":
            wishes = await self._feedback.demonstrations(caller, new.execution_ids)
        return await self._push(caller, namespace, new, rows_of(found, new.expected, wishes))

    async def get(
        self, caller: Caller, namespace: str, name: str, *, version: int | None = None, label: str | None = None
    ) -> DatasetDetail:
        """Return what a version holds, without its rows; see `ArtifactService.resolve`."""
        found = await self._artifacts.resolve(caller, namespace, Reference(KIND, name, version, label))
        return DatasetDetail(**_detail(found))

    async def list(
        self, caller: Caller, namespace: str, wanted: ArtifactFilter, *, limit: int, cursor: str | None
    ) -> Page[DatasetSummary]:
        """Return datasets by name."""
        position = decode_cursor(cursor, parts=1)
        after = None if position is None else str(position[0])
        rows = await self._artifacts.list(caller, KIND, namespace, wanted, after=after, limit=limit + 1)
        return page_of([_summary(row) for row in rows], limit, lambda shown: (shown.name,))

    async def versions(
        self, caller: Caller, namespace: str, name: str, *, limit: int, cursor: str | None
    ) -> Page[VersionView]:
        """Return versions, newest first."""
        before = decode_number_cursor(cursor)
        rows = await self._artifacts.versions(caller, KIND, namespace, name, before=before, limit=limit + 1)
        return page_of([version_view(*row) for row in rows], limit, lambda shown: (shown.number,))

    async def move_label(
        self, caller: Caller, namespace: str, name: str, label: str, target: LabelTarget
    ) -> LabelMoveView:
        """Point a label at a version; raises as `ArtifactService.move_label`."""
        return move_view(await self._artifacts.move_label(caller, KIND, namespace, name, label, target))

    async def rows(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        split: str,
        *,
        version: int | None = None,
        label: str | None = None,
        limit: int,
        cursor: str | None,
    ) -> Page[DatasetRowView]:
        """Return rows of a split in the order of their push.

        Raises:
            NotAllowed: `dataset.sealed`.
            NotFound: `dataset.split_not_found`, naming those there are.
        """
        found = await self._artifacts.resolve(caller, namespace, Reference(KIND, name, version, label))
        check_open(found, split)
        async with self._work(caller) as work:
            rows = await DatasetRepository(work).page(
                found.version_id, split, after=decode_number_cursor(cursor), limit=limit + 1
            )
        return page_of([_row_view(row) for row in rows], limit, lambda shown: (shown.position,))

    async def erase_row(self, caller: Caller, namespace: str, name: str, row_digest: str, reason: str) -> UUID:
        """Erase what a row of this dataset holds, in every version and dataset that has it.

        Raises:
            NotFound: `dataset.row_not_found`.
            Gone: `content.erased`.
        """
        versions = await self._artifacts.versions(caller, KIND, namespace, name, before=None, limit=_VERSIONS_READ)
        async with self._work(caller) as work:
            ids = [version.version_id for version, _ in versions]
            if not await DatasetRepository(work).holds_row(ids, row_digest):
                raise NotFound("dataset.row_not_found", f"{name!r} has no row {row_digest[:70]!r}.")
            return await erase(work, CONTENT_TABLE, content_key(row_digest), reason)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)

    async def _push(
        self, caller: Caller, namespace: str, options: PushOptions, rows: Sequence[FileRow]
    ) -> DatasetPushed:
        checked_name(options.name, what=KIND)
        if options.shares:
            checked_shares(options.shares)
        if len(rows) > MAX_ROWS:
            raise TooLarge("dataset.too_many_rows", f"A dataset has {MAX_ROWS:,} rows at the most.")
        splits, columns = await asyncio.to_thread(prepared, rows, options)
        async with self._work(caller) as work:
            repository = DatasetRepository(work)
            latest: ResolvedVersion | None = None
            if options.extend:
                latest = await self._artifacts.resolve_in(work, namespace, Reference(KIND, options.name))
                members = await repository.members(latest.version_id)
                if not members:
                    raise rows_missing(latest)
                splits, columns = extended(latest, members, splits, columns)
            body = body_of(options, columns, splits, latest)
            pushed = await self._artifacts.push_in(
                work, KIND, namespace, options.name, body, options.message, options.labels
            )
            version = pushed.version
            if not await repository.has_rows(version.version_id):
                await repository.add(version.version_id, {s: [*rows.values()] for s, rows in splits.rows.items()})
                await append(work, AuditEvent(ROWS_STORED, str(version.version_id), {"splits": body["splits"]}))
        reference = Reference(KIND, options.name, version.number)
        found = await self._artifacts.resolve(caller, namespace, reference)
        return DatasetPushed(**_detail(found), created=pushed.created, repeated=splits.repeated)


def check_open(found: ResolvedVersion, split: str) -> None:
    """Return if a split exists and may be read.

    Raises:
        NotAllowed: `dataset.sealed`.
        NotFound: `dataset.split_not_found`.
    """
    if split not in found.body["splits"]:
        raise no_split(found, split)
    if split == SEALED:
        raise NotAllowed(
            "dataset.sealed",
            f"The split {SEALED!r} is read by gates alone: evidence that a search has seen proves nothing.",
        )


def rows_missing(found: ResolvedVersion) -> Conflict:
    """Return the error of a version that was pushed as an artifact alone: its body counts rows that nobody sent."""
    return Conflict(
        "dataset.rows_missing",
        f"Version {found.number} of {found.name!r} came without its rows; push them as a dataset.",
    )


def no_split(found: ResolvedVersion, split: str) -> NotFound:
    """Return the error that names the splits there are."""
    there = ", ".join(sorted(found.body["splits"]))
    return NotFound(
        "dataset.split_not_found",
        f"Version {found.number} of {found.name!r} has no split {split[:140]!r}; it has: {there}.",
        details={"splits": sorted(found.body["splits"])},
    )


def _detail(found: ResolvedVersion) -> dict[str, Any]:
    return {**version_view(found.version, found.labels).model_dump(), **found.body, "lock_digest": found.lock_digest}


def _summary(item: ArtifactSummary) -> DatasetSummary:
    body: Mapping[str, Any] = item.body or {}
    return DatasetSummary(
        name=item.name,
        namespace=item.namespace,
        description=body.get("description", ""),
        tags=body.get("tags", []),
        latest=item.latest.number,
        labels={label: number for label, number in item.labels.items() if label != LATEST},
        splits={split: one["rows"] for split, one in body.get("splits", {}).items()},
        created_at=item.created_at,
        updated_at=item.latest.created_at,
    )


def _row_view(row: MemberRow) -> DatasetRowView:
    content = row.content or {}
    return DatasetRowView(
        position=row.position,
        digest=row.digest,
        erased=row.content is None,
        inputs=content.get("inputs"),
        expected=content.get("expected"),
        metadata=content.get("metadata"),
    )
