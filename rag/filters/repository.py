"""Queries on which documents a search looks at."""

from __future__ import annotations

from collections.abc import Sequence
from operator import ge, le
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Double, and_, case, cast, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from rag.strategy import Filters, MetadataCondition
from rag.tables import CollectionRow, DocumentRow, ReadingRow, VersionRow

_AS_LIKE = str.maketrans({"*": "%", "?": "_", "%": r"\%", "_": r"\_", "\\": r"\\"})


class FilterRepository:
    """Reads documents in the transaction of `session`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def among(self, collection_id: UUID, narrowing: Sequence[Filters]) -> frozenset[UUID] | None:
        """Return the versions that a search looks at: those that pass all filters and that the reader may read.

        None for all of the collection: nothing is filtered, and none of its documents has an access list.
        """
        if not narrowing:
            restricted = select(col(CollectionRow.restricted)).where(col(CollectionRow.id) == collection_id)
            if not await self._session.scalar(restricted):
                return None
        return await self.passing(collection_id, narrowing)

    async def passing(self, collection_id: UUID, narrowing: Sequence[Filters]) -> frozenset[UUID]:
        """Return the searched versions of a collection's documents that pass all filters.

        Row-level security leaves out what the reader may not read.
        """
        conditions = [condition for filters in narrowing for condition in _conditions(filters)]
        rows = await self._session.scalars(
            select(col(VersionRow.id))
            .join(
                DocumentRow,
                (col(VersionRow.document_id) == col(DocumentRow.id))
                & (col(VersionRow.number) == col(DocumentRow.searched_number)),
            )
            .join(ReadingRow, col(ReadingRow.version_id) == col(VersionRow.id))
            .where(col(DocumentRow.collection_id) == collection_id, *conditions)
        )
        return frozenset(rows)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Return what a document, its searched version and that version's reading must fulfil."""
    added = cast(func.timezone("UTC", col(VersionRow.created_at)), Date)
    conditions: list[ColumnElement[bool]] = []
    if filters.documents:
        conditions.append(or_(*(col(DocumentRow.name).like(_like(one)) for one in filters.documents)))
    if filters.media_types:
        conditions.append(or_(*(col(ReadingRow.media_type).like(_like(one)) for one in filters.media_types)))
    if filters.since is not None:
        conditions.append(added >= filters.since)
    if filters.until is not None:
        conditions.append(added <= filters.until)
    conditions += [_says(one) for one in filters.metadata]
    return conditions


def _says(condition: MetadataCondition) -> ColumnElement[bool]:
    """Return whether a document's metadata fulfils a condition.

    There is no index for it: under row-level security PostgreSQL looks into none for an operator of jsonb, and what it
    compares is read anyway, with the document's row.
    """
    key, said = condition.key, col(DocumentRow.key_values)
    if condition.one_of:
        return or_(*(said.contains({key: value}) for value in condition.one_of))
    bounds = [(ge, condition.at_least), (le, condition.at_most)]
    is_text = any(isinstance(bound, str) for _, bound in bounds)
    written = func.jsonb_extract_path_text(said, key)
    value = written.collate("C") if is_text else cast(written, Double)
    within = and_(*(compare(value, bound) for compare, bound in bounds if bound is not None))
    kind = func.jsonb_typeof(func.jsonb_extract_path(said, key))
    # In this order, whatever the planner thinks: text that is no number can't be cast.
    return case((kind == ("string" if is_text else "number"), within), else_=false())


def _like(pattern: str) -> str:
    """Return a pattern with `*` and `?` as LIKE reads it; its escape character is PostgreSQL's own, the backslash."""
    return pattern.translate(_AS_LIKE)
