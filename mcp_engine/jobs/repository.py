"""Every query about jobs, their outbox and the leases of workers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.jobs.schemas import FINISHED, JobFilters
from mcp_engine.jobs.tables import JobRow, LeaseRow, OutboxRow

_IDLE_LIMIT = text("SELECT set_config('idle_in_transaction_session_timeout', :milliseconds, true)")
_NEXT_HAND_OVER = func.nextval("job_hand_over")
# KEY SHARE lets the lease's own renewals pass, and holds off the reaper, which locks FOR UPDATE.
_HOLD_LEASE = text(
    """
    SELECT worker_id FROM worker_lease
    WHERE worker_id = :worker_id AND token = :token AND lost_at IS NULL AND expires_at > clock_timestamp()
    FOR KEY SHARE
    """
)
_HOLD = text(
    """
    WITH lease AS (
        SELECT worker_id FROM worker_lease
        WHERE worker_id = :worker_id AND token = :token AND lost_at IS NULL AND expires_at > clock_timestamp()
        FOR KEY SHARE
    )
    SELECT job.id FROM job JOIN lease USING (worker_id)
    WHERE job.id = :job_id AND job.attempt = :attempt AND job.state = 'running'
    FOR NO KEY UPDATE OF job
    """
)


class JobRepository:
    """Queries of one transaction; those about jobs see the bound tenant's only."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def insert(self, job: JobRow) -> None:
        """Add a job and its outbox row."""
        self._session.add(job)
        await self._session.flush()
        await self.add_to_outbox(job)

    async def add_to_outbox(self, job: JobRow) -> None:
        values = {"job_id": job.id, "tenant_id": job.tenant_id, "kind": job.kind, "dispatch": _NEXT_HAND_OVER}
        await self._session.execute(insert(OutboxRow).values(values))

    async def get(self, job_id: UUID, *, for_change: bool = False) -> JobRow | None:
        statement = select(JobRow).where(col(JobRow.id) == job_id).execution_options(populate_existing=True)
        if for_change:
            statement = statement.with_for_update()
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def hold_waiting(self, kind: str, subject_id: UUID) -> UUID | None:
        """Return a queued job of a kind on a subject, and keep it from starting until the end of the transaction."""
        statement = (
            select(col(JobRow.id))
            .where(col(JobRow.subject_id) == subject_id, col(JobRow.kind) == kind, col(JobRow.state) == "queued")
            .order_by(col(JobRow.id))
            .limit(1)
            # One that is locked is about to start: it may have looked already.
            .with_for_update(read=True, skip_locked=True)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def page(self, wanted: JobFilters, before: tuple[datetime, UUID] | None, limit: int) -> Sequence[JobRow]:
        """Return jobs, newest first, older than `before`."""
        statement = select(JobRow).order_by(col(JobRow.created_at).desc(), col(JobRow.id).desc()).limit(limit)
        for name, value in wanted.model_dump(exclude_none=True).items():
            statement = statement.where(getattr(JobRow, name) == value)
        if before is not None:
            statement = statement.where(func.row(col(JobRow.created_at), col(JobRow.id)) < func.row(*before))
        return (await self._session.execute(statement)).scalars().all()

    async def unfinished_count(self) -> int:
        """Return how many jobs of the tenant are not finished."""
        statement = select(func.count()).select_from(JobRow).where(col(JobRow.state).not_in(FINISHED))
        return int((await self._session.execute(statement)).scalar_one())

    async def unfinished_everywhere(self) -> int:
        """Return how many jobs of all tenants wait or run: each has a row in the outbox."""
        return int((await self._session.execute(select(func.count()).select_from(OutboxRow))).scalar_one())

    async def limit_idle_time(self, seconds: float) -> None:
        """Have the database end this transaction when its client falls silent for longer."""
        await self._session.execute(_IDLE_LIMIT, {"milliseconds": str(int(seconds * 1000))})

    async def hold(self, job_id: UUID, attempt: int, worker_id: UUID, token: int) -> bool:
        """Lock the lease and the job until the end of the transaction; False when the worker has lost either."""
        parameters = {"job_id": job_id, "attempt": attempt, "worker_id": worker_id, "token": token}
        return (await self._session.execute(_HOLD, parameters)).first() is not None

    async def hold_lease(self, worker_id: UUID, token: int) -> bool:
        """Lock the lease until the end of the transaction; False when the worker has lost it."""
        parameters = {"worker_id": worker_id, "token": token}
        return (await self._session.execute(_HOLD_LEASE, parameters)).first() is not None

    async def start(self, job_id: UUID, worker_id: UUID) -> JobRow | None:
        """Begin an attempt at a queued job; None when it is not queued (any more)."""
        statement = (
            update(JobRow)
            .where(col(JobRow.id) == job_id, col(JobRow.state) == "queued")
            .values(
                state="running",
                attempt=col(JobRow.attempt) + 1,
                worker_id=worker_id,
                started_at=func.now(),
                progress_done=0,
                progress_total=0,
                note=None,
            )
            .returning(JobRow)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def set_progress(self, job_id: UUID, done: int, total: int, note: str | None) -> None:
        await self._update(job_id, progress_done=done, progress_total=total, note=note)

    async def finish(self, job_id: UUID, state: str, *, code: str | None = None, message: str | None = None) -> None:
        """End a job for good: it leaves the outbox."""
        await self._update(
            job_id, state=state, worker_id=None, finished_at=func.now(), error_code=code, error_message=message
        )
        await self._session.execute(delete(OutboxRow).where(col(OutboxRow.job_id) == job_id))

    async def fail_lost(self, job_id: UUID, *, code: str, message: str) -> None:
        """End a job that one worker too many was lost with."""
        await self._update(job_id, losses=col(JobRow.losses) + 1)
        await self.finish(job_id, "failed", code=code, message=message)

    async def requeue(
        self,
        job_id: UUID,
        *,
        delay_seconds: float = 0,
        failed: bool = False,
        lost: bool = False,
        note: str | None = None,
    ) -> None:
        """Give a running job back to the queue, to be handed over again after a delay."""
        await self._update(
            job_id,
            state="queued",
            worker_id=None,
            failures=col(JobRow.failures) + int(failed),
            losses=col(JobRow.losses) + int(lost),
            note=note,
        )
        await self.hand_over_again(job_id, delay_seconds=delay_seconds)

    async def hand_over_again(self, job_id: UUID, *, delay_seconds: float = 0) -> None:
        """Make a new hand-over to DBOS due."""
        due = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, delay_seconds)
        await self._session.execute(
            update(OutboxRow)
            .where(col(OutboxRow.job_id) == job_id)
            .values(dispatch=_NEXT_HAND_OVER, dispatched_at=None, due_at=due)
        )

    # the outbox

    async def due(self, limit: int) -> Sequence[OutboxRow]:
        """Return hand-overs that are due, locked; those that another dispatcher holds are left to it."""
        statement = (
            select(OutboxRow)
            .where(col(OutboxRow.dispatched_at).is_(None), col(OutboxRow.due_at) <= func.now())
            .order_by(col(OutboxRow.due_at))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return (await self._session.execute(statement)).scalars().all()

    async def mark_dispatched(self, job_ids: Sequence[UUID]) -> None:
        await self._session.execute(
            update(OutboxRow).where(col(OutboxRow.job_id).in_(job_ids)).values(dispatched_at=func.now())
        )

    async def outbox_row(self, job_id: UUID) -> OutboxRow | None:
        """Return the job's row, locked; None when the job is finished."""
        statement = select(OutboxRow).where(col(OutboxRow.job_id) == job_id).with_for_update()
        statement = statement.execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def dispatched(self, after: UUID | None, limit: int) -> Sequence[OutboxRow]:
        """Return jobs that were handed over and are not finished, by id."""
        statement = select(OutboxRow).where(col(OutboxRow.dispatched_at).is_not(None))
        if after is not None:
            statement = statement.where(col(OutboxRow.job_id) > after)
        return (await self._session.execute(statement.order_by(col(OutboxRow.job_id)).limit(limit))).scalars().all()

    # leases

    async def next_token(self) -> int:
        return int((await self._session.execute(text("SELECT nextval('worker_fence')"))).scalar_one())

    async def add_lease(self, lease: LeaseRow, seconds: float) -> None:
        values = {"worker_id": lease.worker_id, "token": lease.token, "host": lease.host, "pid": lease.pid}
        await self._session.execute(insert(LeaseRow).values(**values, expires_at=_in(seconds)))

    async def renew_lease(self, worker_id: UUID, token: int, seconds: float) -> bool:
        """Push a lease's end away; False when it has ended, for then the jobs may be another's already."""
        statement = (
            update(LeaseRow)
            .where(
                col(LeaseRow.worker_id) == worker_id,
                col(LeaseRow.token) == token,
                col(LeaseRow.lost_at).is_(None),
                col(LeaseRow.expires_at) > func.clock_timestamp(),
            )
            .values(expires_at=_in(seconds))
            .returning(col(LeaseRow.worker_id))
        )
        return (await self._session.execute(statement)).first() is not None

    async def end_lease(self, worker_id: UUID) -> None:
        """Remove the lease of a worker that holds no jobs any more."""
        await self._session.execute(delete(LeaseRow).where(col(LeaseRow.worker_id) == worker_id))

    async def mark_expired(self) -> list[UUID]:
        """Mark expired leases as lost and return every lost worker.

        Waits for transactions that hold such a lease: they began while it was good.
        """
        expired = select(LeaseRow).where(
            col(LeaseRow.lost_at).is_(None), col(LeaseRow.expires_at) <= func.clock_timestamp()
        )
        for lease in (await self._session.execute(expired.with_for_update())).scalars():
            lease.lost_at = lease.expires_at
        await self._session.flush()
        lost = select(col(LeaseRow.worker_id)).where(col(LeaseRow.lost_at).is_not(None))
        return list((await self._session.execute(lost)).scalars())

    async def workers(self) -> Sequence[LeaseRow]:
        statement = select(LeaseRow).where(col(LeaseRow.lost_at).is_(None)).order_by(col(LeaseRow.started_at))
        return (await self._session.execute(statement)).scalars().all()

    async def lead(self, key: int) -> bool:
        """Take an advisory lock for the rest of the transaction, if nobody has it."""
        return bool((await self._session.execute(select(func.pg_try_advisory_xact_lock(key)))).scalar_one())

    async def _update(self, job_id: UUID, **values: Any) -> None:
        await self._session.execute(
            update(JobRow).where(col(JobRow.id) == job_id).values(**values).execution_options(synchronize_session=False)
        )


def _in(seconds: float) -> Any:
    return func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
