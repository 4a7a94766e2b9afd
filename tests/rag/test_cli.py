"""`mcp-engine docs` and `mcp-engine ask` against the real routes, on a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from rag.component import component
from tests.commands import Commands, listening
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE
from tests.rag.pictures import picture, scanned_pdf

QUEUED = text("SELECT version_id FROM document_indexing WHERE state = 'queued'")


@pytest_asyncio.fixture(loop_scope="session")
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with listening(app) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def worker(workspace: Workspace, caller: Caller) -> AsyncIterator[None]:
    """Index what is queued, as a worker does."""

    async def work() -> None:
        while True:
            async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as unit:
                queued = (await unit.session.execute(QUEUED)).scalars().all()
            for version_id in queued:
                await asyncio.gather(workspace.index(caller, version_id), return_exceptions=True)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(work())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def run(url: str, worker: None, monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = CommandGroup("Test.", name="mcp-engine")
    for name, group in component.commands().items():
        commands.add_group(name, group)
    return Commands(commands, url, monkeypatch, key="key")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "sub").mkdir(parents=True)
    (tmp_path / "docs" / ".hidden").mkdir()
    (tmp_path / "docs" / "lighthouse.md").write_text(LIGHTHOUSE)
    (tmp_path / "docs" / "sub" / "bakery.md").write_text(BAKERY)
    (tmp_path / "docs" / ".hidden" / "secret.md").write_text("Hidden.")
    (tmp_path / "docs" / "sub" / "oven.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path / "docs"


async def test_add_list_search_ask_remove(run: Commands, folder: Path) -> None:
    added = await run("docs", "add", str(folder), "-c", "guide", "--json")
    assert added.exit_code == 0
    rows = json.loads(added.stdout)["items"]
    assert [(row["name"], row["outcome"], row["state"]) for row in rows] == [
        ("lighthouse.md", "added", "indexed"),
        ("sub/bakery.md", "added", "indexed"),
    ]
    again = json.loads((await run("docs", "add", str(folder), "-c", "guide", "--json")).stdout)["items"]
    assert {row["outcome"] for row in again} == {"unchanged"}
    assert "guide" in (await run("docs", "list")).stdout
    listed = await run("docs", "list", "-c", "guide")
    assert "sub/bakery.md" in listed.stdout
    assert "indexed" in listed.stdout
    found = await run("docs", "search", "rye bread", "-c", "guide")
    assert "sub/bakery.md v1" in found.stdout
    asked = await run("ask", "Who built the lighthouse of Karsund?", "-c", "guide")
    assert "Ingrid Solberg" in asked.stdout
    assert "[1] lighthouse.md v1" in asked.stdout
    streamed = await run("ask", "Who built the lighthouse of Karsund?", "-c", "guide", "--stream", "--json")
    assert json.loads(streamed.stdout.splitlines()[0])["event"] == "retrieval"
    refused = await run("ask", "What is the capital of Mongolia?", "-c", "guide", "--stream")
    assert refused.stdout.startswith("No answer.")
    assert (await run("docs", "remove", "sub/bakery.md", "-c", "guide")).exit_code == 0
    assert "bakery" not in (await run("docs", "list", "-c", "guide")).stdout


@pytest.mark.skipif(find_spec("rapidocr") is not None, reason="with the extra `ocr` every page is read")
async def test_the_list_says_which_documents_have_pages_that_nothing_could_read(run: Commands, tmp_path: Path) -> None:
    (tmp_path / "mixed.pdf").write_bytes(scanned_pdf("The text layer.", picture(), picture()))
    assert (await run("docs", "add", str(tmp_path / "mixed.pdf"), "-c", "scans")).exit_code == 0
    (row,) = json.loads((await run("docs", "list", "-c", "scans", "--json")).stdout)["items"]
    assert (row["state"], row["unread_pages"]) == ("indexed", 2)
    assert row["problem"].startswith("2 pages hold no text: with the extra `ocr`")


async def test_beside_a_refusal_passages_are_shown_by_their_beginning(run: Commands, tmp_path: Path) -> None:
    long = tmp_path / "long.txt"
    long.write_text("Rye bread is baked on Monday. " * 40)
    assert (await run("docs", "add", str(long), "-c", "guide")).exit_code == 0
    refused = (await run("ask", "What is the capital of Mongolia?", "-c", "guide")).stdout
    assert "The nearest passages begin" in refused
    assert refused.count("Rye bread") <= 3 * 300 // 30
    assert " …" in refused


async def test_why_shows_the_stages_and_marks_the_one_that_dropped(run: Commands, folder: Path) -> None:
    await run("docs", "add", str(folder), "-c", "guide")
    question = ("why", "Who built the lighthouse of Karsund?", "-c", "guide", "--document", "lighthouse.md")
    cited = await run(*question, "--text", "built in 1874")
    assert "lighthouse.md v1" in cited.stdout
    assert "Cited: [1]." in cited.stdout
    assert "dropped" not in cited.stdout
    dropped = await run(*question, "--text", "supplies came by sledge")
    [line] = [line for line in dropped.stdout.splitlines() if "dropped here" in line]
    assert line.startswith("sentences")
    assert "below floor" in dropped.stdout
    filtered = json.loads((await run(*question, "--among", "*.pdf", "--json")).stdout)
    assert (filtered["dropped_at"], filtered["stages"][0]["failed"]) == ("filters", ["documents"])
    unknown = await run("why", "Who?", "-c", "guide", "--document", "nothing.md")
    assert isinstance(unknown.exception, CommandFailed)
    assert unknown.exception.exit_code is ExitCode.REFUSED


async def test_questions_and_searches_are_narrowed(run: Commands, folder: Path) -> None:
    await run("docs", "add", str(folder), "-c", "guide")
    found = await run("docs", "search", "lighthouse", "-c", "guide", "--document", "sub/*", "--type", "text/*")
    assert "bakery.md" in found.stdout
    assert "lighthouse.md" not in found.stdout
    question = "Who built the lighthouse of Karsund?"
    narrowed = await run("ask", question, "-c", "guide", "--until", "2000-01-01")
    assert "No indexed document passes the filters." in narrowed.stdout
    open_ended = await run("ask", question, "-c", "guide", "--since", "2000-01-01", "--document", "light*")
    assert "Ingrid Solberg" in open_ended.stdout
    wrong = await run("ask", question, "-c", "guide", "--since", "soon")
    assert isinstance(wrong.exception, CommandFailed)
    assert "YYYY-MM-DD" in wrong.exception.message


async def test_documents_are_found_by_their_metadata(run: Commands, folder: Path) -> None:
    (light, bread) = (folder / "lighthouse.md", folder / "sub" / "bakery.md")
    await run("docs", "add", str(light), "-c", "guide", "--metadata", "team=ops", "--metadata", "year=1874")
    added = await run.json("docs", "add", str(bread), "-c", "guide", "--metadata", 'year="1874"')
    assert added["items"][0]["metadata"] == {"year": "1874"}
    for where, names in (
        (["team=ops"], {"lighthouse.md"}),
        (["team=dev", "team=ops"], {"lighthouse.md"}),
        (["year>=1870", "year<=1880"], {"lighthouse.md"}),
        (["year>=187x"], set[str]()),
        (['year="1874"'], {"bakery.md"}),
        (["team=ops", 'year="1874"'], set[str]()),
    ):
        options = [part for one in where for part in ("--where", one)]
        found = await run.json("docs", "search", "the lighthouse", "-c", "guide", *options)
        assert {one["version"]["document"] for one in found["items"]} == names
    question = ("Who built the lighthouse of Karsund?", "-c", "guide", "--where", "year<=1870")
    assert "No indexed document passes the filters." in (await run("ask", *question)).stdout
    why = await run.json("why", *question, "--document", "lighthouse.md")
    assert "its metadata does not say that year is at most 1870" in why["stages"][0]["note"]
    wrong = await run("ask", *question[:3], "--where", "a b=c")
    assert isinstance(wrong.exception, CommandFailed)
    assert "a key has 1 to 64 letters" in wrong.exception.message


async def test_source_code_is_no_film_where_the_system_says_so(
    run: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gate.ts").write_text("export function open() {}\n")
    (tmp_path / "gate.mov").write_bytes(b"\0\0\0 ftypqt")
    monkeypatch.setattr("mimetypes.guess_type", lambda name: ("video/mp2t", None))
    added = await run("docs", "add", str(tmp_path), "-c", "films", "--no-wait", "--json")
    assert [row["name"] for row in json.loads(added.stdout)["items"]] == ["gate.ts"]


async def test_one_bad_file_does_not_stop_the_others(run: Commands, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"MZ\x90\x00 not a document")
    (folder / "empty.txt").write_bytes(b"")
    result = await run("docs", "add", str(folder), "-c", "mixed", "--json")
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code is ExitCode.FAILED
    states = {row["name"]: row["state"] for row in json.loads(result.stdout)["items"]}
    assert states == {
        "broken.pdf": "failed",
        "empty.txt": "failed",
        "lighthouse.md": "indexed",
        "sub/bakery.md": "indexed",
    }


async def test_a_wrong_path_or_document_is_said(run: Commands, tmp_path: Path, folder: Path) -> None:
    nowhere = await run("docs", "add", str(tmp_path / "nowhere"))
    assert isinstance(nowhere.exception, CommandFailed)
    assert nowhere.exception.exit_code is ExitCode.USAGE
    await run("docs", "add", str(folder / "lighthouse.md"), "-c", "guide")
    unknown = await run("docs", "remove", "nothing.md", "-c", "guide")
    assert isinstance(unknown.exception, CommandFailed)
    assert unknown.exception.exit_code is ExitCode.REFUSED
