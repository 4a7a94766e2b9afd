"""Both clients against a real engine: its model, its workers, its death."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from langchain_core.output_parsers import StrOutputParser

from mcp_engine_client import AsyncClient, Client, DocumentProgress, errors
from mcp_engine_client.langchain import EngineRetriever, GovernedPrompt
from tests.end_to_end.blocks import CHECKOUT, run_blocks, sh_blocks
from tests.end_to_end.instance import EngineProcess
from tests.sdk.conftest import until

LIGHTHOUSE = b"The lighthouse of Karsund was built in 1791 by Ingrid Solberg. Its lamp burned whale oil.\n"
QUESTION = "Who built the lighthouse of Karsund?"


@pytest.fixture(scope="module")
def client(engine: EngineProcess) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(engine.credentials.parent.parent))
        patch.delenv("MCP_ENGINE_URL", raising=False)
        patch.delenv("MCP_ENGINE_API_KEY", raising=False)
        client = Client()
    push(client, "say", SAY)
    client.add_documents({"lighthouse.txt": LIGHTHOUSE}, collection="sea")
    with client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def async_client(client: Client) -> AsyncIterator[AsyncClient]:
    known = client._core.credentials
    async with AsyncClient(known.url, known.api_key) as async_client:
        yield async_client


def push(client: Client, name: str, body: dict[str, Any]) -> None:
    """Push a version by hand and release it: the client only uses what is governed."""
    known = client._core.credentials
    pushed = httpx.post(
        f"{known.url}/api/v1/prompts",
        json={"name": name, "body": body, "message": "test", "labels": ["production"]},
        headers={"Authorization": f"Bearer {known.api_key}"},
        timeout=60,
    )
    assert pushed.is_success, pushed.text


SAY = {"template": "Say {{ word }}.", "parameters": {"max_tokens": 8}}
CHAT = {
    "type": "chat",
    "messages": [
        {
            "role": "system",
            "content": "You are {{ who|default('terse') }}."
            "{% for rule in rules %} {{ loop.index }}. {{ rule }}{% endfor %}",
        },
        {"role": "user", "content": "{{ question }}"},
    ],
    "variables": {
        "type": "object",
        "properties": {
            "who": {"type": ["string", "null"]},
            "question": {"type": "string", "maxLength": 20},
            "rules": {"type": "array", "default": ["Be brief"]},
        },
        "required": ["question"],
    },
}
REFERRING = {
    "template": "X: {{ x }}",
    "variables": {
        "type": "object",
        "properties": {"x": {"$ref": "#/$defs/short"}},
        "$defs": {"short": {"type": "string", "maxLength": 2}},
    },
}


def test_a_prompt_compiles_as_the_server_renders_it(client: Client) -> None:
    push(client, "chat", CHAT)
    prompt = client.get_prompt("prompts:/chat@production")
    assert (prompt.version, len(prompt.digest or ""), len(prompt.lock_digest or "")) == (1, 64, 64)
    for variables in ({"question": "Why?"}, {"question": "Why?", "who": "kind", "rules": ["a", "b"]}):
        rendered = client.render("chat", variables, label="production")
        assert prompt.compile(**variables) == [message.model_dump() for message in rendered]
    for wrong in ({}, {"question": 3}, {"question": "Why?", "x": 1}, {"question": "y" * 21}):
        with pytest.raises(errors.InvalidInput) as here:
            prompt.compile(**wrong)
        with pytest.raises(errors.InvalidInput) as there:
            client.render("chat", wrong, label="production")
        assert (type(here.value), here.value.code) == (type(there.value), there.value.code)


def test_a_prompt_with_what_it_includes_compiles_as_the_server_renders_it(client: Client) -> None:
    push(client, "end", {"template": " ({{ loops|length }} rules)"})
    push(client, "tone", {"template": "{% frozen %}Be {{ mood }}.{% endfrozen %}{% include 'end@production' %}"})
    push(
        client,
        "composed",
        {"template": "{% for rule in loops %}{{ rule }}. {% endfor %}{% include 'tone@production' %}"},
    )
    prompt = client.get_prompt("composed", label="production")
    assert set(prompt.variables["properties"]) == {"loops", "mood"}
    given = {"loops": ["One", "Two"], "mood": "kind"}
    assert prompt.compile(**given) == "One. Two. Be kind. (2 rules)"
    assert [message.content for message in client.render("composed", given, label="production")] == [
        prompt.compile(**given)
    ]
    with pytest.raises(errors.VariableMissing, match="mood"):
        prompt.compile(loops=[])


def test_what_only_the_server_can_check_is_rendered_there(client: Client) -> None:
    push(client, "referring", REFERRING)
    prompt = client.get_prompt("referring")
    assert prompt.compile(x="ab") == "X: ab"
    with pytest.raises(errors.VariableInvalid):
        prompt.compile(x="abc")


def test_a_run_and_its_repeat(client: Client) -> None:
    first = client.run("say", {"word": "hello"}, label="production", idempotency_key="run-1")
    assert client.run("say", {"word": "hello"}, label="production", idempotency_key="run-1") == first
    with pytest.raises(errors.InvalidInput) as refused:
        client.run("say", {"word": "bye"}, label="production", idempotency_key="run-1")
    assert refused.value.code == "idempotency.other_request"
    detail = client.execution(first.execution_id)
    assert (detail.output.value, detail.artifact and detail.artifact.lock_digest) == (first.output, first.lock_digest)
    given = client.feedback("helpful", True, execution_id=first.execution_id, comment="Quick.")
    assert [one.id for one in client.feedback_entries(execution_id=first.execution_id)] == [given.id]


def test_a_stream_that_is_left_cancels_its_run(client: Client) -> None:
    stream = client.stream("say", {"word": "hello"}, parameters={"max_tokens": 200})
    for _ in stream:
        break
    run = next(client.executions(kind="prompt_run"))
    until(lambda: client.execution(run.id).status == "cancelled")
    whole = client.stream("say", {"word": "hello"})
    assert "".join(whole) == whole.result.output


def test_documents_report_their_progress_and_failures(client: Client, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "one.md").write_text("# Buoys\n\nThe red buoy lies at depth nine.\n")
    (tmp_path / ".hidden").write_text("no")
    (tmp_path / "notes" / "buoy.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    seen: list[DocumentProgress] = []
    added = client.add_documents(tmp_path, collection="notes", progress=seen.append)
    assert [(one.document.name, one.document.latest.state) for one in added] == [("notes/one.md", "indexed")]
    assert [seen[0].state, seen[-1].state, seen[-1].finished_documents] == ["sending", "indexed", 1]
    assert client.add_documents([tmp_path], collection="notes", wait=False)[0].outcome == "unchanged"
    with pytest.raises(errors.IndexingFailed) as failed:
        client.add_documents([("broken.pdf", b"%PDF-1.7 nonsense"), ("good.txt", b"Fine.")], collection="notes")
    assert list(failed.value.failures) == ["broken.pdf"]
    assert "good.txt" in {document.name for document in client.documents("notes", page_size=1)}


def test_documents_are_for_some_alone(client: Client) -> None:
    plan = {"plan.txt": b"The plan is kept in the lantern."}
    [added] = client.add_documents(plan, collection="notes", readers={"principals": ["owner"]}, wait=False)
    assert added.document.restricted
    with pytest.raises(errors.NotFound):
        client.add_documents({"other.txt": b"Another."}, collection="notes", readers={"groups": ["nobody"]})


def test_documents_are_found_by_their_metadata(client: Client) -> None:
    said = {"team": "ops", "year": 1874, "draft": False}
    plan = {"described.txt": b"The lighthouse keeper plans the winter stores."}
    [added] = client.add_documents(plan, collection="described", metadata=said)
    assert added.document.metadata == said
    for year, names in ((1874, ["described.txt"]), (1875, list[str]())):
        filters = {"metadata": [{"key": "year", "at_least": year}]}
        found = client.search("winter stores", collection="described", filters=filters)
        assert [one.version.document for one in found] == names


def test_an_answer_is_cited_and_streams(client: Client) -> None:
    answer = client.ask(QUESTION, collection="sea")
    assert not answer.refused
    assert answer.citations[0].cited_text in answer.text
    stream = client.ask_stream(QUESTION, collection="sea")
    assert "".join(stream) == answer.text == stream.result.text
    assert (stream.citations, stream.passages) == (answer.citations, answer.passages)
    assert client.search("whale oil", collection="sea", limit=1)[0].version.document == "lighthouse.txt"


def test_filters_say_which_documents_are_asked(client: Client) -> None:
    assert not client.ask(QUESTION, collection="sea", filters={"documents": ["light*"]}).refused
    nothing = client.ask(QUESTION, collection="sea", filters={"documents": ["*.pdf"], "since": "2026-01-01"})
    assert (nothing.refused, nothing.reason_code, nothing.passages) == (True, "filtered", [])
    assert "".join(client.ask_stream(QUESTION, collection="sea", filters={"media_types": ["image/*"]})) == ""
    assert client.search("whale oil", collection="sea", filters={"until": "2000-01-01"}) == []
    with pytest.raises(errors.EngineError):
        client.search("whale oil", collection="sea", filters={"names": ["*"]})


def test_lists_are_paged(client: Client) -> None:
    assert {"say"} <= {prompt.name for prompt in client.prompts(page_size=1)}
    assert [version.number for version in client.prompt_versions("say")] == [1]
    ids = [entry.id for entry in client.audit_entries(page_size=3)]
    assert len(ids) > 3
    assert len(set(ids)) == len(ids)


async def test_the_same_on_an_event_loop(async_client: AsyncClient, tmp_path: Path) -> None:
    prompt = await async_client.get_prompt("say", label="production")
    assert prompt.compile(word="hello") == "Say hello."
    run = await async_client.run("say", {"word": "hello"})
    stream = async_client.stream("say", {"word": "hello"})
    assert "".join([text async for text in stream]) == stream.result.output == run.output
    (tmp_path / "buoy.txt").write_text("The green buoy lies at depth four.")
    added = await async_client.add_documents(tmp_path / "buoy.txt", collection="loop")
    assert added[0].document.latest.state == "indexed"
    answer = async_client.ask_stream(QUESTION, collection="sea")
    async with answer:
        async for _ in answer:
            break
    assert answer.citations[0].version.document == "lighthouse.txt"
    assert (await async_client.feedback("stars", 4, session_id="s-1")).value == 4
    assert [one.value async for one in async_client.feedback_entries(session_id="s-1")] == [4]


def test_a_governed_prompt_is_a_step_of_a_chain(client: Client) -> None:
    step = GovernedPrompt("say", label="production", client=client)
    message = step.invoke({"word": "hello"})
    assert message.usage_metadata is not None
    execution = client.execution(message.response_metadata["execution_id"])
    assert execution.output.value == message.content
    chunks: Any = list(step.stream({"word": "hello"}))
    assert len(chunks) > 2
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.content == message.content
    assert whole.response_metadata["lock_digest"] == message.response_metadata["lock_digest"]
    assert (step | StrOutputParser()).invoke({"word": "hello"}) == message.content
    documents = EngineRetriever(collection="sea", limit=1, client=client).invoke("whale oil")
    assert documents[0].metadata["source"] == "lighthouse.txt"


async def test_a_chain_may_run_on_an_event_loop(client: Client, async_client: AsyncClient) -> None:
    for step in (GovernedPrompt("say", async_client=async_client), GovernedPrompt("say", client=client)):
        message = await step.ainvoke({"word": "hello"})
        pieces = [chunk.content async for chunk in step.astream({"word": "hello"})]
        assert "".join(map(str, pieces)) == message.content
    retriever = EngineRetriever(collection="sea", async_client=async_client)
    assert (await retriever.ainvoke("whale oil"))[0].metadata["source"] == "lighthouse.txt"
    with pytest.raises(errors.InvalidInput, match="needs a `Client`"):
        GovernedPrompt("say").invoke({"word": "hello"})


def test_the_page_runs_as_written(client: Client, engine: EngineProcess, tmp_path: Path) -> None:
    page = CHECKOUT / "docs" / "sdk.md"
    run_blocks(sh_blocks(page), engine, tmp_path)
    program = "\n".join(re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=engine.environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Greet Ada in one short sentence. 1 " in done.stdout
    assert "Ingrid Solberg. [1]" in done.stdout
    assert "('demonstration', 'Good morning, Ada!'), ('helpful', True)" in done.stdout


@pytest.mark.slow
def test_a_server_that_is_killed_takes_nobody_down(client: Client, engine: EngineProcess) -> None:
    known = client.get_prompt("say", label="production")
    engine.kill()
    assert client.get_prompt("say", label="production", cache_ttl_seconds=1e-9) is known
    assert client.get_prompt("unknown", fallback="Hi {{ x }}").compile(x="you") == "Hi you"
    with pytest.raises(errors.Unreachable):
        client.run("say", {"word": "hello"})
    engine.start()
    push(client, "say", {**SAY, "template": "Shout {{ word }}."})
    until(lambda: client.get_prompt("say", label="production", cache_ttl_seconds=1e-9).version == 2, seconds=60)
