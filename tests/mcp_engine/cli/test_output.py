"""What scripts rely on: exit codes, pure JSON on standard output, one line of error on the other."""

from __future__ import annotations

import http.server
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mcp_engine.cli.client import save_credentials
from mcp_engine.cli.failures import ExitCode, from_problem


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, ExitCode.REFUSED), (401, ExitCode.NOT_ALLOWED), (403, ExitCode.NOT_ALLOWED), (404, ExitCode.REFUSED),
        (409, ExitCode.REFUSED), (413, ExitCode.REFUSED), (422, ExitCode.REFUSED), (429, ExitCode.UNAVAILABLE),
        (500, ExitCode.SERVER_FAILED), (502, ExitCode.UNAVAILABLE), (503, ExitCode.UNAVAILABLE),
        (504, ExitCode.UNAVAILABLE), (None, ExitCode.SERVER_FAILED), ("x", ExitCode.SERVER_FAILED),
    ],
)  # fmt: skip
def test_a_problem_maps_to_its_exit_code(status: object, code: ExitCode) -> None:
    failure = from_problem({"status": status, "detail": "why"})
    assert (failure.exit_code, failure.message) == (code, "why")


def test_a_problem_without_a_detail_still_says_something() -> None:
    assert from_problem({"status": 404, "title": "Not Found"}).message == "Not Found"
    assert from_problem({}).message == "The server failed."


@dataclass
class Answers:
    """A server that gives every request the same answer, and remembers what was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b"{}"
    declared: int | None = None
    asked: list[str] = field(default_factory=list[str])


@pytest.fixture
def server() -> Iterator[Answers]:
    answers = Answers()

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            answers.asked.append(self.path)
            self.send_response(answers.status)
            self.send_header("Content-Length", str(answers.declared or len(answers.body)))
            self.end_headers()
            self.wfile.write(answers.body)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        answers.url = f"http://127.0.0.1:{listening.server_address[1]}"
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        yield answers
        listening.shutdown()
        thread.join()


def run(server: Answers | None, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MCP_ENGINE_API_KEY": "mce_test", **variables}
    if server is not None:
        environment.setdefault("MCP_ENGINE_URL", server.url)
    command = [sys.executable, "-m", "mcp_engine.cli.main", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)


def test_a_refusal_prints_its_problem_as_json_and_brackets_as_they_are(server: Answers) -> None:
    detail = "labels[0] is wrong: [/red] [bold] and [] stay " + "a long line " * 20
    problem = {"status": 422, "code": "x.y", "detail": detail.strip()}
    server.status, server.body = 422, json.dumps(problem).encode()
    done = run(server, "status", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout) == problem
    assert done.stderr == f"error: {detail.strip()}\n"
    assert run(server, "status").stdout == ""


def test_the_status_reads_as_text_and_not_as_python(server: Answers) -> None:
    server.body = json.dumps(
        {
            "engine": {"components": ["dashboard", "rag"], "capabilities": []},
            "audit": {"sequencing": True, "failure": None},
        }
    ).encode()
    shown = [line.split() for line in run(server, "status").stdout.splitlines()]
    assert shown == [
        ["engine"],
        ["components", "dashboard,", "rag"],
        ["capabilities", "none"],
        ["audit"],
        ["sequencing", "yes"],
        ["failure", "none"],
    ]


def test_a_name_is_quoted_into_its_path(server: Answers) -> None:
    server.status, server.body = 404, json.dumps({"status": 404, "detail": "none"}).encode()
    assert run(server, "job", "show", "a b/../c?d#é", "--json").returncode == 3
    assert server.asked == ["/api/v1/jobs/a%20b%2F..%2Fc%3Fd%23%C3%A9"]


@pytest.mark.parametrize(("status", "code"), [(200, 6), (302, 3), (404, 3), (502, 5)])
def test_a_server_of_another_kind_is_no_traceback(server: Answers, status: int, code: int) -> None:
    server.status, server.body = status, b"<html>hello</html>"
    done = run(server, "status")
    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    server.body = b'["no", "document"]'
    assert run(server, "status", "--json").returncode == code or status == 200


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"MCP_ENGINE_URL": "http://127.0.0.1:1"}, 5),
        ({"MCP_ENGINE_URL": "localhost:8600"}, 2),
        ({"MCP_ENGINE_URL": "http://[::1"}, 2),
        ({"MCP_ENGINE_API_KEY": "mcé_x", "MCP_ENGINE_URL": "http://127.0.0.1:1"}, 2),
    ],
)
def test_wrong_settings_are_named(variables: dict[str, str], code: int) -> None:
    done = run(None, "status", "--json", **variables)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_a_broken_download_leaves_no_half_backup(server: Answers, tmp_path: Path) -> None:
    server.body, server.declared = b"half", 100
    target = tmp_path / "engine.tar"
    assert run(server, "backup", str(target)).returncode == 5
    assert not target.exists()
    server.declared = None
    assert json.loads(run(server, "backup", str(target), "--json").stdout) == {"file": str(target), "bytes": 4}
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert run(server, "backup", str(target)).returncode == 2
    assert run(server, "backup", str(tmp_path / "none" / "engine.tar")).returncode == 2


def test_saved_credentials_are_closed_to_others_even_in_an_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    old = tmp_path / "mcp-engine" / "credentials.json"
    old.parent.mkdir()
    old.touch(mode=0o644)
    assert save_credentials("http://127.0.0.1:1", "mce_secret") == old
    assert stat.S_IMODE(old.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["{", "[]", '"text"'])
def test_a_damaged_credentials_file_is_named(tmp_path: Path, content: str) -> None:
    saved = tmp_path / "mcp-engine" / "credentials.json"
    saved.parent.mkdir()
    saved.write_text(content)
    done = run(None, "status", XDG_CONFIG_HOME=str(tmp_path), MCP_ENGINE_API_KEY="", MCP_ENGINE_URL="")
    assert done.returncode == 2
    assert str(saved) in done.stderr


@pytest.mark.parametrize("arguments", [["status"], ["status", "--json"]])
def test_a_reader_that_goes_away_is_no_answer(server: Answers, arguments: list[str]) -> None:
    """`mcp-engine … | head -1` must not look like a failed check, nor a failed check like a passed one."""
    server.body = json.dumps({"engine": {f"name{number}": "x" * 60 for number in range(2000)}}).encode()
    environment = {**os.environ, "MCP_ENGINE_API_KEY": "mce_test", "MCP_ENGINE_URL": server.url}
    command = [sys.executable, "-m", "mcp_engine.cli.main", *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == ExitCode.READER_GONE
        assert process.stderr is not None
        assert process.stderr.read() == b""
