"""Proofs: made for one's own entries, checked offline with a key from elsewhere."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcp_engine.audit.check import check_proof
from mcp_engine.audit.notes import CheckpointSigner
from mcp_engine.audit.schemas import ProofBundle
from mcp_engine.audit.service import AuditService
from mcp_engine.errors import InvalidInput, NotFound, Refused, TryLater
from tests.conftest import make_tenant
from tests.mcp_engine.audit.conftest import Log


def service_of(log: Log) -> AuditService:
    return AuditService(log.database, log.signer.verifier, log.witness)


async def provenance(log: Log) -> None:
    """An execution that names a version, which names a prompt; and others that none of them names."""
    await log.append("prompt-1", kind="prompt.made", facts={"name": "greet"})
    await log.append("unrelated", kind="prompt.made", facts={"name": "other"})
    await log.append("version-1", kind="prompt.pushed", facts={"prompt": "prompt-1", "digest": "ab"})
    await log.append("execution-1", kind="execution.finished", facts={"lock": {"versions": ["version-1"]}, "tokens": 7})
    await log.append("execution-2", kind="execution.finished", facts={"lock": {"versions": ["version-1"]}})
    await log.sequence()


async def test_a_proof_carries_what_the_entry_refers_to(log: Log) -> None:
    await provenance(log)
    bundle = await service_of(log).proof(log.caller, "execution-1")
    proven = check_proof(bundle.model_dump_json(), log.signer.verifier.vkey)
    assert [leaf.subject for leaf in proven.leaves] == ["execution-1", "version-1", "prompt-1"]
    assert proven.leaves[0].facts == {"lock": {"versions": ["version-1"]}, "tokens": 7}
    assert proven.checkpoint.size == 5
    assert str(log.caller.tenant_id) not in bundle.model_dump_json()


async def test_a_proof_is_found_by_the_entry_id_too(log: Log) -> None:
    entry = await log.append("execution-1", kind="execution.finished")
    await log.sequence()
    bundle = await service_of(log).proof(log.caller, str(entry))
    assert check_proof(bundle.model_dump_json(), log.signer.verifier.vkey).leaves[0].id == str(entry)


async def test_another_tenants_entry_is_not_found(log: Log) -> None:
    entry = await log.append("execution-1")
    await log.sequence()
    other = await make_tenant(log.database)
    for wanted in ("execution-1", str(entry), "\u202e"):
        with pytest.raises(NotFound):
            await service_of(log).proof(other, wanted)


async def test_a_proof_waits_for_the_number(log: Log) -> None:
    async with log.sequencing():
        await log.append("execution-1")
        assert (await service_of(log).proof(log.caller, "execution-1")).tree_size == 1


async def test_without_a_sequencer_the_caller_is_told_to_try_later(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcp_engine.audit.service.PROOF_WAIT_SECONDS", 0.0)
    await log.append("execution-1")
    with pytest.raises(TryLater):
        await service_of(log).proof(log.caller, "execution-1")


async def test_an_edited_entry_gets_no_proof(log: Log) -> None:
    await provenance(log)
    log.tamper("UPDATE audit_entry SET facts = '{}' WHERE subject = 'version-1'")
    with pytest.raises(Refused, match="does not fit the signed tree"):
        await service_of(log).proof(log.caller, "execution-1")


async def bundle_of(log: Log) -> dict[str, Any]:
    await provenance(log)
    bundle: ProofBundle = await service_of(log).proof(log.caller, "execution-1")
    return json.loads(bundle.model_dump_json())


async def test_the_key_comes_from_the_checker(log: Log) -> None:
    bundle = await bundle_of(log)
    other = CheckpointSigner(Ed25519PrivateKey.generate())
    with pytest.raises(InvalidInput, match="no signature by the key"):
        check_proof(json.dumps(bundle), other.verifier.vkey)


async def test_each_failing_part_is_named(log: Log) -> None:
    bundle, vkey = await bundle_of(log), log.signer.verifier.vkey
    first = bundle["leaves"][0]

    def rejected(message: str, **changes: Any) -> None:
        with pytest.raises(InvalidInput, match=message):
            check_proof(json.dumps({**bundle, **changes}), vkey)

    def leaf(**changes: Any) -> list[Any]:
        return [{**first, **changes}, *bundle["leaves"][1:]]

    rejected("Leaf 3 is not in the signed tree", leaves=leaf(leaf_data=first["leaf_data"].replace("7", "8")))
    rejected("Leaf 2 is not in the signed tree", leaves=leaf(index=2))
    rejected("Leaf 3 is not in the signed tree", leaves=leaf(inclusion_path=first["inclusion_path"][:-1]))
    rejected("no hash", leaves=leaf(inclusion_path=["AAAA"]))
    rejected("base64", leaves=leaf(inclusion_path=["%"]))
    rejected("no hash", leaves=leaf(inclusion_path=[7]))
    rejected("index", leaves=leaf(index=True))
    rejected("about something else", leaves=bundle["leaves"][1:])
    rejected("proves no leaf", leaves=[])
    rejected("tree size", tree_size=6)
    rejected("format", format="other/v1")
    rejected("checkpoint", checkpoint=None)
    rejected("signature", checkpoint=bundle["checkpoint"].replace("\n5\n", "\n6\n"), tree_size=6)
    for text in ("", "[]", "null", "{", '{"format": 1, "format": 2}', "[" * 100_000):
        with pytest.raises(InvalidInput, match="no proof"):
            check_proof(text, vkey)


async def test_no_flipped_byte_of_a_proof_passes_as_another_statement(log: Log) -> None:
    bundle, vkey = await bundle_of(log), log.signer.verifier.vkey
    raw = json.dumps(bundle).encode()
    honest = check_proof(raw, vkey)

    @given(position=st.integers(0, len(raw) - 1), flip=st.integers(1, 255))
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def flipped(position: int, flip: int) -> None:
        changed = bytearray(raw)
        changed[position] ^= flip
        with contextlib.suppress(InvalidInput):
            assert check_proof(bytes(changed), vkey) == honest  # a byte of white space, say

    flipped()


async def test_the_command_line_checks_without_server_or_database(log: Log, tmp_path: Path) -> None:
    bundle = await bundle_of(log)
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(bundle))
    code = (
        "import sys, mcp_engine.audit.check as check\n"
        "check.check_proof(open(sys.argv[1]).read(), sys.argv[2])\n"
        "heavy = {'sqlalchemy', 'psycopg', 'fastapi', 'httpx', 'pydantic', 'socket'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    command = [sys.executable, "-c", code, str(file), log.signer.verifier.vkey]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
