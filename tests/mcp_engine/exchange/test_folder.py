"""Folders written and read back are the same, whatever prompts hold."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_engine.errors import Conflict, InvalidInput
from mcp_engine.exchange.datasets import lines_of
from mcp_engine.exchange.folder import files_of, read_folder, write_files
from mcp_engine.exchange.parcel import (
    Parcel,
    ParcelDataset,
    ParcelPrompt,
    ParcelVersion,
    Release,
    StoredForm,
    stored_form,
)
from tests.mcp_engine.exchange.strategies import JSON, MESSAGES, SETTINGS, TEMPLATES_OF_ANY_TEXT, TEXTS

X = "---\nname: x\n---\n"


@settings(max_examples=150)
@given(TEMPLATES_OF_ANY_TEXT | MESSAGES, SETTINGS, TEXTS)
def test_every_version_comes_back_with_its_digest_and_message(
    text: str | list[dict[str, str]], extra: dict[str, Any], message: str
) -> None:
    own = {"type": "text", "template": text} if isinstance(text, str) else {"type": "chat", "messages": text}
    stored = stored_form(ParcelVersion("x", 1, {**own, **extra}))
    assert isinstance(stored, StoredForm), stored
    parcel = Parcel([ParcelPrompt("x", (ParcelVersion("x", 1, stored.body, message),), (Release("a", 1, {"y@b": 3}),))])
    files = files_of(parcel)
    with TemporaryDirectory() as folder:
        write_files(Path(folder), files)
        back = read_folder(Path(folder))
    assert back.remarks == []
    version = back.prompts[0].versions[0]
    assert (version.message, back.prompts[0].releases) == (message, parcel.prompts[0].releases)
    found = stored_form(version)
    assert isinstance(found, StoredForm), found
    assert found.digest == stored.digest
    assert (
        files_of(Parcel([ParcelPrompt("x", (ParcelVersion("x", 1, found.body, message),), back.prompts[0].releases)]))
        == files
    )


@given(st.lists(st.dictionaries(TEXTS, JSON, min_size=1, max_size=2), min_size=1, max_size=4), TEXTS)
def test_rows_come_back(rows: list[dict[str, Any]], text: str) -> None:
    lines = lines_of({"inputs": row, "expected": None, "metadata": {}, "split": "open"} for row in rows)
    dataset = ParcelDataset("d", 1, lines, text, ["t"], text, ["current"], left_out={"sealed": 2})
    with TemporaryDirectory() as folder:
        write_files(Path(folder), files_of(Parcel(datasets=[dataset])))
        back = read_folder(Path(folder))
    found = back.datasets[0]
    assert (found.lines, found.description, found.message, found.labels) == (lines, text, text, ["current"])
    assert back.remarks[0].why.endswith("2 of sealed.")


def test_names_that_some_file_systems_take_for_one_are_refused() -> None:
    with pytest.raises(Conflict, match="'Greet' and 'greet'"):
        files_of(Parcel([ParcelPrompt("Greet", ()), ParcelPrompt("greet", ())]))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"prompts/x/1.prompt": "---\nname: y\n---\n"}, "names itself 'y'"),
        ({"prompts/x/1.prompt": "---\nname: x\nmessage: 3\n---\n"}, "`message` must be a text"),
        ({"prompts/x/1.prompt": "---\nname: [\n---\n"}, "prompts/x/1.prompt is no YAML at line"),
        ({"prompts/x/01.prompt": "a"}, "files are named by their number"),
        ({"prompts/x/1.txt": "a"}, "1.txt is no version"),
        ({"prompts/x/labels.yaml": "a: 1"}, "holds no versions"),
        ({"prompts/x/1.prompt": X, "prompts/x/labels.yaml": "a: {b: 1}"}, "'a' must be"),
        ({"prompts/x/1.prompt": X, "prompts/x/labels.yaml": "latest: 1"}, "computed"),
        ({"prompts/x/1.prompt": X, "prompts/x/labels.yaml": "a: {version: 1, pins: {b/x: 1}}"}, "b/x"),
        ({"prompts/x": "a"}, "prompts/x is no folder"),
        ({"prompts/a b/1.prompt": "a"}, "can't name a prompt"),
        ({"datasets/x/1.yaml": "name: x"}, "no rows beside it"),
        ({"datasets/x/1.yaml": "tags: 3", "datasets/x/1.jsonl": ""}, "datasets/x/1.yaml: name"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_folder_is_named(tmp_path: Path, files: dict[str, str], says: str) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    remarks = read_folder(tmp_path).remarks
    assert [remark.outcome for remark in remarks] == ["fault"]
    assert says in remarks[0].why


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="neither `prompts` nor `datasets`"):
        read_folder(tmp_path)
