"""Queries on answers and what they cite."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from rag.lost_support.standing import STANDINGS, Found, Standing
from rag.lost_support.tables import AskedAgainRow, CitationSupportRow, CitingAnswerRow
from rag.tables import CollectionRow, DocumentRow, TextRow, VersionRow


@dataclass(frozen=True, slots=True)
class Searched:
    """What is searched of a document: a version, or none."""

    document_id: UUID
    collection_id: UUID
    version_id: UUID | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored answer: its execution, and its output as canonical JSON."""

    execution_id: UUID
    output: str


@dataclass(frozen=True, slots=True)
class Looked:
    """Citation `n` of an answer, of `version_id`, and how it stands."""

    execution_id: UUID
    n: int
    version_id: UUID
    found: Found


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a citation: of version `number` of its document, and its place in version `against`."""

    execution_id: UUID
    n: int
    document_id: UUID
    document: str
    number: int
    standing: Standing
    against: int | None
    start: int | None
    end: int | None
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class AnswersFilter:
    """Which answers to list: those whose worst citation stands so, and citing one document if named."""

    standing: Standing = "gone"
    document_id: UUID | None = None


class SupportRepository:
    """Reads and writes what is known about citations, in the transaction of `session`."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def is_cited(self, document_id: UUID) -> bool:
        """Return whether any answer cites the document."""
        cited = (
            select(literal(1))
            .select_from(VersionRow)
            .join(CitingAnswerRow, col(CitingAnswerRow.version_id) == col(VersionRow.id))
            .where(col(VersionRow.document_id) == document_id)
        )
        return await self._session.scalar(cited.limit(1)) is not None

    async def namespace(self, document_id: UUID) -> str:
        query = select(col(CollectionRow.namespace)).join(
            DocumentRow, col(DocumentRow.collection_id) == col(CollectionRow.id)
        )
        return (await self._session.scalars(query.where(col(DocumentRow.id) == document_id))).one()

    async def searched(self, document_id: UUID) -> Searched | None:
        """Return what is searched of a document; None when there is no such document."""
        query = (
            select(col(DocumentRow.id), col(DocumentRow.collection_id), col(VersionRow.id))
            .outerjoin(
                VersionRow,
                (col(VersionRow.document_id) == col(DocumentRow.id))
                & (col(VersionRow.number) == col(DocumentRow.searched_number)),
            )
            .where(col(DocumentRow.id) == document_id)
        )
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None else Searched(*row)

    async def text(self, version_id: UUID) -> str | None:
        return await self._session.scalar(select(col(TextRow.text)).where(col(TextRow.version_id) == version_id))

    async def overtaken(self, version_ids: Collection[UUID]) -> list[UUID]:
        """Return the documents of these versions of which something else is searched now, or may be in a moment.

        The others stay as they are until the end of the transaction. Waits for nobody.
        """
        rows = await self._session.execute(_OVERTAKEN, {"versions": list(version_ids)})
        return list(rows.scalars())

    async def unlooked(self, searched: Searched, after: UUID | None, limit: int) -> list[Answer]:
        """Return answers that cite other versions of a document and were not looked at since this one is searched.

        They come by id, from after `after` on. An answer whose content was erased is left out.
        """
        found = await self._session.execute(
            _UNLOOKED,
            {
                "document_id": searched.document_id,
                "against_id": searched.version_id,
                "after": after or UUID(int=0),
                "limit": limit,
            },
        )
        return [Answer(row.execution_id, row.content) for row in found]

    async def standings(self, document_id: UUID, execution_ids: Collection[UUID]) -> dict[tuple[UUID, int], str]:
        """Return how citations of a document stood when somebody looked last, by execution and number."""
        query = select(
            col(CitationSupportRow.execution_id), col(CitationSupportRow.n), col(CitationSupportRow.standing)
        ).where(
            col(CitationSupportRow.document_id) == document_id, col(CitationSupportRow.execution_id).in_(execution_ids)
        )
        return {(row[0], row[1]): row[2] for row in await self._session.execute(query)}

    async def keep(self, searched: Searched, looked: Sequence[Looked]) -> None:
        """Keep how citations stand now, instead of what was known before."""
        now = datetime.now(UTC)
        statement = insert(CitationSupportRow).values(
            [
                {
                    "tenant_id": self._tenant_id, "execution_id": one.execution_id, "n": one.n,
                    "collection_id": searched.collection_id, "document_id": searched.document_id,
                    "version_id": one.version_id, "against_id": searched.version_id,
                    "standing": one.found.standing, "start": one.found.span and one.found.span.start,
                    "end": one.found.span and one.found.span.end, "looked_at": now,
                }
                for one in looked
            ]
        )  # fmt: skip
        changed = ("against_id", "standing", "start", "end", "looked_at")
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "execution_id", "n"],
                set_={name: statement.excluded[name] for name in changed},
            )
        )

    async def forget(self, execution_id: UUID) -> None:
        """Remove what is known about the citations of one answer."""
        of_answer = col(CitationSupportRow.execution_id) == execution_id
        await self._session.execute(delete(CitationSupportRow).where(of_answer))

    async def answers(self, collection_id: UUID, wanted: AnswersFilter, before: UUID | None, limit: int) -> list[UUID]:
        """Return answers, newest first, that nobody has asked again; ids are ordered by time (UUIDv7)."""
        execution_id = col(CitationSupportRow.execution_id)
        again = select(literal(1)).where(col(AskedAgainRow.execution_id) == execution_id)
        conditions: list[ColumnElement[bool]] = [
            col(CitationSupportRow.collection_id) == collection_id,
            col(CitationSupportRow.standing) == wanted.standing,
            ~again.exists(),
        ]
        if worse := STANDINGS[: STANDINGS.index(wanted.standing)]:
            other = aliased(CitationSupportRow)
            has_worse = select(literal(1)).where(
                col(other.execution_id) == execution_id, col(other.standing).in_(worse)
            )
            conditions.append(~has_worse.exists())
        if wanted.document_id is not None:
            conditions.append(col(CitationSupportRow.document_id) == wanted.document_id)
        if before is not None:
            conditions.append(execution_id < before)
        query: Select[UUID] = select(execution_id).where(*conditions).distinct()
        return list(await self._session.scalars(query.order_by(execution_id.desc()).limit(limit)))

    async def citations(self, execution_ids: Collection[UUID]) -> list[Known]:
        """Return what is known about the citations of answers, in order."""
        rows = await self._session.execute(_CITATIONS, {"executions": list(execution_ids)})
        return [
            Known(
                execution_id=row.execution_id, n=row.n, document_id=row.document_id, document=row.document,
                number=row.number, standing=row.standing, against=row.against, start=row.start, end=row.end,
                looked_at=row.looked_at,
            )
            for row in rows
        ]  # fmt: skip

    async def is_known(self, collection_id: UUID, execution_id: UUID) -> bool:
        """Return whether citations of an answer from this collection were looked at again."""
        query = select(func.count()).where(
            col(CitationSupportRow.collection_id) == collection_id,
            col(CitationSupportRow.execution_id) == execution_id,
        )
        return bool(await self._session.scalar(query))

    async def asked_again(self, execution_id: UUID) -> UUID | None:
        """Return the execution of the question asked again, if somebody has."""
        query = select(col(AskedAgainRow.again_id)).where(col(AskedAgainRow.execution_id) == execution_id)
        return await self._session.scalar(query)

    async def insert_again(self, execution_id: UUID, again_id: UUID) -> bool:
        """Note that a question was asked again; False when somebody else was faster."""
        values = {"tenant_id": self._tenant_id, "execution_id": execution_id, "again_id": again_id}
        statement = insert(AskedAgainRow).values(values).on_conflict_do_nothing()
        return (await self._session.scalar(statement.returning(col(AskedAgainRow.execution_id)))) is not None


_CITATIONS = text(
    """
    SELECT known.*, document.name AS document, cited.number, against.number AS against
    FROM citation_support AS known
    JOIN document ON document.id = known.document_id
    JOIN document_version AS cited ON cited.id = known.version_id
    LEFT JOIN document_version AS against ON against.id = known.against_id
    WHERE known.execution_id = ANY(CAST(:executions AS uuid[]))
    ORDER BY known.execution_id, known.n
    """
)

_OVERTAKEN = text(
    """
    WITH cited AS (
        SELECT document_id, number FROM document_version WHERE id = ANY(CAST(:versions AS uuid[]))
    ), held AS MATERIALIZED (
        SELECT id, searched_number FROM document
        WHERE id IN (SELECT document_id FROM cited)
        FOR SHARE SKIP LOCKED
    )
    SELECT DISTINCT cited.document_id FROM cited LEFT JOIN held ON held.id = cited.document_id
    WHERE held.searched_number IS DISTINCT FROM cited.number
    """
)

_UNLOOKED = text(
    """
    SELECT citing.execution_id, output.content
    FROM (
        SELECT DISTINCT citing.execution_id FROM document_version AS version
        JOIN citing_answer AS citing ON citing.version_id = version.id
        WHERE version.document_id = :document_id AND citing.execution_id > :after
            AND version.id IS DISTINCT FROM CAST(:against_id AS uuid)
    ) AS citing
    JOIN execution_output AS output USING (execution_id)
    WHERE NOT EXISTS (
        SELECT FROM citation_support AS known
        WHERE known.execution_id = citing.execution_id AND known.document_id = :document_id
            AND known.against_id IS NOT DISTINCT FROM CAST(:against_id AS uuid)
    )
    ORDER BY citing.execution_id LIMIT :limit
    """
)
