"""`export folder` and `import folder`: the same bytes, numbers, digests and pins after a round trip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from mcp_engine.access import Caller
from mcp_engine.audit.erasure import erase
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.database.engine import Database
from mcp_engine.evaluation.datasets.schemas import PushDataset
from mcp_engine.prompts.schemas import PushPrompt
from tests.commands import Commands
from tests.mcp_engine.exchange.conftest import COPY, Engine, outcomes, whys
from tests.mcp_engine.exchange.strategies import MESSAGES, SETTINGS, TEMPLATES_OF_ANY_TEXT

CHAT: dict[str, Any] = {
    "type": "chat",
    "messages": [
        {"role": "system", "content": "  Strict.\n\tAlways. \n"},
        {"role": "user", "content": "{{ q }}\r\nend "},
    ],
    "tools": [{"name": "look", "input_schema": {"type": "object", "properties": {"at": {"pattern": "\\d\r\n\u2028"}}}}],
    "output_schema": {"type": "object", "properties": {"yes": {"const": "yes"}, "2026-01-01": {"default": 1e22}}},
    "parameters": {"temperature": 0, "stop": ["\n\n", "---"]},
    "tags": ["a.b", "null"],
    "description": "Judges: 'x' # \u00e9\U0001f600",
}
TEMPLATES = [
    "",
    "\n",
    "---\na\n---\n",
    " lead",
    "trail \n\n",
    "tab\t\x0b\x85\u2028\ufeff\x00",
    "{% raw %}{{ x }}{% endraw %}",
]


def contents(folder: str) -> dict[str, bytes]:
    root = Path(folder)
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


async def test_a_round_trip_gives_the_same_bytes_numbers_and_digests(run: Commands, engine: Engine) -> None:
    for template in TEMPLATES:
        await engine.push("odd", template, "staging")
    body = PushPrompt.model_validate(
        {"name": "judge", "body": CHAT, "message": "Multi\nline: message\r\n", "labels": ["a.b"]}
    )
    await engine.prompts.push(engine.caller, "default", body)
    await run("export", "folder", "one")
    made = await run.json("import", "folder", "one", "-n", COPY)
    assert made["counts"] == {"made": len(TEMPLATES) + 1, "moved": 2}
    await run("export", "folder", "two", "-n", COPY)
    assert contents("one") == contents("two")
    for name in ("odd", "judge"):
        assert await engine.digests(name) == await engine.digests(name, COPY)
        assert await engine.labels(name) == await engine.labels(name, COPY)
    assert Path("one/prompts/odd/4.prompt").read_text().endswith("---\n lead\n")
    assert Path("one/prompts/odd/labels.yaml").read_text() == f"staging: {len(TEMPLATES)}\n"


def made_up(count: int) -> list[dict[str, Any]]:
    """Return bodies that hypothesis makes, the same at each run."""
    bodies: list[dict[str, Any]] = []

    @settings(max_examples=count, database=None, derandomize=True, phases=[Phase.generate])
    @given(TEMPLATES_OF_ANY_TEXT | MESSAGES, SETTINGS)
    def make(text: str | list[dict[str, str]], extra: dict[str, Any]) -> None:
        own = {"type": "text", "template": text} if isinstance(text, str) else {"type": "chat", "messages": text}
        bodies.append({**own, **extra})

    make()
    return bodies


@pytest.mark.slow
async def test_whatever_prompts_hold_comes_back_byte_by_byte(run: Commands, engine: Engine) -> None:
    for number, body in enumerate(made_up(60)):
        new = PushPrompt.model_validate({"name": f"p{number % 7}", "body": body, "message": f"{number}\u2028"})
        await engine.prompts.push(engine.caller, "default", new)
    await run("export", "folder", "one")
    assert (await run("import", "folder", "one", "-n", COPY)).exit_code == 0
    await run("export", "folder", "two", "-n", COPY)
    assert len(contents("one")) > 30
    assert contents("one") == contents("two")
    for number in range(7):
        assert await engine.digests(f"p{number}") == await engine.digests(f"p{number}", COPY)


async def test_a_second_import_changes_nothing(run: Commands, engine: Engine) -> None:
    await engine.push("greet", "Hi {{ name }}", "production")
    await run("export", "folder", "one")
    again = await run.json("import", "folder", "one")
    assert outcomes(again) == {"prompt greet/1": "there_already"}
    assert outcomes(await run.json("export", "folder", "one")) == {
        "prompts/greet/1.prompt": "there_already",
        "prompts/greet/labels.yaml": "there_already",
    }


async def test_what_is_included_comes_first_and_releases_pin_what_they_pinned(run: Commands, engine: Engine) -> None:
    await engine.push("tone", "Be kind.", "production")
    await engine.push(
        "a-letter", '{% include "tone@production" %} {% include "tone/1" %} Dear {{ name }}', "production"
    )
    await engine.push("tone", "Be firm.", "production")
    await engine.push("b-letter", '{% include "a-letter@production" %}!', "live")
    await run("export", "folder", "one")
    assert Path("one/prompts/a-letter/labels.yaml").read_text() == (
        "production:\n  version: 1\n  pins:\n    tone@production: 1\n"
    )
    report = await run.json("import", "folder", "one", "-n", COPY)
    assert report["counts"]["made"] == 4
    await run("export", "folder", "two", "-n", COPY)
    assert contents("one") == contents("two")
    letter = await engine.prompts.get(engine.caller, COPY, "a-letter", label="production")
    assert {one.reference: one.number for one in letter.includes} == {"tone@production": 1, "tone/1": 1}
    assert await engine.labels("tone", COPY) == {"production": 2}
    again = await run.json("import", "folder", "one", "-n", COPY)
    assert set(outcomes(again).values()) == {"there_already"}


async def test_datasets_travel_without_their_sealed_rows(run: Commands, engine: Engine) -> None:
    rows = [
        {"inputs": {"q": f"é\u2028{number}", "n": 1.5}, "expected": [number], "metadata": {"by": "Ada"}, "split": split}
        for number, split in enumerate(["open", "open", "dev", "sealed"])
    ]
    for kept in (rows[:3], rows):
        new = PushDataset.model_validate(
            {"name": "sums", "rows": kept, "message": "m", "tags": ["t"], "description": "d", "labels": ["current"]}
        )
        await engine.datasets.push(engine.caller, "default", new)
    report = await run.json("export", "folder", "one")
    assert whys(report, "left_out") == {"sums/2": "1 rows of the sealed split, which only gates read."}
    lines = Path("one/datasets/sums/1.jsonl").read_text("utf-8").split("\n")
    assert json.loads(lines[0]) == {**rows[2], "split": "dev"}
    assert "left_out:\n  sealed: 1\n" in Path("one/datasets/sums/2.yaml").read_text()
    back = await run.json("import", "folder", "one", "-n", COPY)
    assert whys(back, "left_out") == {"sums/2": "Rows that are not in the folder: 1 of sealed."}
    first = await engine.datasets.get(engine.caller, "default", "sums", version=1)
    copy = await engine.datasets.get(engine.caller, COPY, "sums", version=1)
    assert (copy.digest, copy.message, copy.labels) == (first.digest, "m", ["current", "latest"])


async def test_what_was_erased_is_said_and_does_not_leave(
    run: Commands, engine: Engine, database: Database, caller: Caller
) -> None:
    for number in (1, 2, 3):
        await engine.push("greet", f"Hi {number}")
    second = await engine.prompts.get(caller, "default", "greet", version=2)
    async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        await erase(work, "artifact_content", {"version_id": str(second.version_id)}, "a person asked")
    new = PushDataset.model_validate({"name": "sums", "rows": [{"inputs": {"q": str(number)}} for number in (1, 2)]})
    await engine.datasets.push(caller, "default", new)
    rows = await engine.datasets.rows(caller, "default", "sums", "open", limit=1, cursor=None)
    await engine.datasets.erase_row(caller, "default", "sums", rows.items[0].digest, "a person asked")
    left = whys(await run.json("export", "folder", "one"), "left_out")
    assert "was erased" in left["greet/2"]
    assert left["sums/1"] == "1 rows of 'open', whose content was erased."
    assert sorted(path.name for path in Path("one/prompts/greet").iterdir()) == ["1.prompt", "3.prompt"]
    back = await run.json("import", "folder", "one", "-n", COPY)
    assert whys(back, "changed") == {"greet/3": "It is version 2 here."}


async def test_rows_that_are_wrong_are_faults_before_anything_is_pushed(run: Commands, engine: Engine) -> None:
    write("good/1.prompt", "---\nname: good\n---\nfine")
    for name, lines, tag in (("a", '{"inputs": {}}\n', "x"), ("b", '{"inputs": {"q": 1}}\n', "")):
        folder = Path("here/datasets", name)
        folder.mkdir(parents=True)
        (folder / "1.yaml").write_text(f"name: {name}\ntags: ['{tag}']\n")
        (folder / "1.jsonl").write_text(lines)
    result = await run("import", "folder", "here", "--json")
    faults = whys(json.loads(result.stdout), "fault")
    assert "datasets/a/1.jsonl: Line 1 has no inputs" in faults["a/1"]
    assert "tags.0" in faults["b/1"]
    assert whys(await run.json("import", "folder", "here", "--dry-run", "--skip-faulty"), "made") == {
        "prompt good/1": ""
    }


async def test_a_namespace_that_is_not_there_is_said_before_anything(run: Commands, engine: Engine) -> None:
    write("good/1.prompt", "---\nname: good\n---\nfine")
    result = await run("import", "folder", "here", "-n", "nowhere")
    assert isinstance(result.exception, CommandFailed)
    assert "nowhere" in result.exception.message
    assert result.stdout == ""


async def test_a_dry_run_shows_the_same_and_makes_nothing(run: Commands, engine: Engine) -> None:
    await engine.push("greet", "Hi {{ name }}", "production")
    assert outcomes(await run.json("export", "folder", "one", "--dry-run"))["prompts/greet/1.prompt"] == "made"
    assert not Path("one").exists()
    await run("export", "folder", "one")
    planned = await run.json("import", "folder", "one", "-n", COPY, "--dry-run")
    assert planned["dry_run"]
    shown = (await run("import", "folder", "one", "-n", COPY, "--dry-run")).stdout
    assert "dry run: nothing was written" in shown
    assert (await run.json("import", "folder", "one", "-n", COPY))["items"] == planned["items"]


async def test_faults_are_named_with_their_place_and_nothing_is_imported(run: Commands, engine: Engine) -> None:
    write("good/1.prompt", "---\nname: good\n---\nfine")
    write("bad/1.prompt", "---\nname: bad\n---\nfine\n{{ a +")
    write("far/1.prompt", '---\nname: far\n---\n{% include "nobody@production" %}')
    write("near/1.prompt", '---\nname: near\n---\n{% include "bad/1" %}')
    write("odd/one.prompt", "x")
    result = await run("import", "folder", "here", "--json")
    report = json.loads(result.stdout)
    faults = whys(report, "fault")
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code == ExitCode.REFUSED
    assert "line 5 of the file" in faults["bad/1"]
    assert "odd/one.prompt is no version" in faults["odd"]
    skipped = await run.json("import", "folder", "here", "--skip-faulty")
    left = whys(skipped, "left_out")
    assert left["far/1"].startswith("It includes nobody@production")
    assert left["near/1"].startswith("It includes bad/1")
    assert [what for what, outcome in outcomes(skipped).items() if outcome == "made"] == ["prompt good/1"]


async def test_numbers_that_are_others_here_are_said_and_never_mixed_up(run: Commands, engine: Engine) -> None:
    await engine.push("tone", "Be old.", namespace=COPY)
    await engine.push("tone", "Be kind.", "production")
    await run("export", "folder", "one")
    report = await run.json("import", "folder", "one", "-n", COPY)
    assert whys(report, "changed") == {"tone/1": "It is version 2 here."}
    assert await engine.labels("tone", COPY) == {"production": 2}
    await engine.push("letter", '{% include "tone/1" %}')
    await run("export", "folder", "two")
    result = await run("import", "folder", "two", "-n", COPY, "--json")
    assert "includes tone/1, which is version 2 here" in whys(json.loads(result.stdout), "fault")["letter/1"]


async def test_a_server_that_fails_midway_leaves_a_list_and_a_second_run_goes_on(
    run: Commands, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mcp_engine.errors import TryLater

    for number in range(4):
        await engine.push("greet", f"Hi {number}")
    await run("export", "folder", "one")
    real, calls = engine.prompts.push, []

    async def push(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 3:
            raise TryLater("database.busy", "Busy.", retry_after_seconds=1)
        return await real(*arguments)

    monkeypatch.setattr(engine.prompts, "push", push)
    result = await run("import", "folder", "one", "-n", COPY)
    assert isinstance(result.exception, CommandFailed)
    assert result.exception.exit_code == ExitCode.UNAVAILABLE
    assert "goes on from there" in result.exception.message
    assert "2 made" in result.stdout
    assert (await run.json("import", "folder", "one", "-n", COPY))["counts"] == {"there_already": 2, "made": 2}
    assert await engine.digests("greet") == await engine.digests("greet", COPY)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("import", "folder", "nowhere"), ExitCode.REFUSED, "is no exported folder"),
        (("export", "folder", "x", "--prompt", "nobody"), ExitCode.REFUSED, "No prompt is named 'nobody'"),
        (("export", "folder", "taken"), ExitCode.REFUSED, "versions never change"),
    ],
)
async def test_what_cannot_be_done_says_why(
    run: Commands, engine: Engine, arguments: tuple[str, ...], code: ExitCode, says: str
) -> None:
    await engine.push("greet", "Hi")
    write("greet/1.prompt", "another", "taken")
    result = await run(*arguments)
    assert isinstance(result.exception, CommandFailed), result.output
    assert result.exception.exit_code == code
    assert says in result.exception.message


def write(path: str, text: str, folder: str = "here") -> None:
    file = Path(folder, "prompts", path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
