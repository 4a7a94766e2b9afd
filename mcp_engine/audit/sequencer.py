"""The sequencer: numbers committed leaves, extends the tree, signs checkpoints, moves the witness.

Leaves are found by scanning for unsequenced rows, never by a high-water mark, because a transaction
that began early may commit late. One process leads, by an advisory lock on a connection of its own;
every batch runs on that same connection, so that a leader that lost its lock can't write either.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from mcp_engine.audit import events, repository, tree
from mcp_engine.audit.merkle import EMPTY_ROOT, Frontier, Hash, verify_consistency
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.repository import SignedTree
from mcp_engine.audit.tiles import StoredNode, stored_form
from mcp_engine.audit.witness import Witness
from mcp_engine.database.engine import Database
from mcp_engine.errors import EngineError, Refused

BATCH = 4096
_STANDBY_SECONDS = 1.0
_FAILURE_SECONDS = 2.0
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class SequencerState:
    """What the sequencer of this process is doing, for status pages and health checks."""

    leading: bool = False
    size: int = 0
    failure: str | None = None
    """Why it can't go on; it keeps trying."""
    witness_failure: str | None = None
    """Why the pinned checkpoint was not moved: the log does not extend it, or the file can't be written."""


class Sequencer:
    """One a process; of all processes on a database one leads and the others stand by.

    Args:
        poll_seconds: how often to look for leaves that other processes committed.
        linger_seconds: how long to let commits gather after the first, so that a batch is worth its fsync.
    """

    def __init__(
        self,
        database: Database,
        signer: CheckpointSigner,
        witness: Witness,
        *,
        poll_seconds: float = 0.25,
        linger_seconds: float = 0.05,
        batch_size: int = BATCH,
    ) -> None:
        self.state = SequencerState()
        self._database = database
        self._signer = signer
        self._witness = witness
        self._poll_seconds = poll_seconds
        self._linger_seconds = linger_seconds
        self._batch_size = batch_size
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin in the background; the first batch runs at once, with what an earlier process left."""
        self._stop.clear()
        self._task = asyncio.create_task(self._run(), name="audit-sequencer")

    async def stop(self) -> None:
        """Sequence what is committed, then end and give up the lead."""
        self._stop.set()
        self._wake.set()
        if self._task:
            await self._task
            self._task = None

    async def _run(self) -> None:
        forget = events.on_append(self._wake.set)
        engine = create_async_engine(self._database.url, poolclass=NullPool)
        try:
            while not self._stop.is_set():
                try:
                    await self._serve(engine)
                except Exception as error:  # noqa: BLE001 - whatever it was, leaves must not wait for ever unseen
                    if str(error) != self.state.failure:
                        _log.error("audit_sequencer_failed", error=str(error), code=getattr(error, "code", None))
                    self.state.failure = str(error)
                    await _either(self._stop, _FAILURE_SECONDS)
                finally:
                    self.state.leading = False
        finally:
            forget()
            await engine.dispose()

    async def _serve(self, engine: AsyncEngine) -> None:
        """Wait for the lead, then lead until told to stop."""
        async with engine.connect() as connection:
            while not await repository.try_lead(connection):
                await connection.rollback()
                self.state.failure = None
                if await _either(self._stop, _STANDBY_SECONDS):
                    return
            await connection.commit()
            leader = await Leader.elected(connection, self._signer, self._witness)
            self.state.leading, self.state.failure = True, None
            while True:
                stopping = self._stop.is_set()
                self._wake.clear()
                taken = await leader.sequence(self._batch_size)
                self.state.size, self.state.witness_failure = leader.size, leader.witness_failure
                if taken == self._batch_size:
                    continue
                if stopping:
                    return
                if await _either(self._wake, self._poll_seconds):
                    await asyncio.sleep(self._linger_seconds)


class Leader:
    """The tree's writer: holds the frontier between batches, on the connection that holds the lock."""

    def __init__(
        self, connection: AsyncConnection, signer: CheckpointSigner, witness: Witness, frontier: Frontier
    ) -> None:
        self.witness_failure: str | None = None
        self._connection = connection
        self._signer = signer
        self._witness = witness
        self._frontier = frontier

    @property
    def size(self) -> int:
        return self._frontier.size

    @classmethod
    async def elected(cls, connection: AsyncConnection, signer: CheckpointSigner, witness: Witness) -> Leader:
        """Resume from the last checkpoint, having checked that it is ours and that the tree still fits it.

        Raises:
            Refused: `audit.tree_damaged` when it does not: signing on would give the damage our name.
        """
        async with connection.begin():
            last = await repository.latest_checkpoint(connection)
            leaves = await repository.leaf_count(connection)
            if last is None:
                last = SignedTree(0, EMPTY_ROOT, signer.sign(0, EMPTY_ROOT))
                await repository.insert_checkpoint(connection, last)
            signed = signer.verifier.open_checkpoint(last.note)
            frontier = await tree.frontier(connection, last.size)
        if leaves != last.size or (signed.size, signed.root) != (last.size, frontier.root()):
            raise Refused(
                "audit.tree_damaged",
                f"The audit log no longer fits its last checkpoint of {last.size} leaves, so nothing more is signed. "
                "Run `mcp-engine audit verify` to see where; new entries are kept until then.",
            )
        leader = cls(connection, signer, witness, frontier)
        await leader._move_witness(last, extended_from=None)
        return leader

    async def sequence(self, limit: int) -> int:
        """Number up to `limit` leaves and sign the tree, in one transaction; return how many they were."""
        before = (self._frontier.size, self._frontier.root())
        frontier, nodes = self._frontier.copy(), dict[StoredNode, Hash]()
        async with self._connection.begin():
            taken = await repository.take_unsequenced(self._connection, limit)
            if not taken:
                return 0
            await asyncio.to_thread(_extend, frontier, nodes, [leaf for _, leaf in taken])
            await repository.insert_leaves(self._connection, self._frontier.size, taken)
            await repository.insert_nodes(self._connection, nodes)
            root = frontier.root()
            signed = SignedTree(frontier.size, root, self._signer.sign(frontier.size, root))
            await repository.insert_checkpoint(self._connection, signed)
        self._frontier = frontier
        await self._move_witness(signed, extended_from=before)
        return len(taken)

    async def _move_witness(self, to: SignedTree, *, extended_from: tuple[int, Hash] | None) -> None:
        """Pin `to`, unless the log does not extend what is pinned: then the pin stays as the evidence."""
        try:
            failure = await self._inconsistency(to, extended_from)
            if failure is None:
                await asyncio.to_thread(self._witness.pin, to.note)
        except OSError as error:
            failure = f"the pinned checkpoint can't be kept: {error}"
        if failure and failure != self.witness_failure:
            _log.error("audit_witness_not_moved", problem=failure, pinned=str(self._witness.path))
        self.witness_failure = failure

    async def _inconsistency(self, to: SignedTree, extended_from: tuple[int, Hash] | None) -> str | None:
        """Return why the tree `to` does not extend the pinned checkpoint; None when it does or nothing is pinned."""
        pinned = await asyncio.to_thread(self._witness.read)
        if pinned is None:
            return None
        try:
            old = self._signer.verifier.open_checkpoint(pinned)
            if (old.size, old.root) == extended_from:
                return None  # this process has just appended to exactly that tree
            if old.size > to.size:
                return f"the pinned checkpoint has {old.size} leaves, the log only {to.size}"
            async with self._connection.begin():
                path = await tree.consistency_path(self._connection, old.size, to.size)
        except EngineError as error:
            return f"the log can't be compared with the pinned checkpoint: {error.message}"
        if not verify_consistency(old.size, old.root, to.size, to.root, path):
            return f"the log does not extend the pinned checkpoint of {old.size} leaves"
        return None


def _extend(frontier: Frontier, nodes: dict[StoredNode, Hash], leaves: list[Hash]) -> None:
    for leaf in leaves:
        for subtree, hash_ in frontier.append(leaf):
            if node := stored_form(subtree):
                nodes[node] = hash_


async def _either(event: asyncio.Event, seconds: float) -> bool:
    """Wait for `event` or for `seconds`; return whether it was the event."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
        return True
    return False
