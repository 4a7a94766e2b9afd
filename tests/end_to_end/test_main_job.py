"""The main job from the shell: govern a prompt, ask documents, prove afterwards what happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.instance import EngineProcess

PROMPT_V1 = """---
name: explain
description: Explains a term.
parameters: {max_tokens: 24, seed: 7}
---
Explain {{ term }} in one sentence.
"""
PROMPT_V2 = PROMPT_V1.replace("in one sentence", "to {{ reader }} in one short sentence")
NOTES = """# Harbour notes

The lighthouse at Cape Vane was built in 1874 by Ada Merrow. Its lamp burns whale oil no longer: it was
changed to electric light in 1931. The keeper's cottage 🏠 now holds a small museum.

The ferry to Vane leaves at seven every morning except on Sundays.
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    engine = EngineProcess(extra={"MCP_ENGINE_SAMPLE": "false"})
    engine.start()
    yield engine
    engine.remove()


@pytest.fixture(scope="module")
def pushed(engine: EngineProcess) -> EngineProcess:
    """Two versions of a prompt, the second in production."""
    for number, text in enumerate((PROMPT_V1, PROMPT_V2), start=1):
        (engine.folder / "explain.prompt").write_text(text)
        assert engine.json("prompt", "push", "explain.prompt", "-m", f"wording {number}")["number"] == number
    engine.json("prompt", "label", "explain", "2", "production")
    return engine


@pytest.fixture(scope="module")
def indexed(engine: EngineProcess) -> EngineProcess:
    folder = engine.folder / "notes"
    folder.mkdir()
    (folder / "harbour.md").write_text(NOTES)
    added = engine.run("docs", "add", "notes", "--collection", "harbour", "--json")
    assert added.code == 0, added.out + added.err
    return engine


def test_a_prompt_has_versions_labels_and_a_diff(pushed: EngineProcess) -> None:
    assert pushed.json("prompt", "get", "explain@production")["number"] == 2
    assert pushed.json("prompt", "get", "explain/1")["number"] == 1
    assert [item["name"] for item in pushed.json("prompt", "list")["items"]] == ["explain"]
    assert "reader" in pushed.run("prompt", "diff", "explain", "1", "2").out
    missing = pushed.run("prompt", "get", "explain@staging")
    assert missing.code == 3
    assert "production" in missing.err


def test_an_identical_push_returns_the_existing_version(pushed: EngineProcess) -> None:
    (pushed.folder / "explain.prompt").write_text(PROMPT_V1)
    again = pushed.json("prompt", "push", "explain.prompt", "-m", "again")
    assert (again["number"], again["created"]) == (1, False)


def test_a_run_is_recorded_with_what_produced_it(pushed: EngineProcess) -> None:
    variables = ("--var", "term=tide", "--var", "reader=a child")
    first = pushed.json("prompt", "run", "explain@production", *variables)
    again = pushed.json("prompt", "run", "explain@production", *variables)
    assert first["output"] == again["output"] != ""
    shown = pushed.json("execution", "show", first["execution_id"])
    assert shown["status"] == "succeeded"
    assert len(shown["artifact"]["lock_digest"]) == 64
    assert any("chat" in span["name"] for span in shown["spans"])
    streamed = pushed.run("prompt", "run", "explain@production", *variables, "--stream")
    assert first["output"].strip() in streamed.out
    assert len(pushed.json("execution", "list")["items"]) >= 3


def test_a_missing_variable_is_named(pushed: EngineProcess) -> None:
    refused = pushed.run("prompt", "run", "explain", "--var", "term=tide")
    assert refused.code == 3
    assert "reader" in refused.err


def test_an_answer_quotes_its_source_exactly(indexed: EngineProcess) -> None:
    answer = indexed.json("ask", "Who built the lighthouse at Cape Vane?", "--collection", "harbour")
    assert not answer["refused"]
    citation = answer["citations"][0]
    assert "Ada Merrow" in citation["cited_text"]
    assert NOTES[citation["start"] : citation["end"]] == citation["cited_text"]
    printed = indexed.run("ask", "Who built the lighthouse at Cape Vane?", "--collection", "harbour", "--stream")
    assert "Ada Merrow" in printed.out


def test_a_question_the_documents_do_not_answer_is_refused(indexed: EngineProcess) -> None:
    answer = indexed.json("ask", "What is the boiling point of tungsten?", "--collection", "harbour")
    assert answer["refused"]
    assert answer["passages"]


def test_adding_an_unchanged_file_does_nothing_and_a_changed_one_makes_a_version(indexed: EngineProcess) -> None:
    cited = indexed.json("ask", "When was the lamp changed?", "--collection", "harbour")["citations"][0]
    indexed.json("docs", "add", "notes", "--collection", "harbour")
    listed = indexed.json("docs", "list", "--collection", "harbour")["items"]
    assert [item["version"] for item in listed] == [1]
    (indexed.folder / "notes" / "harbour.md").write_text(NOTES.replace("1931", "1932"))
    indexed.json("docs", "add", "notes", "--collection", "harbour")
    listed = indexed.json("docs", "list", "--collection", "harbour")["items"]
    assert [item["version"] for item in listed] == [2]
    assert "1931" in cited["cited_text"]
    found = indexed.json("docs", "search", "lamp electric light", "--collection", "harbour")
    assert "1932" in found["items"][0]["text"]


def test_the_log_verifies_and_a_run_is_proved_offline(pushed: EngineProcess, tmp_path: Path) -> None:
    assert pushed.json("audit", "verify")["ok"]
    run = pushed.json("prompt", "run", "explain/1", "--var", "term=tide")
    proof = pushed.run("audit", "proof", run["execution_id"])
    assert proof.code == 0, proof.err
    path = tmp_path / "proof.json"
    path.write_text(proof.out)
    key = pushed.json("status")["audit"]["verifier_key"]
    nowhere = {"MCP_ENGINE_URL": "http://127.0.0.1:9", "MCP_ENGINE_HOME": str(tmp_path / "none")}
    checked = pushed.run("audit", "check", str(path), "--vkey", key, **nowhere)
    assert checked.code == 0, checked.err
    forged = json.loads(proof.out)
    path.write_text(json.dumps(forged).replace("succeeded", "cancelled"))
    assert pushed.run("audit", "check", str(path), "--vkey", key, **nowhere).code == 1


@pytest.mark.slow
def test_a_backup_restores_what_was(pushed: EngineProcess) -> None:
    saved = pushed.json("backup", "engine.tar")
    assert saved["bytes"] > 0
    (pushed.folder / "later.prompt").write_text("Later {{ word }}.")
    pushed.json("prompt", "push", "later.prompt", "-m", "after the backup")
    restored = pushed.run("restore", "engine.tar", "--yes")
    assert restored.code == 0, restored.err
    assert pushed.run("prompt", "get", "later").code == 3
    assert pushed.json("prompt", "get", "explain@production")["number"] == 2
    assert pushed.json("audit", "verify")["ok"]
