"""Configurations of promptfoo: prompts and rows read, written, and refused with their place."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.cli.failures import CommandFailed
from mcp_engine.errors import InvalidInput
from mcp_engine.evaluation.datasets.schemas import PushDataset
from mcp_engine.exchange.datasets import dataset_digest
from mcp_engine.exchange.parcel import Parcel, ParcelVersion
from mcp_engine.exchange.planning import make_plan, prepare
from mcp_engine.exchange.promptfoo.assertions import expected_of, from_text
from mcp_engine.exchange.promptfoo.cases import CaseReader
from mcp_engine.exchange.promptfoo.reading import read_config
from mcp_engine.exchange.promptfoo.sources import Sources, yaml_value
from mcp_engine.exchange.promptfoo.writing import config_text
from tests.commands import Commands
from tests.mcp_engine.exchange.conftest import Engine, outcomes, whys

CONFIG = """\
description: Capitals
prompts:
  - "What is the capital of {{country}}?"
  - file://prompts/two.txt
  - id: file://prompts/chat.json
    label: The Chat
  - raw: |
      {% if short %}Short: {% endif %}{{ country }}
    label: short
  - file://prompts/chat.yaml
providers: [openai:gpt-4o]
assertionTemplates:
  polite: {type: llm-rubric, value: is polite}
defaultTest:
  vars: {short: yes}
  assert: [{type: latency, threshold: 100}]
  options: {prefix: ">"}
tests:
  - description: France
    vars: {country: France}
    assert:
      - {type: equals, value: Paris}
      - {$ref: "#/assertionTemplates/polite"}
  - vars: {country: [Peru, Chad], short: "{% raw %}{{ x }}{% endraw %}"}
    assert: [{type: icontains-any, value: [Lima, N'Djamena]}]
    metadata: {level: 3}
  - file://tests/*.csv
  - vars: file://tests/vars.yaml
    options: {disableDefaultAsserts: true, disableVarExpansion: true}
scenarios:
  - config: [{vars: {country: Mali}}, {vars: {country: Niger}}]
    tests: [{assert: [{type: contains, value: file://tests/answer.txt}]}]
"""
FILES = {
    "promptfooconfig.yaml": CONFIG,
    "prompts/two.txt": "First {{ country }}\n---\n\nSecond {{ country }}\n",
    "prompts/chat.json": '[{"role": "developer", "content": "Be short."}, {"role": "user", "content": "{{country}}?"}]',
    "prompts/chat.yaml": "- {role: system, content: No.}\n- {role: user, content: '{{ country }}', name: x}\n",
    "tests/more.csv": (
        "country,__expected,__expected2,__description,__metadata:tags[],__config:__expected2:threshold\n"
        '"Cuba","Havana","similar(0.5):Havana","island","a, b","0.7"\n'
    ),
    "tests/vars.yaml": "country: [Laos, Oman]\n",
    "tests/answer.txt": "Bamako",
}

SECTIONS = ["prompts", "tests", "defaultTest", "scenarios", "assertionTemplates", "description"]
MEMBERS = [
    "vars", "assert", "type", "value", "options", "metadata", "config", "tests", "raw", "id", "label", "$ref", "role",
    "content", "threshold", "description", "disableVarExpansion",
]  # fmt: skip


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder / "promptfooconfig.yaml"


def rows(parcel: Parcel) -> list[dict[str, Any]]:
    return [json.loads(line) for line in parcel.datasets[0].lines.decode().splitlines()]


def test_prompts_of_every_form_are_read(tmp_path: Path) -> None:
    parcel = read_config(write(tmp_path, FILES))
    bodies = {prompt.name: dict(prompt.versions[0].body) for prompt in parcel.prompts}
    assert bodies["promptfooconfig-1"] == {"type": "text", "template": "What is the capital of {{country}}?"}
    assert (bodies["two-1"]["template"], bodies["two-2"]["template"]) == ("First {{ country }}", "Second {{ country }}")
    assert bodies["The-Chat"]["messages"][0] == {"role": "system", "content": "Be short."}
    assert bodies["chat"]["messages"][1] == {"role": "user", "content": "{{ country }}"}
    second = next(prompt.versions[0] for prompt in parcel.prompts if prompt.name == "two-2")
    assert second.lines_above == 3
    told = {(remark.subject, remark.outcome): remark.why for remark in parcel.remarks}
    assert "providers" in told["promptfooconfig.yaml", "left_out"]
    assert told["chat/1", "left_out"] == "Of message 2: name."
    assert told["The-Chat/1", "changed"] == "The role 'developer' is 'system' here."


def test_tests_become_rows_with_defaults_scenarios_and_tables(tmp_path: Path) -> None:
    found = rows(read_config(write(tmp_path, FILES)))
    by_country = {json.dumps(row["inputs"]["country"]).strip('"'): row for row in found}
    assert len(found) == 7
    latency = {"type": "latency", "threshold": 100}
    assert by_country["France"] == {
        "inputs": {"country": "France", "short": "yes"},
        "expected": "Paris",
        "metadata": {
            "promptfoo": {
                "assert": [latency, {"type": "equals", "value": "Paris"}, {"type": "llm-rubric", "value": "is polite"}],
                "description": "France",
                "options": {"prefix": ">"},
            }
        },
    }
    assert by_country["Chad"]["expected"] == ["Lima", "N'Djamena"]
    assert by_country["Chad"]["inputs"]["short"] == "{{ x }}"
    assert by_country["Chad"]["metadata"]["level"] == 3
    cuba = by_country["Cuba"]
    assert (cuba["expected"], cuba["metadata"]["tags"]) == ("Havana", ["a", "b"])
    assert cuba["metadata"]["promptfoo"]["assert"][2] == {"type": "similar", "value": "Havana", "threshold": 0.7}
    assert by_country['["Laos", "Oman"]']["expected"] is None
    assert by_country["Mali"]["expected"] == by_country["Niger"]["expected"] == "Bamako"


@pytest.mark.parametrize(
    ("config", "files", "says"),
    [
        ("prompts: [file://gone.txt]", {}, "prompts[0]: there is no file 'file://gone.txt'"),
        ("prompts: [file://../secret.txt]", {}, "lies outside of"),
        ("prompts: [file://make.py]", {"make.py": "x"}, "make.py: it is code, which an import never runs"),
        ("prompts: ['langfuse://x']", {}, "langfuse prompts are not in this file"),
        ("prompts: [{}]", {}, "prompts[0]: a prompt is a text"),
        ('prompts: [\'[{"role": "tool", "content": "x"}]\']', {}, "the role 'tool'"),
        ('prompts: [\'[{"role": "user", "content": [1]}]\']', {}, "message 1 is not text alone"),
        ("tests: ['huggingface://x']", {}, "not on this machine"),
        ("tests: [file://t.csv]", {"t.csv": "a,b\n1\n"}, "t.csv, line 2: 1 cells stand under 2 columns"),
        ("tests: [file://t.csv]", {"t.csv": "a,a\n1,2\n"}, "a name of its own"),
        ("tests: [file://t.csv]", {"t.csv": "a,__threshold\n1,x\n"}, "t.csv, record 1, __threshold: 'x' is no number"),
        ("tests: [file://t.yaml]", {"t.yaml": "a: b: c"}, "t.yaml: no YAML at line 1, column 5"),
        ("tests: [file://t.json]", {"t.json": "{"}, "t.json: no JSON at line 1"),
        ("tests: [{vars: 3}]", {}, "tests[0], vars: an object must stand here"),
        ("tests: [{assert: 3}]", {}, "`assert` must be a list"),
        ("tests: [{vars: {a: file://gone.txt}}]", {}, "tests[0], vars.a: there is no file"),
    ],
)
def test_what_can_not_be_read_is_a_fault_with_its_place(
    tmp_path: Path, config: str, files: dict[str, str], says: str
) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    parcel = read_config(write(tmp_path / "here", {"promptfooconfig.yaml": config, **files}))
    faults = [remark.why for remark in parcel.remarks if remark.outcome == "fault"]
    assert any(says in why for why in faults), faults


def test_a_link_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    config = write(tmp_path / "here", {"promptfooconfig.yaml": "prompts: ['file://*.txt']"})
    (config.parent / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert read_config(config).prompts == []
    assert [prompt.name for prompt in read_config(config, root=tmp_path).prompts] == ["link"]


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("Paris", {"type": "equals", "value": "Paris"}),
        ("note: Paris", {"type": "equals", "value": "note: Paris"}),
        ("contains-any: a, b", {"type": "contains-any", "value": ["a", "b"]}),
        ("not-contains:x", {"type": "not-contains", "value": "x"}),
        ("is-json", {"type": "is-json"}),
        ("similar(0.8): hi", {"type": "similar", "value": "hi", "threshold": 0.8}),
        ("fn:output.length > 3", {"type": "javascript", "value": "output.length > 3"}),
        ("grade: polite", {"type": "llm-rubric", "value": " polite"}),
    ],
)
def test_a_cell_holds_an_assertion(text: str, assertion: dict[str, Any]) -> None:
    assert from_text(text) == assertion


def test_what_a_row_expects() -> None:
    assert expected_of([{"type": "contains", "value": "a"}, {"type": "equals", "value": 3}]) == 3
    assert expected_of([{"type": "contains", "value": "a"}, {"type": "icontains", "value": "b"}]) == ["a", "b"]
    assert expected_of([{"type": "javascript", "value": "x"}, {"type": "not-contains", "value": "a"}]) is None


def test_yaml_is_read_as_promptfoo_reads_it() -> None:
    assert yaml_value("{a: yes, b: 12:30, c: 2026-01-01, d: true, e: 1.5, f: ~, g: -3}", "x") == {
        "a": "yes", "b": "12:30", "c": "2026-01-01", "d": True, "e": 1.5, "f": None, "g": -3,
    }  # fmt: skip


VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(["{{ x }}", "file://x.txt", "{%", "yes", "12:30"])
    | st.integers(-5, 5)
    | st.booleans(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "inputs": st.fixed_dictionaries({"a": VALUES, "b": VALUES}),
            "expected": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.integers(0, 9),
            "metadata": st.dictionaries(st.sampled_from(["m", "n"]), VALUES, max_size=2),
        }
    ),
    min_size=1,
    max_size=4,
)


@given(ROWS)
def test_rows_that_are_written_come_back(rows: list[dict[str, Any]]) -> None:
    parcel = Parcel()
    text = config_text([ParcelVersion("x", 1, {"type": "text", "template": "{{ a }}"})], rows, ["echo"], "d", parcel)
    assert parcel.remarks == []
    assert CaseReader(yaml_value(text, "x"), Sources(Path()), "x", parcel).rows() == rows
    assert parcel.remarks == []


PARTS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5)
    | st.sampled_from(["file://x", "file://*", "{{ a }}", "contains:x", "#/assertionTemplates/a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(SECTIONS), PARTS))
def test_any_configuration_is_read_or_refused_with_its_place(config: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "promptfooconfig.json")
        path.write_text(json.dumps(config))
        try:
            parcel = read_config(path)
        except InvalidInput:
            return  # said with its place, see above
    assert make_plan(prepare(parcel.prompts), {}, skip_faulty=True).faults == []
    assert all(dataset_digest(one) for one in parcel.datasets)


async def test_an_import_is_whole_and_an_export_comes_back(run: Commands, engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    report = await run.json("import", "promptfoo", "promptfooconfig.yaml", "--dataset", "capitals")
    made = [what for what, outcome in outcomes(report).items() if outcome == "made"]
    assert len(made) == 7
    assert "dataset capitals/1" in made
    first = await engine.datasets.get(engine.caller, "default", "capitals")
    assert first.columns.inputs == ["country", "short"]
    arguments = ("short", "The-Chat", "--dataset", "capitals", "-o", "out/promptfooconfig.yaml")
    Path("out").mkdir()
    written = await run.json("export", "promptfoo", *arguments)
    assert outcomes(written) == {"out/promptfooconfig.yaml": "made"}
    assert outcomes(await run.json("export", "promptfoo", *arguments))["out/promptfooconfig.yaml"] == "there_already"
    back = await run.json("import", "promptfoo", "out/promptfooconfig.yaml", "--dataset", "capitals", "--dry-run")
    assert outcomes(back)["dataset capitals/1"] == "there_already"
    config = yaml_value(Path("out/promptfooconfig.yaml").read_text(), "x")
    assert config["prompts"][0]["raw"] == "{% if short %}Short: {% endif %}{{ country }}\n"


async def test_templates_that_differ_are_named_with_their_place(run: Commands, engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, {"promptfooconfig.yaml": "prompts: [file://p.txt]", "p.txt": "one\n---\nok\n{{ x | dump }}\n"})
    result = await run("import", "promptfoo", "promptfooconfig.yaml", "--json")
    fault = whys(json.loads(result.stdout), "fault")["p-2/1"]
    assert "p.txt: " in fault
    assert "there is no filter 'dump'" in fault
    assert "line 4 of the file" in fault
    await engine.push("tone", "{% frozen %}Be kind.{% endfrozen %}", model="local")
    await engine.push("json", "a\n{{ x | tojson }}")
    refused = await run("export", "promptfoo", "json")
    assert isinstance(refused.exception, CommandFailed)
    assert "Line 2 of its template uses the filter `tojson`" in refused.stdout
    report = await run.json("export", "promptfoo", "tone", "--dry-run")
    assert {item["outcome"] for item in report["items"]} == {"changed", "left_out", "made"}
    assert not Path("promptfooconfig.yaml").read_text().startswith("description")


async def test_sealed_rows_do_not_leave(run: Commands, engine: Engine) -> None:
    new = PushDataset.model_validate(
        {"name": "sums", "rows": [{"inputs": {"q": "1"}}, {"inputs": {"q": "2"}, "split": "sealed"}]}
    )
    await engine.datasets.push(engine.caller, "default", new)
    await engine.push("ask", "{{ q }}")
    report = await run.json("export", "promptfoo", "ask", "--dataset", "sums")
    assert "sealed" in whys(report, "left_out")["sums/1"]
    assert len(yaml_value(Path("promptfooconfig.yaml").read_text(), "x")["tests"]) == 1
