"""Every query of drafted questions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, join, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mcp_engine.jobs.tables import JobRow
from rag.drafting.tables import DraftedQuestionRow, DraftedRunRow, DraftVerdictRow, QuestionDraftRow
from rag.tables import VersionRow


class StoredDraft(NamedTuple):
    """A draft with its job, and how many of its questions are in each state."""

    row: QuestionDraftRow
    job: JobRow
    states: dict[str, int]


class StoredQuestion(NamedTuple):
    """A question with the run that worded it, and the last verdict on it."""

    row: DraftedQuestionRow
    run: DraftedRunRow | None
    verdict: DraftVerdictRow | None
    state: str


class DrawnChunk(NamedTuple):
    """A chunk of a searched version, with the offsets of its sentences."""

    version_id: UUID
    start: int
    end: int
    starts: list[int]
    ends: list[int]


class DraftRepository:
    """Queries of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def drawn(self, collection_id: UUID, seed: int, limit: int) -> list[DrawnChunk]:
        """Return chunks drawn by `seed`: one of each document that the reader may read, then the next of each."""
        found = await self._session.execute(_DRAWN, {"collection": collection_id, "seed": str(seed), "limit": limit})
        return [DrawnChunk(*row) for row in found]

    async def add(self, draft: QuestionDraftRow, questions: Sequence[DraftedQuestionRow]) -> None:
        self._session.add(draft)
        await self._session.flush()
        self._session.add_all(questions)
        await self._session.flush()

    async def keep(self, runs: Sequence[DraftedRunRow]) -> None:
        self._session.add_all(runs)
        await self._session.flush()

    async def judge(self, verdict: DraftVerdictRow) -> None:
        self._session.add(verdict)
        await self._session.flush()

    async def find(self, ids: Collection[UUID]) -> dict[UUID, StoredDraft]:
        return {one.row.id: one for one in await self._stored(col(QuestionDraftRow.id).in_(ids))}

    async def page(
        self, namespace: str | None, collection: str | None, before: UUID | None, limit: int
    ) -> list[StoredDraft]:
        """Return drafts, newest first; ids are ordered by time (UUIDv7)."""
        conditions: list[ColumnElement[bool]] = []
        if namespace is not None:
            conditions.append(col(QuestionDraftRow.namespace) == namespace)
        if collection is not None:
            conditions.append(col(QuestionDraftRow.collection) == collection)
        if before is not None:
            conditions.append(col(QuestionDraftRow.id) < before)
        return await self._stored(*conditions, limit=limit)

    async def questions(
        self, draft_id: UUID, *, state: str | None = None, after: int = 0, limit: int | None = None
    ) -> list[StoredQuestion]:
        """Return questions by position, of the documents that the reader may read."""
        query = _questions().where(
            col(DraftedQuestionRow.draft_id) == draft_id, col(DraftedQuestionRow.position) > after
        )
        if state is not None:
            query = query.where(_STATE.in_([state]))
        return await self._found(query.order_by(col(DraftedQuestionRow.position)).limit(limit))

    async def question(self, draft_id: UUID, position: int) -> StoredQuestion | None:
        query = _questions().where(
            col(DraftedQuestionRow.draft_id) == draft_id, col(DraftedQuestionRow.position) == position
        )
        return next(iter(await self._found(query)), None)

    async def verdicts(self, ids: Collection[UUID]) -> dict[UUID, DraftVerdictRow]:
        query = select(DraftVerdictRow).where(col(DraftVerdictRow.id).in_(ids))
        return {row.id: row for row in (await self._session.execute(query)).scalars()}

    async def left(self, draft_id: UUID) -> list[DraftedQuestionRow]:
        """Return what no run has worded yet."""
        query = (
            select(DraftedQuestionRow)
            .outerjoin(DraftedRunRow, _same_question(DraftedRunRow))
            .where(col(DraftedQuestionRow.draft_id) == draft_id, col(DraftedRunRow.position).is_(None))
            .order_by(col(DraftedQuestionRow.position))
        )
        return list((await self._session.execute(query)).scalars())

    async def _found(
        self, query: Select[DraftedQuestionRow, DraftedRunRow, DraftVerdictRow, str]
    ) -> list[StoredQuestion]:
        rows = await self._session.execute(query, execution_options={"populate_existing": True})
        return [StoredQuestion(*row) for row in rows]

    async def _stored(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[StoredDraft]:
        job = and_(
            col(JobRow.tenant_id) == col(QuestionDraftRow.tenant_id), col(JobRow.id) == col(QuestionDraftRow.job_id)
        )
        query = select(QuestionDraftRow, JobRow).join(JobRow, job).where(*conditions)
        rows = await self._session.execute(
            query.order_by(col(QuestionDraftRow.id).desc()).limit(limit), execution_options={"populate_existing": True}
        )
        found = [(row[0], row[1]) for row in rows]
        states = await self._states([row.id for row, _ in found])
        return [StoredDraft(row, job, states.get(row.id, {})) for row, job in found]

    async def _states(self, ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
        state = _STATE.label("state")
        query = (
            select(col(DraftedQuestionRow.draft_id), state, func.count())
            .select_from(_joined())
            .where(col(DraftedQuestionRow.draft_id).in_(ids))
            .group_by(col(DraftedQuestionRow.draft_id), state)
        )
        counted: dict[UUID, dict[str, int]] = {}
        for row in await self._session.execute(query):
            counted.setdefault(row[0], {})[row[1]] = row[2]
        return counted


def _same_question(table: type[DraftedRunRow] | type[DraftVerdictRow]) -> ColumnElement[bool]:
    return and_(
        col(table.tenant_id) == col(DraftedQuestionRow.tenant_id),
        col(table.draft_id) == col(DraftedQuestionRow.draft_id),
        col(table.position) == col(DraftedQuestionRow.position),
    )


_LAST: Final = (
    select(col(DraftVerdictRow.id))
    .where(_same_question(DraftVerdictRow))
    .order_by(col(DraftVerdictRow.id).desc())
    .limit(1)
    .correlate(DraftedQuestionRow)
    .scalar_subquery()
)
_STATE: Final[ColumnElement[str]] = case(
    (col(DraftVerdictRow.verdict).is_not(None), col(DraftVerdictRow.verdict)),
    (col(DraftedRunRow.position).is_(None), "waiting"),
    (col(DraftedRunRow.fault).is_not(None), "unusable"),
    else_="open",
)


def _joined() -> FromClause:
    """Return questions with their runs, last verdicts and versions: the latter are there for who may read them."""
    version = and_(
        col(VersionRow.tenant_id) == col(DraftedQuestionRow.tenant_id),
        col(VersionRow.id) == col(DraftedQuestionRow.version_id),
    )
    last = and_(col(DraftVerdictRow.tenant_id) == col(DraftedQuestionRow.tenant_id), col(DraftVerdictRow.id) == _LAST)
    questions = join(DraftedQuestionRow, VersionRow, version)
    return questions.outerjoin(DraftedRunRow, _same_question(DraftedRunRow)).outerjoin(DraftVerdictRow, last)


def _questions() -> Select[DraftedQuestionRow, DraftedRunRow, DraftVerdictRow, str]:
    return select(DraftedQuestionRow, DraftedRunRow, DraftVerdictRow, _STATE).select_from(_joined())


_DRAWN: Final = text(
    """
    SELECT drawn.version_id, drawn.start, drawn."end", sentences.starts, sentences.ends
    FROM (
        SELECT chunk.tenant_id, chunk.version_id, chunk.ordinal, chunk.start, chunk."end", draw,
               row_number() OVER (PARTITION BY chunk.version_id ORDER BY draw) AS place
        FROM chunk
        JOIN document_version version ON version.tenant_id = chunk.tenant_id AND version.id = chunk.version_id
        CROSS JOIN LATERAL md5(chunk.version_id::text || chunk.ordinal || :seed) AS draw
        WHERE chunk.collection_id = :collection
    ) AS drawn
    JOIN chunk_sentences sentences USING (tenant_id, version_id, ordinal)
    ORDER BY drawn.place, drawn.draw
    LIMIT :limit
    """
)
