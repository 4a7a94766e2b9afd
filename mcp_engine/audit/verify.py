"""Verification: recompute the tree, compare every live row with its leaf, and the tree with what was signed.

Four comparisons, each of which sees what the others can't: leaves against stored nodes and signed
checkpoints (an edited tree), entries against leaves (an edited or missing entry), live rows against
entries (an edited domain row), and the pinned checkpoint against the leaves (a history that was
rewritten or cut off and then signed again).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from mcp_engine.audit import repository
from mcp_engine.audit.live import Erased, LiveCheck
from mcp_engine.audit.merkle import Hash
from mcp_engine.audit.notes import Checkpoint, NoteVerifier, encode_base64
from mcp_engine.audit.problems import KEPT, Problems
from mcp_engine.audit.repository import SignedTree, StoredEntry
from mcp_engine.audit.schemas import VerificationProgress, VerificationReport, WitnessReport
from mcp_engine.audit.treewalk import TreeWalk
from mcp_engine.audit.witness import Witness
from mcp_engine.canonical import canonical_json
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import EngineError

Progress = Callable[[VerificationProgress], None]
LEAF_BATCH = 8192
ENTRY_BATCH = 1000
_NOBODY = UUID(int=0)


class Verification:
    """One run of verification over all tenants, as of the last checkpoint when it began."""

    def __init__(
        self,
        database: Database,
        verifier: NoteVerifier,
        witness: Witness,
        checks: Sequence[LiveCheck],
        progress: Progress,
    ) -> None:
        self._database = database
        self._verifier = verifier
        self._witness = witness
        self._checks: Mapping[str, LiveCheck] = {kind: check for check in checks for kind in check.kinds}
        self._progress = progress
        self._problems = Problems()
        self._size = 0
        self._entries_checked = self._live_checked = self._erased = self._checkpoints_checked = 0

    async def run(self) -> VerificationReport:
        # The pin is read before the checkpoint: it is written after it, so it can't be ahead of an honest log.
        pinned_note = await asyncio.to_thread(self._witness.read)
        async with self._database.global_work() as session:
            head = await repository.latest_checkpoint(session)
            unsequenced = await repository.unsequenced_count(session)
        self._size = head.size if head else 0
        self._progress(VerificationProgress(stage="leaves", done=0, total=self._size))
        pinned = self._opened(pinned_note, "the pinned checkpoint outside the data directory", position=0)
        tree = TreeWalk(self._size, pinned.size if pinned else None, self._problems)
        await self._walk_leaves(tree)
        await self._walk_entries(tree)
        witness = self._compare_witness(pinned_note, pinned, tree)
        return VerificationReport(
            ok=not self._problems.found,
            origin=self._verifier.name,
            tree_size=self._size,
            root=encode_base64(tree.root) if tree.root else None,
            checkpoint_signed=bool(head and self._opened(head.note, "the last checkpoint", position=self._size)),
            checkpoints_checked=self._checkpoints_checked,
            witness=witness,
            entries_checked=self._entries_checked,
            live_rows_checked=self._live_checked,
            erased=self._erased,
            unsequenced=unsequenced,
            first_problem=self._problems.first,
            problems=self._problems.ordered(),
        )

    # --- the tree and what was signed

    async def _walk_leaves(self, tree: TreeWalk) -> None:
        for start in range(0, self._size, LEAF_BATCH):
            end = min(start + LEAF_BATCH, self._size)
            async with self._database.global_work() as session:
                leaves = await repository.leaves(session, start, end)
                nodes = await repository.nodes_ending_in(session, start, end)
                checkpoints = await repository.checkpoints(session, start, end)
            roots = await asyncio.to_thread(self._signed_roots, checkpoints)
            await asyncio.to_thread(tree.extend, leaves, nodes, roots)
            if tree.complete and (not leaves or leaves[-1].seq != end - 1):
                tree.missing(leaves[-1].seq + 1 if leaves else start)
            self._progress(VerificationProgress(stage="leaves", done=end, total=self._size))
            if not tree.complete:
                return

    def _signed_roots(self, checkpoints: Iterable[SignedTree]) -> dict[int, Hash]:
        """Return the roots by size that our key has signed."""
        roots: dict[int, Hash] = {}
        for stored in checkpoints:
            self._checkpoints_checked += 1
            last = stored.size - 1
            note = self._opened(stored.note, f"the checkpoint of {stored.size} leaves", position=last)
            if note and (note.size, note.root) != (stored.size, stored.root):
                self._problems.add(
                    f"the row of the checkpoint of {stored.size} leaves differs from its signed note", position=last
                )
            if note:
                roots[note.size] = note.root
        return roots

    def _opened(self, note: str | None, which: str, *, position: int) -> Checkpoint | None:
        """Return the checkpoint in a note of ours; a note that isn't is a problem."""
        if note is None:
            return None
        try:
            return self._verifier.open_checkpoint(note)
        except EngineError as error:
            self._problems.add(f"{which}: {error.message}", position=position)
            return None

    def _compare_witness(self, note: str | None, pinned: Checkpoint | None, tree: TreeWalk) -> WitnessReport:
        if note is None:
            return WitnessReport(status="missing")
        if pinned is None:
            return WitnessReport(status="inconsistent")
        if pinned.size > self._size:
            self._problems.add(
                f"the log was cut off: the pinned checkpoint has {pinned.size} leaves, the log only {self._size}",
                position=self._size,
                seq=self._size,
            )
        elif tree.wanted_root is not None and tree.wanted_root != pinned.root:
            self._problems.add(
                f"history was rewritten: the first {pinned.size} leaves are not those of the pinned checkpoint",
                position=max(pinned.size - 1, 0),
            )
        consistent = tree.wanted_root == pinned.root
        return WitnessReport(status="consistent" if consistent else "inconsistent", size=pinned.size)

    # --- entries and live rows

    async def _walk_entries(self, tree: TreeWalk) -> None:
        async with self._database.global_work() as session:
            tenants = await repository.tenants(session)
        for tenant_id in tenants:
            last: UUID | None = _NOBODY
            while last:
                async with self._database.unit_of_work(tenant_id, _NOBODY) as work:
                    batch = await repository.entries_after(work, last, ENTRY_BATCH)
                    await asyncio.to_thread(self._compare_entries, batch, tree)
                    await self._compare_live(work, batch)
                    last = batch[-1].entry.id if len(batch) == ENTRY_BATCH else None
                    if last is None:
                        await self._compare_tombstones(work)
                self._progress(VerificationProgress(stage="entries", done=tree.matched, total=self._size))
        await self._name_unmatched(tree)

    async def _name_unmatched(self, tree: TreeWalk) -> None:
        for seq in islice(tree.unmatched(), KEPT):
            async with self._database.global_work() as session:
                leaves = await repository.leaves(session, seq, seq + 1)
            if leaves:
                self._problems.add("the leaf has no entry", position=seq, seq=seq, entry_id=leaves[0].entry_id)

    def _compare_entries(self, batch: Iterable[StoredEntry], tree: TreeWalk) -> None:
        for stored in batch:
            self._entries_checked += 1
            leaf = stored.leaf_hash if stored.seq is not None else stored.pending_hash
            if stored.seq is not None:
                tree.match(stored.seq)
            if leaf is None:
                self._problems.add_entry("the entry has no leaf", stored, self._size)
                continue
            try:
                same = stored.entry.leaf_hash == leaf
            except EngineError:
                same = False
            if not same:
                self._problems.add_entry("the entry is not what its leaf was made from", stored, self._size)

    async def _compare_live(self, work: UnitOfWork, batch: Iterable[StoredEntry]) -> None:
        by_kind: defaultdict[str, list[StoredEntry]] = defaultdict(list)
        for stored in batch:
            if stored.entry.kind in self._checks:
                by_kind[stored.entry.kind].append(stored)
        for kind, group in by_kind.items():
            live = await self._checks[kind].facts(work, kind, [stored.entry.subject for stored in group])
            for stored in group:
                self._live_checked += 1
                await self._compare_facts(work, stored, live.get(stored.entry.subject))

    async def _compare_facts(
        self, work: UnitOfWork, stored: StoredEntry, live: Mapping[str, Any | Erased] | None
    ) -> None:
        if live is None:
            self._problems.add_entry("the row that the entry speaks of is missing", stored, self._size)
            return
        for name, value in live.items():
            if isinstance(value, Erased):
                self._erased += 1
                found = await repository.tombstones_for(work, value.content_table, [value.key])
                if not any(one.has_entry for one in found):
                    what = f"content is missing from {value.content_table} although it was never erased"
                    self._problems.add_entry(what, stored, self._size, fact=name)
            elif canonical_json(value) != canonical_json(stored.entry.facts.get(name)):
                self._problems.add_entry("the live row differs from its leaf", stored, self._size, fact=name)

    async def _compare_tombstones(self, work: UnitOfWork) -> None:
        for one in await repository.tombstones_without_entry(work):
            self._problems.add(
                f"a tombstone of {one.content_table} has no entry",
                position=self._size,
                subject=str(one.id),
                tenant_id=work.tenant_id,
            )
