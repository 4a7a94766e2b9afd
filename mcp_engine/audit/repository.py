"""Every query of the transparency log.

Functions that read or write global tables take any connection or session; those that take a
`UnitOfWork` see the rows of its tenant only.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from mcp_engine.audit.leaves import Entry, timestamp
from mcp_engine.audit.merkle import Hash
from mcp_engine.audit.tiles import TILE_WIDTH, StoredNode
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.identifiers import lowest_id_at

Executor = AsyncConnection | AsyncSession
_SLACK = timedelta(seconds=5)
LEADER_LOCK = 0x6D63706561756474  # any constant; one sequencer a database holds it

_INSERT_ENTRY = text(
    """
    WITH entry AS (
        INSERT INTO audit_entry (tenant_id, id, kind, subject, actor_id, occurred_at, facts)
        VALUES (:tenant_id, :id, :kind, :subject, :actor_id, :occurred_at, CAST(:facts AS jsonb))
    )
    INSERT INTO audit_unsequenced (entry_id, leaf_hash) VALUES (:id, :leaf_hash)
    """
)


@dataclass(frozen=True, slots=True)
class SignedTree:
    """A stored checkpoint row."""

    size: int
    root: Hash
    note: str


@dataclass(frozen=True, slots=True)
class Leaf:
    seq: int
    entry_id: UUID
    leaf_hash: Hash


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its place in the tree; `pending_hash` is set while it has none."""

    entry: Entry
    seq: int | None
    leaf_hash: Hash | None
    pending_hash: Hash | None


@dataclass(frozen=True, slots=True)
class EntryFilter:
    kind: str | None = None
    subject: str | None = None
    actor_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A row of `erasure`; `has_entry` says whether its audit entry exists."""

    id: UUID
    content_table: str
    key: Mapping[str, Any]
    reason: str
    has_entry: bool


# --- appending


async def insert_entry(session: AsyncSession, entry: Entry) -> None:
    """Insert the tenant's row and the unsequenced leaf in one statement."""
    await session.execute(
        _INSERT_ENTRY,
        {
            "tenant_id": entry.tenant_id,
            "id": entry.id,
            "kind": entry.kind,
            "subject": entry.subject,
            "actor_id": entry.actor_id,
            "occurred_at": entry.occurred_at,
            "facts": json.dumps(entry.facts),
            "leaf_hash": entry.leaf_hash,
        },
    )


_INSERT_ENTRIES = text(
    """
    WITH new AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:entries AS jsonb))
            AS entry (id uuid, kind text, subject text, occurred_at timestamptz, facts jsonb, leaf_hash text)
    ), entry AS (
        INSERT INTO audit_entry (tenant_id, id, kind, subject, actor_id, occurred_at, facts)
        SELECT :tenant_id, id, kind, subject, :actor_id, occurred_at, facts FROM new
    )
    INSERT INTO audit_unsequenced (entry_id, leaf_hash) SELECT id, decode(leaf_hash, 'hex') FROM new
    """
)


async def insert_entries(work: UnitOfWork, entries: Sequence[Entry]) -> None:
    """Insert entries of the tenant and actor of `work`, and their leaves, in one statement."""
    # One JSON text: encoding an array a column costs several times as much.
    rows = [
        {
            "id": str(entry.id),
            "kind": entry.kind,
            "subject": entry.subject,
            "occurred_at": timestamp(entry.occurred_at),
            "facts": entry.facts,
            "leaf_hash": entry.leaf_hash.hex(),
        }
        for entry in entries
    ]
    parameters = {"tenant_id": work.tenant_id, "actor_id": work.actor_id, "entries": json.dumps(rows)}
    await work.session.execute(_INSERT_ENTRIES, parameters)


_ERASE = text(
    "SELECT erase(:content_table, CAST(:key AS jsonb), :reason, :erasure_id, :entry_id, :actor_id, :occurred_at, "
    "CAST(:facts AS jsonb), :leaf_hash)"
)


async def erase(
    session: AsyncSession, *, content_table: str, key: Mapping[str, Any], reason: str, erasure_id: UUID, entry: Entry
) -> int:
    """Run `erase()` of the audit migration; return how many rows it removed (0: it left no trace either)."""
    result = await session.execute(
        _ERASE,
        {
            "content_table": content_table,
            "key": json.dumps(key),
            "reason": reason,
            "erasure_id": erasure_id,
            "entry_id": entry.id,
            "actor_id": entry.actor_id,
            "occurred_at": entry.occurred_at,
            "facts": json.dumps(entry.facts),
            "leaf_hash": entry.leaf_hash,
        },
    )
    return result.scalar_one()


# --- sequencing


async def try_lead(connection: AsyncConnection) -> bool:
    """Take the leader's lock for as long as `connection` lives; False when another holds it."""
    return bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}))


async def take_unsequenced(connection: AsyncConnection, limit: int) -> list[tuple[UUID, Hash]]:
    """Remove and return up to `limit` committed leaves that have no number, ordered by entry id."""
    statement = text(
        "DELETE FROM audit_unsequenced WHERE entry_id = ANY (ARRAY("
        "SELECT entry_id FROM audit_unsequenced ORDER BY entry_id LIMIT :limit)) RETURNING entry_id, leaf_hash"
    )
    rows = await connection.execute(statement, {"limit": limit})
    return sorted((row.entry_id, bytes(row.leaf_hash)) for row in rows)


async def insert_leaves(connection: AsyncConnection, first_seq: int, leaves: Sequence[tuple[UUID, Hash]]) -> None:
    statement = text(
        "INSERT INTO audit_leaf (seq, entry_id, leaf_hash) SELECT :first_seq + place - 1, entry_id, leaf_hash FROM "
        "unnest(CAST(:ids AS uuid[]), CAST(:hashes AS bytea[])) WITH ORDINALITY AS leaf(entry_id, leaf_hash, place)"
    )
    ids, hashes = zip(*leaves, strict=True)
    await connection.execute(statement, {"first_seq": first_seq, "ids": list(ids), "hashes": list(hashes)})


async def insert_nodes(connection: AsyncConnection, nodes: Mapping[StoredNode, Hash]) -> None:
    if nodes:
        await connection.execute(
            text("INSERT INTO audit_node (level, position, hash) VALUES (:level, :position, :hash)"),
            [{"level": node.level, "position": node.position, "hash": hash_} for node, hash_ in nodes.items()],
        )


async def insert_checkpoint(connection: AsyncConnection, tree: SignedTree) -> None:
    await connection.execute(
        text("INSERT INTO audit_checkpoint (size, root, note) VALUES (:size, :root, :note)"),
        {"size": tree.size, "root": tree.root, "note": tree.note},
    )


# --- the tree


async def latest_checkpoint(executor: Executor) -> SignedTree | None:
    row = (
        await executor.execute(text("SELECT size, root, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"))
    ).first()
    return SignedTree(row.size, bytes(row.root), row.note) if row else None


async def signed_at(executor: Executor, size: int) -> datetime:
    """Return when the checkpoint of `size` leaves was stored."""
    statement = text("SELECT created_at FROM audit_checkpoint WHERE size = :size")
    return (await executor.execute(statement, {"size": size})).scalar_one()


async def checkpoints(executor: Executor, above: int, to: int) -> list[SignedTree]:
    """Return the checkpoints of `above < size <= to` leaves, smallest first."""
    rows = await executor.execute(
        text("SELECT size, root, note FROM audit_checkpoint WHERE size > :above AND size <= :to ORDER BY size"),
        {"above": above, "to": to},
    )
    return [SignedTree(row.size, bytes(row.root), row.note) for row in rows]


async def leaf_count(executor: Executor) -> int:
    """Return the number after the last leaf's."""
    return (await executor.execute(text("SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf"))).scalar_one()


async def unsequenced_count(executor: Executor) -> int:
    return (await executor.execute(text("SELECT count(*) FROM audit_unsequenced"))).scalar_one()


async def leaves(executor: Executor, start: int, end: int) -> list[Leaf]:
    """Return the leaves numbered `[start, end)`, in order."""
    rows = await executor.execute(
        text("SELECT seq, entry_id, leaf_hash FROM audit_leaf WHERE seq >= :start AND seq < :end ORDER BY seq"),
        {"start": start, "end": end},
    )
    return [Leaf(row.seq, row.entry_id, bytes(row.leaf_hash)) for row in rows]


async def nodes_ending_in(executor: Executor, start: int, end: int) -> dict[StoredNode, Hash]:
    """Return the stored nodes whose last leaf is one of `[start, end)`."""
    found: dict[StoredNode, Hash] = {}
    level, span = 1, TILE_WIDTH
    while span <= end:
        rows = await executor.execute(
            text("SELECT position, hash FROM audit_node WHERE level = :level AND position >= :a AND position < :b"),
            {"level": level, "a": start // span, "b": end // span},
        )
        found |= {StoredNode(level, row.position): bytes(row.hash) for row in rows}
        level, span = level + 1, span * TILE_WIDTH
    return found


async def stored_hashes(executor: Executor, wanted: Collection[StoredNode]) -> dict[StoredNode, Hash]:
    """Return the hashes of leaves (level 0) and nodes; what isn't there is missing from the answer."""
    numbers = [node.position for node in wanted if node.level == 0]
    inner = [node for node in wanted if node.level > 0]
    found: dict[StoredNode, Hash] = {}
    if numbers:
        rows = await executor.execute(
            text("SELECT seq, leaf_hash FROM audit_leaf WHERE seq = ANY(:numbers)"), {"numbers": numbers}
        )
        found |= {StoredNode(0, row.seq): bytes(row.leaf_hash) for row in rows}
    if inner:
        rows = await executor.execute(
            text(
                "SELECT level, position, hash FROM audit_node JOIN "
                "unnest(CAST(:levels AS smallint[]), CAST(:positions AS bigint[])) AS wanted(level, position) "
                "USING (level, position)"
            ),
            {"levels": [node.level for node in inner], "positions": [node.position for node in inner]},
        )
        found |= {StoredNode(row.level, row.position): bytes(row.hash) for row in rows}
    return found


# --- entries of a tenant

_ENTRY = """
    SELECT e.tenant_id, e.id, e.kind, e.subject, e.actor_id, e.occurred_at, e.facts,
           l.seq, l.leaf_hash, u.leaf_hash AS pending_hash
    FROM audit_entry e
    LEFT JOIN audit_leaf l ON l.entry_id = e.id
    LEFT JOIN audit_unsequenced u ON u.entry_id = e.id
"""


async def tenants(executor: Executor) -> list[UUID]:
    return list((await executor.execute(text("SELECT id FROM tenant ORDER BY id"))).scalars())


async def entries_after(work: UnitOfWork, after: UUID, limit: int) -> list[StoredEntry]:
    """Return the tenant's entries with larger ids, in order of id."""
    rows = await work.session.execute(
        text(_ENTRY + "WHERE e.id > :after ORDER BY e.id LIMIT :limit"), {"after": after, "limit": limit}
    )
    return [_stored(row) for row in rows]


async def entry_with_id(work: UnitOfWork, entry_id: UUID) -> StoredEntry | None:
    row = (await work.session.execute(text(_ENTRY + "WHERE e.id = :id"), {"id": entry_id})).first()
    return _stored(row) if row else None


async def entries_about(work: UnitOfWork, subjects: Collection[str], limit: int) -> list[StoredEntry]:
    """Return the oldest entries whose subject is one of `subjects`."""
    rows = await work.session.execute(
        text(_ENTRY + "WHERE e.subject = ANY(:subjects) ORDER BY e.id LIMIT :limit"),
        {"subjects": list(subjects), "limit": limit},
    )
    return [_stored(row) for row in rows]


async def page_of_entries(work: UnitOfWork, wanted: EntryFilter, before: UUID | None, limit: int) -> list[StoredEntry]:
    """Return the tenant's entries that fit, newest first, from ids below `before`."""
    since, until = wanted.since, wanted.until
    conditions = {
        "e.kind = :kind": ("kind", wanted.kind),
        "e.subject = :subject": ("subject", wanted.subject),
        "e.actor_id = :actor_id": ("actor_id", wanted.actor_id),
        "e.occurred_at >= :since": ("since", since),
        "e.occurred_at < :until": ("until", until),
        # An id's own time is read from the same clock just before, so that a range of times is one of ids.
        "e.id >= :first": ("first", since and lowest_id_at(since, -_SLACK)),
        "e.id < :end": ("end", until and lowest_id_at(until, _SLACK)),
        "e.id < :before": ("before", before),
    }
    chosen = [condition for condition, (_, value) in conditions.items() if value is not None]
    where = "WHERE " + " AND ".join(chosen) if chosen else ""
    rows = await work.session.execute(
        text(f"{_ENTRY} {where} ORDER BY e.id DESC LIMIT :limit"),
        {"limit": limit, **{name: value for name, value in conditions.values() if value is not None}},
    )
    return [_stored(row) for row in rows]


_TOMBSTONE = """
    SELECT t.id, t.content_table, t.key, t.reason, EXISTS (
        SELECT FROM audit_entry e WHERE e.kind = 'content.erased' AND e.subject = CAST(t.id AS text)
    ) AS has_entry FROM erasure t
"""


async def tombstones(work: UnitOfWork, ids: Collection[UUID]) -> list[Tombstone]:
    """Return the tenant's tombstones with the given ids."""
    rows = await work.session.execute(text(_TOMBSTONE + "WHERE t.id = ANY(:ids)"), {"ids": list(ids)})
    return [_tombstone(row) for row in rows]


async def tombstones_for(work: UnitOfWork, content_table: str, keys: Collection[Mapping[str, Any]]) -> list[Tombstone]:
    """Return the tombstones that `erase()` left for these keys of one table."""
    rows = await work.session.execute(
        text(_TOMBSTONE + "WHERE t.content_table = :content_table AND t.key = ANY(CAST(:keys AS jsonb[]))"),
        {"content_table": content_table, "keys": [json.dumps(dict(key)) for key in keys]},
    )
    return [_tombstone(row) for row in rows]


async def tombstones_without_entry(work: UnitOfWork) -> list[Tombstone]:
    unlogged = (
        "WHERE NOT EXISTS (SELECT FROM audit_entry e "
        "WHERE e.kind = 'content.erased' AND e.subject = CAST(t.id AS text)) ORDER BY t.id LIMIT 20"
    )
    rows = await work.session.execute(text(_TOMBSTONE + unlogged))
    return [_tombstone(row) for row in rows]


def _tombstone(row: Any) -> Tombstone:
    return Tombstone(row.id, row.content_table, row.key, row.reason, row.has_entry)


def _stored(row: Any) -> StoredEntry:
    entry = Entry(row.id, row.tenant_id, row.kind, row.subject, row.actor_id, row.occurred_at, row.facts)
    return StoredEntry(entry, row.seq, _bytes(row.leaf_hash), _bytes(row.pending_hash))


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
