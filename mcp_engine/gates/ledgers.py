"""The error budget of sealed rows: what a look may spend, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from mcp_engine.database.engine import UnitOfWork
from mcp_engine.gates.repository import Budget, GateRepository
from mcp_engine.gates.tables import AlphaLedgerRow, AlphaLookRow, AlphaSpendRow
from mcp_engine.identifiers import new_id
from mcp_engine.statistics.spending import Ledger


def ledger_of(budget: Budget, opening: Ledger | None = None) -> Ledger:
    """Return what a ledger has left after its looks.

    Args:
        opening: as it would be, had it been opened with this.
    """
    now = opening or Ledger(budget.ledger.budget, budget.ledger.planned)
    for passed in budget.verdicts:
        now = now.after(passed=passed)
    return now


async def look(
    work: UnitOfWork,
    request_id: UUID,
    question_digest: str,
    dataset_version_ids: Collection[UUID],
    opening: Ledger,
    passes: Callable[[float], bool],
) -> AlphaLookRow:
    """Look at sealed rows once, spend from every ledger that any of them belongs to, and return the look.

    Who asks what was asked before gets the earlier look, and spends nothing: its answer is known. Rows without a ledger
    open one, together with every sealed row that ever stood in the same datasets, so that dealing them out over
    versions opens no second one.

    Args:
        question_digest: of everything that the answer follows from.
        opening: the ledger that fresh rows get; of others, the look gets no more than it would leave.
        passes: whether the scores show what is required at a level.
    """
    repository = GateRepository(work)
    await repository.stand_in_line()
    earlier = await repository.earlier_look(question_digest)
    if earlier is not None:
        return earlier
    ids, fresh = await repository.ledgers_of(dataset_version_ids)
    if fresh:
        opened = AlphaLedgerRow(tenant_id=work.tenant_id, id=new_id(), budget=opening.budget, planned=opening.planned)
        await repository.open_ledger(opened, dataset_version_ids)
        ids.add(opened.id)
    budgets = await repository.budgets(ids)
    # A gate that wants more certainty than the one that opened the ledger gets it.
    level = min(ledger_of(budget, wanted).next_alpha for budget in budgets for wanted in (None, opening))
    # A budget that passes have used up leaves a level of nothing, at which nothing is shown.
    made = AlphaLookRow(
        tenant_id=work.tenant_id, id=new_id(), request_id=request_id, question_digest=question_digest, level=level,
        passed=level > 0 and passes(level),
    )  # fmt: skip
    await repository.add(made)
    await repository.add(*_spends(work, made.id, sorted(ids)))
    return made


def _spends(work: UnitOfWork, look_id: UUID, ledger_ids: Sequence[UUID]) -> list[AlphaSpendRow]:
    return [AlphaSpendRow(tenant_id=work.tenant_id, ledger_id=one, look_id=look_id) for one in ledger_ids]
