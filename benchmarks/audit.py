"""What the transparency log costs a write, and what it can do: bulk appends, lag, proofs, verification.

Everything runs on a private PostgreSQL with the engine's own settings (fsync on). The write is one insert
into a tenant's table under forced row-level security in a transaction of its own, through the engine's own
unit of work: with and without its audit entry, in turn.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import URL, text

from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least
from benchmarks.harness.figures import middle, percentile, spread
from mcp_engine.access import Caller
from mcp_engine.audit.check import check_proof
from mcp_engine.audit.events import AuditEvent, append, append_all
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.sequencer import Sequencer
from mcp_engine.audit.service import AuditService
from mcp_engine.audit.witness import Witness
from mcp_engine.canonical import digest
from mcp_engine.database.embedded import EmbeddedPostgres
from mcp_engine.database.engine import Database
from mcp_engine.database.migrate import app_url, upgrade
from mcp_engine.identifiers import new_id
from mcp_engine.server.database import migration_sources

WRITERS = (1, 8, 32)
BULK = 1000
BULK_WRITERS = 2
LAGS = 20
_INSERT = text("INSERT INTO namespace (tenant_id, name) VALUES (:tenant_id, :name)")


@dataclass(frozen=True, slots=True)
class Log:
    """A database with one tenant, and the sequencer over its log."""

    database: Database
    caller: Caller
    sequencer: Sequencer
    service: AuditService
    vkey: str


def run(context: Context) -> Outcome:
    """Measure on a new, empty cluster, which is removed afterwards."""
    with _cluster() as url:
        return asyncio.run(_measured(context, url))


async def _measured(context: Context, url: URL) -> Outcome:
    entries = 1_000_000 if context.full else 50_000
    async with _log(url) as log:
        metrics, noise = await _writes(context, log)
        context.say(f"lag: {LAGS} single writes")
        metrics |= await _lag(log)
        context.say(f"bulk: {entries} entries in transactions of {BULK}")
        metrics["bulk_appends_per_s"] = await _bulk(log, entries)
        await _sequenced(log)
        context.say("proofs and verification")
        metrics |= await _proofs(log)
        metrics |= await _verification(log)
    settings = {
        "fsync": "on", "entries": entries, "bulk_transaction": BULK, "bulk_writers": BULK_WRITERS,
        "processes": "writers and sequencer in one", "with_over_without_32_spread": round(noise, 3),
    }  # fmt: skip
    return Outcome(metrics, settings=settings)


@contextmanager
def _cluster() -> Generator[URL]:
    folder = Path(tempfile.mkdtemp(prefix="mcp-engine-bench-"))
    folder.chmod(0o755)
    cluster = EmbeddedPostgres(folder / "postgresql", "owner-password")
    cluster.start()
    try:
        upgrade(cluster.url(), "app-password", migration_sources())
        yield app_url(cluster.url(), "app-password")
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _log(url: URL) -> AsyncGenerator[Log]:
    database = Database(url, pool_size=max(WRITERS))
    signer = CheckpointSigner(Ed25519PrivateKey.generate())
    with tempfile.TemporaryDirectory() as folder:
        witness = Witness(Path(folder) / "checkpoint.txt")
        sequencer = Sequencer(database, signer, witness)
        await sequencer.start()
        try:
            service = AuditService(database, signer.verifier, witness)
            yield Log(database, await _tenant(database), sequencer, service, signer.verifier.vkey)
        finally:
            await sequencer.stop()
            await database.close()


async def _tenant(database: Database) -> Caller:
    tenant_id = new_id()
    async with database.global_work() as session:
        await session.execute(text("INSERT INTO tenant (id, name) VALUES (:id, 'benchmark')"), {"id": tenant_id})
    return Caller(tenant_id, new_id(), "person", frozenset(), credential_id=new_id())


# --- single writes


async def _writes(context: Context, log: Log) -> tuple[dict[str, float], float]:
    rounds, seconds = (10, 5.0) if context.full else (4, 1.5)
    metrics: dict[str, float] = {}
    ratios: list[float] = []
    for writers in WRITERS:
        context.say(f"{writers} writers, {rounds} rounds of {seconds:g} s with and without")
        await _transactions(log, writers, 0.5, audited=True)
        seen: dict[bool, list[float]] = {True: [], False: []}
        for number in range(rounds):
            for audited in (True, False) if number % 2 == 0 else (False, True):
                seen[audited].append(await _transactions(log, writers, seconds, audited=audited))
        ratios = [with_entry / without for with_entry, without in zip(seen[True], seen[False], strict=True)]
        metrics[f"with_per_s_{writers}"] = middle(seen[True])
        metrics[f"without_per_s_{writers}"] = middle(seen[False])
        metrics[f"with_over_without_{writers}"] = middle(ratios)
    return metrics, spread(ratios)


async def _transactions(log: Log, writers: int, seconds: float, *, audited: bool) -> float:
    """Return committed transactions a second of `writers` tasks; the log is settled before it begins."""
    await _sequenced(log)
    began = time.perf_counter()
    counts = await asyncio.gather(*(_writer(log, began + seconds, audited=audited) for _ in range(writers)))
    return sum(counts) / (time.perf_counter() - began)


async def _writer(log: Log, until: float, *, audited: bool) -> int:
    count = 0
    while time.perf_counter() < until:
        name = new_id().hex
        async with log.database.unit_of_work(log.caller.tenant_id, log.caller.principal_id) as work:
            await work.session.execute(_INSERT, {"tenant_id": work.tenant_id, "name": name})
            if audited:
                await append(work, _event(name))
        count += 1
    return count


def _event(name: str) -> AuditEvent:
    """Return an entry of the size of a push's."""
    facts = {
        "artifact": name, "kind": "prompt", "namespace": "default", "name": "greeting", "number": 1,
        "digest": digest(name),
    }  # fmt: skip
    return AuditEvent("benchmark.written", name, facts)


async def _sequenced(log: Log) -> None:
    while await log.service.waiting():  # noqa: ASYNC110 - what is awaited is in the database
        await asyncio.sleep(0.01)


# --- lag, bulk, proofs


async def _lag(log: Log) -> dict[str, float]:
    """Return the time from a commit to the signed checkpoint over it, one write at a time."""
    lags: list[float] = []
    for _ in range(LAGS):
        await _sequenced(log)
        entry = await _one(log)
        began = time.perf_counter()
        while not await _is_signed(log, entry):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.002)
        lags.append((time.perf_counter() - began) * 1000)
    return {"lag_ms": middle(lags), "lag_p95_ms": percentile(lags, 0.95)}


async def _one(log: Log) -> UUID:
    async with log.database.unit_of_work(log.caller.tenant_id, log.caller.principal_id) as work:
        return await append(work, _event(new_id().hex))


async def _is_signed(log: Log, entry: UUID) -> bool:
    # A leaf and the checkpoint over it are one transaction of the sequencer.
    found = await log.database.scalar("SELECT count(*) FROM audit_leaf WHERE entry_id = :id", id=entry)
    return bool(found)


async def _bulk(log: Log, entries: int) -> float:
    """Return appended and committed entries a second, numbered in the background as always."""
    waiting = iter(range(entries // BULK))

    async def writer() -> None:
        for _ in waiting:
            events = [_event(f"{number:032x}") for number in range(BULK)]
            async with log.database.unit_of_work(log.caller.tenant_id, log.caller.principal_id) as work:
                await append_all(work, events)

    began = time.perf_counter()
    await asyncio.gather(*(writer() for _ in range(BULK_WRITERS)))
    return entries / (time.perf_counter() - began)


async def _proofs(log: Log) -> dict[str, float]:
    entry = await _one(log)
    await _sequenced(log)
    began = time.perf_counter()
    bundle = await log.service.proof(log.caller, str(entry))
    made = time.perf_counter() - began
    document = bundle.model_dump_json()
    seconds: list[float] = []
    for _ in range(50):
        began = time.perf_counter()
        check_proof(document, log.vkey)
        seconds.append(time.perf_counter() - began)
    return {"proof_bytes": len(document), "proof_ms": made * 1000, "proof_check_us": middle(seconds) * 1e6}


async def _verification(log: Log) -> dict[str, float]:
    began = time.perf_counter()
    report: Any = await log.service.verify()
    if not report.ok:
        raise RuntimeError(f"the log does not verify: {report.first_problem}")
    return {"verify_entries_per_s": report.entries_checked / (time.perf_counter() - began)}


BENCHMARK = Benchmark(
    name="audit",
    summary="writes with and without their audit entry; bulk appends, lag, proofs",
    metrics=(
        *(
            Metric(f"{key}_{writers}", f"{label}, {writers} writers", goal if writers == 32 else None)
            for writers in WRITERS
            for key, label, goal in (
                ("without_per_s", "transactions/s without an entry", None),
                ("with_per_s", "transactions/s with an entry", None),
                ("with_over_without", "with / without (median of rounds)", at_least(0.8)),
            )
        ),
        Metric("bulk_appends_per_s", "bulk appends/s", at_least(20_000)),
        Metric("lag_ms", "commit to signed checkpoint, p50 ms"),
        Metric("lag_p95_ms", "the same, p95 ms"),
        Metric("proof_bytes", "size of a proof, bytes"),
        Metric("proof_ms", "making a proof, ms"),
        Metric("proof_check_us", "checking a proof offline, µs"),
        Metric("verify_entries_per_s", "full verification, entries/s"),
    ),
    run=run,
)
