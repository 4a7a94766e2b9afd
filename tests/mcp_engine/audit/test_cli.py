"""`mcp-engine audit` in processes of its own, against a server on a port."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI

from mcp_engine.access import Authenticator, Caller
from mcp_engine.audit.routes import router
from mcp_engine.audit.service import AuditService
from mcp_engine.executions.routes import router as executions_router
from mcp_engine.executions.schemas import Outcome, StartExecution
from mcp_engine.executions.service import ExecutionService
from mcp_engine.http.problems import install_handlers
from mcp_engine.services import Services
from tests.mcp_engine.audit.conftest import Log, until

# The audit group alone: what other groups import is not this test's business.
LAUNCH = (
    "from mcp_engine.cli import main; "
    "main.CORE_GROUPS = {'audit': 'mcp_engine.cli.audit'}; "
    "main.installed_components = lambda: (); main.main()"
)


class Doorman:
    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def authenticate(self, credential: str) -> Caller:
        return self.caller


@dataclass
class Answer:
    code: int
    out: str
    err: str


@pytest_asyncio.fixture(loop_scope="session")
async def url(log: Log) -> AsyncIterator[str]:
    app, services = FastAPI(), Services()
    services.add(Doorman(log.caller), provides=Authenticator)
    services.add(AuditService(log.database, log.signer.verifier, log.witness))
    services.add(ExecutionService(log.database))
    app.state.services = services
    install_handlers(app)
    app.include_router(router, prefix="/api/v1")
    app.include_router(executions_router, prefix="/api/v1")
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none"))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


async def audit(*arguments: str, url: str = "http://127.0.0.1:9") -> Answer:
    environment = {**os.environ, "MCP_ENGINE_URL": url, "MCP_ENGINE_API_KEY": "k", "COLUMNS": "200", "NO_COLOR": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LAUNCH, "audit", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return Answer(process.returncode, out.decode(), err.decode())


async def test_verify_says_sound_or_names_the_first_wrong_entry(log: Log, url: str) -> None:
    await log.append("a", "b")
    await log.sequence()
    sound = await audit("verify", url=url)
    assert (sound.code, "2 leaves" in sound.out) == (0, True)
    log.tamper("UPDATE audit_entry SET facts = '{}' WHERE subject = 'b'")
    named = await audit("verify", url=url)
    assert (named.code, "leaf 1, kind prompt.pushed, subject b" in named.out) == (1, True)
    as_json = await audit("verify", "--json", url=url)
    assert (as_json.code, json.loads(as_json.out)["first_problem"]["seq"]) == (1, 1)


async def test_a_proof_goes_to_a_file_and_is_checked_without_the_server(log: Log, url: str, tmp_path: Path) -> None:
    await log.append("execution-1", kind="execution.finished", facts={"tokens": 7})
    await log.sequence()
    vkey = (await audit("key", url=url)).out.strip()
    file = tmp_path / "proof.json"
    file.write_text((await audit("proof", "execution-1", url=url)).out)
    good = await audit("check", str(file), "--vkey", vkey)
    assert good.code == 0, good.err
    assert "execution.finished execution-1" in good.out
    assert "tokens = 7" in good.out
    as_json = json.loads((await audit("check", str(file), "--vkey", vkey, "--json")).out)
    assert (as_json["ok"], as_json["leaves"][0]["facts"]) == (True, {"tokens": 7})
    file.write_text(file.read_text().replace("7", "8"))
    bad = await audit("check", str(file), "--vkey", vkey)
    assert (bad.code, bad.out) == (1, "")
    assert bad.err.startswith("error:")
    wrong_key = await audit("check", str(file), "--vkey", "nonsense", "--json")
    assert (wrong_key.code, json.loads(wrong_key.out)["ok"]) == (2, False)
    assert "`mcp-engine audit key` prints it" in wrong_key.out
    another = await audit("check", str(file), "--vkey", f"{vkey[:-4]}AAAA")
    assert (another.code, "does not fit its name and key" in another.err) == (2, True)


@pytest.mark.slow
async def test_an_answers_text_is_tied_to_its_proof_when_asked_for(log: Log, url: str, tmp_path: Path) -> None:
    running = await ExecutionService(log.database).start(log.caller, StartExecution("default", "ask", {"why": "[red]"}))
    await running.finish(Outcome(output="Because of the secret."))
    await log.append("move-1", kind="label.moved")
    await log.sequence()
    vkey = (await audit("key", url=url)).out.strip()
    file = tmp_path / "proof.json"

    async def check(text: str, *options: str) -> Answer:
        file.write_text(text)
        return await audit("check", str(file), "--vkey", vkey, *options)

    silent = (await audit("proof", str(running.id), url=url)).out
    assert ("secret" in silent, "openings" in silent) == (False, False)
    not_shown = await check(silent)
    assert not_shown.code == 0
    assert not_shown.out.endswith("inputs: not included\noutput: not included\n")
    shown = (await audit("proof", str(running.id), "--with-content", url=url)).out
    opened = await check(shown)
    assert opened.code == 0, opened.err
    assert opened.out.endswith("inputs: opens its commitment\noutput: opens its commitment\n")
    as_json = json.loads((await check(shown, "--json")).out)
    assert as_json["openings"]["output"] == {"state": "opens", "value": "Because of the secret."}
    changed = await check(shown.replace("the secret", "a secret"))
    assert (changed.code, changed.out) == (1, "")
    assert changed.err.startswith("error: The output that the proof shows")
    refused = await audit("proof", "move-1", "--with-content", url=url)
    assert (refused.code, "Only an execution" in refused.err) == (2, True)


async def test_list_and_what_is_not_there(log: Log, url: str) -> None:
    assert "Nothing has happened" in (await audit("list", url=url)).out
    await log.append("a")
    moved = {"kind": "prompt", "name": "greet", "label": "production", "from_number": None, "to_number": 2}
    await log.append("b", kind="label.moved", facts=moved)
    shown = await audit("list", "--kind", "label.moved", url=url)
    assert ("label.moved" in shown.out, "prompt.pushed" in shown.out) == (True, False)
    assert shown.out.split()[:6] == ["LEAF", "WHEN", "WHAT", "ABOUT", "SUBJECT", "ACTOR"]
    assert "prompt greet@production: nothing → 2" in shown.out
    missing = await audit("proof", "zzz", url=url)
    assert (missing.code, "no entry" in missing.err) == (3, True)
