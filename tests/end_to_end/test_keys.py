"""Keys from the shell."""

from __future__ import annotations

import re

from tests.end_to_end.instance import EngineProcess


def test_a_machine_whose_key_was_refused_gets_one_by_its_id(readers_engine: EngineProcess) -> None:
    refused = readers_engine.run("key", "create", "deployer", "--role", "runner", "--scope", "prompts:write")
    assert refused.code == 3
    assert "does not hold prompts:write" in refused.err
    hint = re.search(r"--principal\s+([0-9a-f-]{36})", refused.err)
    assert hint
    made = readers_engine.json("key", "create", "deployer", "--principal", hint[1], "--scope", "prompts:run")
    assert made["principal_id"] == hint[1]
