"""Recording executions: facts that stay, content that can go."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.canonical import commitment
from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict, Gone, InvalidInput, ModelFailed, NotFound
from mcp_engine.executions.facts import ENDED
from mcp_engine.executions.live import ExecutionCheck
from mcp_engine.executions.rows import cost
from mcp_engine.executions.schemas import (
    MAX_SOURCES,
    ExecutionFilter,
    Outcome,
    Prices,
)
from mcp_engine.executions.service import ExecutionService
from mcp_engine.identifiers import new_id
from tests.conftest import make_tenant, plain_url
from tests.mcp_engine.executions.runs import OUTCOME, START, leaf_facts


async def test_a_finished_run_is_stored_as_it_was(executions: ExecutionService, caller: Caller) -> None:
    running = await executions.start(caller, START)
    assert (await executions.get(caller, running.id)).status == "running"
    running.first_token()
    await running.finish(OUTCOME)
    found = await executions.get(caller, running.id)
    assert (found.status, found.finish_reason, found.error_code) == ("succeeded", "stop", None)
    assert found.inputs.value == START.inputs
    assert found.messages == START.messages
    assert found.output.value == "Because."
    assert (found.input_tokens, found.output_tokens, found.cached_tokens) == (12, 3, 4)
    assert found.artifact is not None
    assert (found.artifact.digest, found.artifact.lock_digest) == ("ab" * 32, "cd" * 32)
    assert found.model is not None
    assert (found.model.digest, found.model.weights_digest) == ("ef" * 32, "01" * 32)
    assert (found.parameters, found.seed, found.cost_usd) == (dict(START.parameters), 7, 0.0)
    assert found.latency_first_token_ms is not None
    assert found.latency_total_ms is not None
    assert found.latency_first_token_ms <= found.latency_total_ms
    assert found.ended_at is not None


async def test_the_stored_commitments_open_with_the_stored_salts(
    executions: ExecutionService, database: Database, caller: Caller
) -> None:
    running = await executions.start(caller, START)
    await running.finish(OUTCOME)
    [facts] = await leaf_facts(database, caller, running.id)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        for table, fact in (("execution_inputs", "inputs_commitment"), ("execution_output", "output_commitment")):
            row = (
                await work.session.execute(
                    text(f"SELECT salt, content FROM {table} WHERE execution_id = :id"), {"id": running.id}
                )
            ).one()
            assert commitment(bytes(row.salt), json.loads(row.content)) == facts[fact]


async def test_the_leaf_says_what_ran_and_how_it_ended(
    executions: ExecutionService, database: Database, caller: Caller
) -> None:
    running = await executions.start(caller, START)
    assert await leaf_facts(database, caller, running.id) == []
    await running.finish(OUTCOME)
    [facts] = await leaf_facts(database, caller, running.id)
    assert facts["status"] == "succeeded"
    assert facts["version_digest"] == "ab" * 32
    assert facts["lock_digest"] == "cd" * 32
    assert facts["model_digest"] == "ef" * 32
    assert "Because" not in json.dumps(facts)


async def test_live_rows_repeat_the_facts_of_the_leaf(
    executions: ExecutionService, database: Database, caller: Caller
) -> None:
    parent = await executions.start(caller, START)
    prices = Prices(Decimal("0.15"), Decimal("0.60"))
    child = await executions.start(caller, replace(START, parent_id=parent.id, prices=prices, seed=2**62))
    await child.fail(ModelFailed("model.crashed", "The model process died."))
    await parent.finish(OUTCOME)
    subjects = [str(parent.id), str(child.id), str(new_id())]
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        live = await ExecutionCheck().facts(work, ENDED, subjects)
    assert set(live) == set(subjects[:2])
    for subject, facts in live.items():
        assert [facts] == await leaf_facts(database, caller, subject)


async def test_a_changed_content_row_no_longer_gives_the_facts_of_the_leaf(
    fresh_database: Database, fresh_owner_url: str
) -> None:
    caller = await make_tenant(fresh_database)
    running = await ExecutionService(fresh_database).start(caller, START)
    await running.finish(OUTCOME)
    with psycopg.connect(plain_url(fresh_owner_url), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE execution_output SET content = '\"Forged.\"'")
    async with fresh_database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        live = await ExecutionCheck().facts(work, ENDED, [str(running.id)])
    [facts] = await leaf_facts(fresh_database, caller, running.id)
    changed = {name for name, value in live[str(running.id)].items() if facts[name] != value}
    assert changed == {"output_commitment"}


async def test_sources_are_kept_once_each_in_order_and_not_without_end(
    executions: ExecutionService, database: Database, caller: Caller
) -> None:
    first, second, *many = [new_id() for _ in range(MAX_SOURCES + 1)]
    running = await executions.start(caller, START)
    assert (await executions.get(caller, running.id)).sources == []
    with pytest.raises(InvalidInput, match="at most 100"):
        await running.finish(Outcome(sources=[first, second, *many]))
    await running.finish(Outcome(sources=[second, first, second]))
    assert (await executions.get(caller, running.id)).sources == [second, first]
    [facts] = await leaf_facts(database, caller, running.id)
    assert facts["sources"] == [str(second), str(first)]


@pytest.mark.parametrize("table", ["execution", "execution_inputs", "execution_outcome", "execution_output"])
@pytest.mark.parametrize("change", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_the_database_refuses_changes_even_to_its_owner(
    executions: ExecutionService, caller: Caller, owner_url: str, table: str, change: str
) -> None:
    running = await executions.start(caller, START)
    await running.finish(OUTCOME)
    with psycopg.connect(plain_url(owner_url)) as owner, pytest.raises(psycopg.errors.RestrictViolation):
        owner.execute(change.format(table).encode())


async def test_another_tenant_finds_nothing(executions: ExecutionService, database: Database, caller: Caller) -> None:
    running = await executions.start(caller, START)
    await running.finish(OUTCOME)
    other = await make_tenant(database)
    for attempt in (
        executions.get(other, running.id),
        executions.spans(other, running.id),
        executions.erase_content(other, running.id, "curious"),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await executions.list(other, ExecutionFilter())).items == []


async def test_an_unknown_namespace_or_parent_is_named(executions: ExecutionService, caller: Caller) -> None:
    with pytest.raises(NotFound, match="'nowhere'"):
        await executions.start(caller, replace(START, namespace="nowhere"))
    with pytest.raises(NotFound, match="to be the parent"):
        await executions.start(caller, replace(START, parent_id=new_id()))


@pytest.mark.parametrize("parameters", [{"stop": ["\x00"]}, {"temperature": 1e300}, {"x": float("inf")}])
async def test_parameters_that_would_not_read_back_are_refused(
    executions: ExecutionService, caller: Caller, parameters: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        await executions.start(caller, replace(START, parameters=parameters))


async def test_erased_content_is_gone_and_the_facts_stay(
    executions: ExecutionService, database: Database, caller: Caller
) -> None:
    running = await executions.start(caller, START)
    with pytest.raises(Conflict, match="runs"):
        await executions.erase_content(caller, running.id, "asked to")
    await running.finish(OUTCOME)
    before = await executions.get(caller, running.id)
    erased = await executions.erase_content(caller, running.id, "asked to")
    assert set(erased.erasure_ids) == {"execution_inputs", "execution_output"}
    found = await executions.get(caller, running.id)
    assert (found.inputs.state, found.output.state) == ("erased", "erased")
    assert (found.inputs.value, found.output.value, found.messages) == (None, None, None)
    assert (found.inputs.commitment, found.output.commitment) == (before.inputs.commitment, before.output.commitment)
    assert found.finish_reason == "stop"
    with pytest.raises(Gone):
        await executions.erase_content(caller, running.id, "again")
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        live = (await ExecutionCheck().facts(work, ENDED, [str(running.id)]))[str(running.id)]
    [facts] = await leaf_facts(database, caller, running.id)
    assert {name for name, value in live.items() if facts[name] != value} == {"inputs_commitment", "output_commitment"}


def test_cost_needs_prices_and_tokens() -> None:
    prices = Prices(Decimal("0.15"), Decimal("0.60"))
    assert cost(OUTCOME, None) is None
    assert cost(Outcome(), prices) is None
    assert cost(Outcome(), Prices(Decimal(0), Decimal(0))) == 0
    assert cost(OUTCOME, prices) == Decimal("0.0000036")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.floats(-1e15, 1e15),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=25, deadline=None)
@given(value=JSON)
def test_any_json_is_committed_to_as_it_is_stored(value: Any) -> None:
    from mcp_engine.executions.rows import new_output

    row, committed = new_output(new_id(), new_id(), value)
    if value is None:
        assert row is None
    else:
        assert row is not None
        assert commitment(row.salt, json.loads(row.content)) == committed
