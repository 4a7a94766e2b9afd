"""What the audit log answers: verification, proofs, its key and checkpoint, a tenant's entries."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.audit import repository, tree
from mcp_engine.audit.erasure import ErasureCheck
from mcp_engine.audit.live import LiveCheck
from mcp_engine.audit.merkle import verify_inclusion
from mcp_engine.audit.notes import NoteVerifier, encode_base64
from mcp_engine.audit.problems import seen_by
from mcp_engine.audit.repository import EntryFilter, StoredEntry
from mcp_engine.audit.schemas import (
    EntryView,
    LogState,
    ProofBundle,
    ProvenLeaf,
    VerificationProgress,
    VerificationReport,
)
from mcp_engine.audit.subjects import about
from mcp_engine.audit.verify import Progress, Verification
from mcp_engine.audit.witness import Witness
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import InvalidInput, NotFound, Refused, TryLater
from mcp_engine.http.paging import Page, decode_cursor, page_of

PROOF_WAIT_SECONDS = 5.0
MAX_RELATED = 256
_POLL_SECONDS = 0.05


class AuditService:
    """Reads the log; `events.append` and the sequencer write it.

    Args:
        checks: the live checks of every domain (see `live.LiveCheck`).
    """

    def __init__(
        self, database: Database, verifier: NoteVerifier, witness: Witness, checks: Sequence[LiveCheck] = ()
    ) -> None:
        self.verifier = verifier
        self._database = database
        self._witness = witness
        self._checks = [ErasureCheck(), *checks]
        self._verifying = asyncio.Lock()

    def add_check(self, check: LiveCheck) -> None:
        """Have verification compare the live rows of one more domain."""
        self._checks.append(check)

    async def verify(
        self, progress: Progress | None = None, *, seen_by_tenant: UUID | None = None
    ) -> VerificationReport:
        """Verify the whole log, of all tenants.

        Args:
            progress: called on the event loop after each batch.
            seen_by_tenant: whose eyes the report is for; of others' entries it then gives the number only.

        Raises:
            TryLater: `audit.verification_running`, because it reads everything and one at a time is enough.
        """
        if self._verifying.locked():
            raise TryLater(
                "audit.verification_running", "A verification is running; wait for it.", retry_after_seconds=5
            )
        async with self._verifying:
            run = Verification(self._database, self.verifier, self._witness, self._checks, progress or _unseen)
            report = await run.run()
        if seen_by_tenant is None:
            return report
        problems = [seen_by(problem, seen_by_tenant) for problem in report.problems]
        return report.model_copy(update={"problems": problems, "first_problem": next(iter(problems), None)})

    async def waiting(self) -> int:
        """Return how many committed entries have no number yet."""
        async with self._database.global_work() as session:
            return await repository.unsequenced_count(session)

    async def checkpoint(self) -> str:
        """Return the last signed checkpoint note; raises as `state`."""
        return (await self.state()).checkpoint

    async def state(self) -> LogState:
        """Return the tree as it was last signed.

        Raises:
            TryLater: `audit.no_checkpoint` before the sequencer has started for the first time.
        """
        async with self._database.global_work() as session:
            last = await repository.latest_checkpoint(session)
            if last is None:
                raise TryLater(
                    "audit.no_checkpoint", "The log has no checkpoint yet; try again.", retry_after_seconds=1
                )
            return LogState(
                origin=self.verifier.name,
                tree_size=last.size,
                root=encode_base64(last.root),
                checkpoint=last.note,
                signed_at=await repository.signed_at(session, last.size),
                waiting=await repository.unsequenced_count(session),
            )

    async def entries(self, caller: Caller, wanted: EntryFilter, *, limit: int, cursor: str | None) -> Page[EntryView]:
        """Return the entries of the caller's tenant that fit, newest first."""
        position = decode_cursor(cursor, parts=1)
        before = _uuid_or_none(position[0]) if position else None
        if position and before is None:
            raise InvalidInput("paging.bad_cursor", "This cursor is not from this list; begin without one.")
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            rows = await repository.page_of_entries(work, wanted, before, limit + 1)
        return page_of([_view(row) for row in rows], limit, lambda view: (str(view.id),))

    async def entry(self, caller: Caller, entry_id: UUID) -> EntryView:
        """Return one entry.

        Raises:
            NotFound: `audit.entry_not_found`; another tenant's entry is not found either.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            stored = await repository.entry_with_id(work, entry_id)
        if stored is None:
            raise NotFound("audit.entry_not_found", f"The audit log has no entry {entry_id}.")
        return _view(stored)

    async def proof(self, caller: Caller, wanted: str) -> ProofBundle:
        """Return the proof of an entry, by its id or by its subject (an execution, a label move).

        It proves the entry and those of the caller's tenant that it refers to: entries about the same
        subject, and entries about the things that its facts name, in turn.

        Raises:
            NotFound: `audit.entry_not_found`; another tenant's entry is not found either.
            TryLater: `audit.not_sequenced` when the entry has no number yet.
            Refused: `audit.tree_damaged` when the stored tree does not prove it.
        """
        deadline = asyncio.get_running_loop().time() + PROOF_WAIT_SECONDS
        while True:
            async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
                # The checkpoint is read first: an entry seen with a number below it is inside it.
                head = await repository.latest_checkpoint(work.session)
                found = await self._provenance(work, wanted)
                if head and _is_in(found[0], head):
                    return await self._bundle(work, [stored for stored in found if _is_in(stored, head)], head)
            if asyncio.get_running_loop().time() > deadline:
                raise TryLater(
                    "audit.not_sequenced",
                    "This entry is committed but has no place in the tree yet; try again.",
                    retry_after_seconds=2,
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _provenance(self, work: UnitOfWork, wanted: str) -> list[StoredEntry]:
        """Return the entry that was asked for, then those that it refers to, directly or through others."""
        entry_id = _uuid_or_none(wanted)
        entry = await repository.entry_with_id(work, entry_id) if entry_id else None
        if entry is None:
            entry = next(iter(await repository.entries_about(work, [wanted], 1)), None)
        if entry is None:
            raise NotFound("audit.entry_not_found", f"The audit log has no entry {wanted!r} and none about it.")
        found = {entry.entry.id: entry}
        asked: set[str] = set()
        subjects = {entry.entry.subject, *_strings(entry.entry.facts)}
        while subjects and len(found) <= MAX_RELATED:
            asked |= subjects
            related = await repository.entries_about(work, subjects, MAX_RELATED + 1 - len(found))
            new = [one for one in related if one.entry.id not in found]
            found |= {one.entry.id: one for one in new}
            subjects = {text for one in new for text in _strings(one.entry.facts)} - asked
        return list(found.values())

    async def _bundle(self, work: UnitOfWork, found: Sequence[StoredEntry], head: repository.SignedTree) -> ProofBundle:
        indices = [stored.seq for stored in found if stored.seq is not None]
        paths = await tree.inclusion_paths(work.session, indices, head.size)
        for stored, index, path in zip(found, indices, paths, strict=True):
            if not verify_inclusion(stored.entry.leaf_hash, index, head.size, path, head.root):
                raise Refused(
                    "audit.tree_damaged",
                    f"The entry {stored.entry.id} (leaf {index}) does not fit the signed tree; "
                    "run `mcp-engine audit verify`.",
                )
        leaves = [
            ProvenLeaf(
                index=index,
                leaf_data=stored.entry.leaf_data.decode(),
                inclusion_path=[encode_base64(hash_) for hash_ in path],
            )
            for stored, index, path in zip(found, indices, paths, strict=True)
        ]
        return ProofBundle(subject=found[0].entry.subject, tree_size=head.size, checkpoint=head.note, leaves=leaves)


def _is_in(stored: StoredEntry, head: repository.SignedTree) -> bool:
    return stored.seq is not None and stored.seq < head.size


def _view(stored: StoredEntry) -> EntryView:
    entry = stored.entry
    return EntryView(
        id=entry.id,
        seq=stored.seq,
        kind=entry.kind,
        subject=entry.subject,
        about=about(entry.kind, entry.facts),
        actor_id=entry.actor_id,
        occurred_at=entry.occurred_at,
        facts=dict(entry.facts),
        leaf_hash=entry.leaf_hash.hex(),
    )


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings in a JSON value that can be a subject."""
    match value:
        case str() if value:
            yield value
        case Mapping():
            for item in cast("Mapping[str, Any]", value).values():
                yield from _strings(item)
        case list():
            for item in cast("list[Any]", value):
                yield from _strings(item)
        case _:
            pass


def _uuid_or_none(text: Any) -> UUID | None:
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        return None


def _unseen(_: VerificationProgress) -> None:
    """Nobody watches."""
