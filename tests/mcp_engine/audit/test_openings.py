"""A proof with the content that its leaf is committed to: what opens, and what was changed."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_engine.audit.check import CheckedOpening, ProofRejected, check_proof
from mcp_engine.audit.service import AuditService
from mcp_engine.errors import InvalidInput
from mcp_engine.executions.schemas import Outcome, StartExecution
from mcp_engine.executions.service import ExecutionService
from tests.mcp_engine.audit.conftest import Log

INPUTS = {"question": "Why? \u202e \x00 🜂", "big": 1e20, "small": 1e-7, "whole": 2.0}
START = StartExecution("default", "ask", INPUTS, messages=[{"role": "user", "content": "Why?"}])
OUTPUT = {"text": "Because.", "n": [-0.0, 2**53 - 1, 1e300, 0.1], "é": None}


@pytest_asyncio.fixture(loop_scope="session")
async def executions(log: Log) -> AsyncIterator[ExecutionService]:
    service = ExecutionService(log.database)
    yield service
    await service.close()


async def proof_of(log: Log, executions: ExecutionService, outcome: Outcome, *, erase: bool = False) -> dict[str, Any]:
    """Return the proof of a real execution with its openings, as it comes from a file."""
    running = await executions.start(log.caller, START)
    await running.finish(outcome)
    if erase:
        await executions.erase_content(log.caller, running.id, "asked to")
    await log.sequence()
    bundle = await AuditService(log.database, log.signer.verifier, log.witness).proof(log.caller, str(running.id))
    openings = await executions.openings(log.caller, running.id)
    return json.loads(
        json.dumps({**json.loads(bundle.model_dump_json()), "openings": openings.model_dump(mode="json")})
    )


def states(log: Log, bundle: dict[str, Any]) -> dict[str, str]:
    proven = check_proof(json.dumps(bundle), log.signer.verifier.vkey)
    return {opening.name: opening.state for opening in proven.openings}


async def test_what_was_committed_to_opens(log: Log, executions: ExecutionService) -> None:
    bundle = await proof_of(log, executions, Outcome(output=OUTPUT))
    proven = check_proof(json.dumps(bundle), log.signer.verifier.vkey)
    inputs, output = proven.openings
    assert inputs == CheckedOpening("inputs", "opens", {"inputs": INPUTS, "messages": START.messages})
    assert output == CheckedOpening("output", "opens", OUTPUT)


async def test_a_proof_says_what_it_does_not_show(log: Log, executions: ExecutionService) -> None:
    bundle = await proof_of(log, executions, Outcome())
    assert states(log, bundle) == {"inputs": "opens", "output": "none"}
    assert states(log, {**bundle, "openings": {}}) == {"inputs": "not_included", "output": "none"}
    del bundle["openings"]
    assert states(log, bundle) == {"inputs": "not_included", "output": "none"}
    erased = await proof_of(log, executions, Outcome(output=OUTPUT), erase=True)
    assert states(log, erased) == {"inputs": "erased", "output": "erased"}
    await log.append("move-1", kind="label.moved")
    await log.sequence()
    other = await AuditService(log.database, log.signer.verifier, log.witness).proof(log.caller, "move-1")
    assert check_proof(other.model_dump_json(), log.signer.verifier.vkey).openings == ()
    foreign = {**json.loads(other.model_dump_json()), "openings": erased["openings"]}
    with pytest.raises(ProofRejected, match="no leaf of the execution"):
        states(log, foreign)


async def test_each_change_is_named(log: Log, executions: ExecutionService) -> None:
    bundle = await proof_of(log, executions, Outcome(output=OUTPUT))
    another = await proof_of(log, executions, Outcome(output=OUTPUT))

    def rejected(message: str, name: str, **changes: Any) -> None:
        changed = copy.deepcopy(bundle)
        changed["openings"][name].update(changes)
        with pytest.raises(ProofRejected, match=message):
            states(log, changed)

    for name in ("inputs", "output"):
        there = f"The {name} .*does not open"
        rejected(there, name, value=None)
        rejected(there, name, value={**bundle["openings"][name]["value"], "more": 1})
        rejected(there, name, salt="00" * 16)
        # HMAC pads its key, so a salt of another length could be the same key.
        rejected(f"The {name} .*16 bytes", name, salt=bundle["openings"][name]["salt"] + "00")
        rejected(f"The {name} .*16 bytes", name, salt=None)
        rejected(f"The {name} .*16 bytes", name, erased=True, salt=None)
        rejected(f"The {name} .*another commitment", name, **another["openings"][name])
        rejected(f"The {name} .*another commitment", name, commitment=None)
        rejected(f"The {name} .*canonical", name, value="\ud800")
        rejected(f"The {name} .*canonical", name, value=float("inf"))
    malformed: list[Any] = [[], "x", {"result": None}, {"output": 1}]
    for openings in malformed:
        with pytest.raises(ProofRejected, match="no proof"):
            states(log, {**bundle, "openings": openings})
    nothing = await proof_of(log, executions, Outcome())
    nothing["openings"]["output"] = bundle["openings"]["output"]
    with pytest.raises(ProofRejected, match=r"The output .*another commitment"):
        states(log, nothing)


async def test_no_flipped_byte_of_the_openings_passes_as_another_text(log: Log, executions: ExecutionService) -> None:
    bundle = await proof_of(log, executions, Outcome(output="It was Ada Merrow, in 1931."))
    vkey, raw = log.signer.verifier.vkey, json.dumps(bundle).encode()
    honest = check_proof(raw, vkey)

    @given(position=st.integers(raw.index(b'"openings"'), len(raw) - 1), flip=st.integers(1, 255))
    @settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def flipped(position: int, flip: int) -> None:
        changed = bytearray(raw)
        changed[position] ^= flip
        try:
            proven = check_proof(bytes(changed), vkey)
        except InvalidInput:
            return
        assert proven.leaves == honest.leaves
        for opening, true in zip(proven.openings, honest.openings, strict=True):
            assert opening == true or opening.state == "not_included"

    flipped()
