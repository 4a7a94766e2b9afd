"""Prompts and datasets as a folder that git likes: one file a version, its template as plain lines.

    prompts/greet/1.prompt      the version, as `prompt push` reads it, with its message
    prompts/greet/labels.yaml   {production: 2}, or {version: 2, pins: {tone@production: 1}} where a release pins
    datasets/questions/1.yaml   description, tags, message, how many rows each split has
    datasets/questions/1.jsonl  its rows, one a line, as `dataset push` reads them
    datasets/questions/labels.yaml

The same content always gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from mcp_engine.artifacts.kinds import Reference, checked_label
from mcp_engine.errors import Conflict, EngineError, InvalidInput
from mcp_engine.exchange.parcel import Parcel, ParcelDataset, ParcelPrompt, ParcelVersion, Release
from mcp_engine.faults import faults_of
from mcp_engine.identifiers import checked_name
from mcp_engine.prompts.files import dump_yaml, read_prompt, read_yaml, write_prompt
from mcp_engine.prompts.kind import KIND

LABELS = "labels.yaml"
_FIRST = ("message", "description", "tags", "type", "model", "parameters", "variables", "messages")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_ROW_FILES = frozenset({".yaml", ".jsonl"})

Files = dict[str, bytes]
"""Contents by path below the folder, with slashes."""


class _Head(BaseModel):
    """What stands beside the rows of a dataset; `left_out` counts the rows that could not be read."""

    model_config = ConfigDict(extra="forbid")

    name: str
    description: str = ""
    tags: list[str] = []
    message: str = ""
    left_out: dict[str, int] = {}


def files_of(parcel: Parcel) -> Files:
    """Return the files of a parcel.

    Raises:
        Conflict: `exchange.names_collide`: two names that many file systems take for one.
    """
    _refuse_colliding("prompts", (prompt.name for prompt in parcel.prompts))
    _refuse_colliding("datasets", {dataset.name for dataset in parcel.datasets})
    files: Files = {}
    for prompt in parcel.prompts:
        base = f"prompts/{prompt.name}"
        for version in prompt.versions:
            files[f"{base}/{version.number}.prompt"] = write_prompt(prompt.name, _ordered(version)).encode()
        if prompt.releases:
            files[f"{base}/{LABELS}"] = dump_yaml({one.label: _release(one) for one in prompt.releases}).encode()
    labels: dict[str, dict[str, int]] = {}
    for dataset in parcel.datasets:
        base = f"datasets/{dataset.name}"
        files[f"{base}/{dataset.number}.yaml"] = dump_yaml(_head(dataset)).encode()
        files[f"{base}/{dataset.number}.jsonl"] = dataset.lines
        labels.setdefault(base, {}).update(dict.fromkeys(dataset.labels, dataset.number))
    for base, found in labels.items():
        if found:
            files[f"{base}/{LABELS}"] = dump_yaml(dict(sorted(found.items()))).encode()
    return files


def write_files(root: Path, files: Files, *, dry_run: bool = False) -> dict[str, bool]:
    """Write files below `root`; return which are new or other than before. Files of versions are never changed.

    Raises:
        Conflict: `exchange.file_differs`, before anything is written: a version there is another one.
    """
    new: dict[str, bool] = {}
    for path, content in files.items():
        there = root / path
        new[path] = not (there.is_file() and there.read_bytes() == content)
        if there.exists() and new[path] and there.name != LABELS:
            raise Conflict(
                "exchange.file_differs",
                f"{there} holds another version than the one to write, and versions never change; take another folder.",
            )
    for path, content in files.items():
        if new[path] and not dry_run:
            there = root / path
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(content)
    return new


def read_folder(root: Path) -> Parcel:
    """Read a folder.

    Raises:
        InvalidInput: `exchange.folder_invalid` when `root` is no such folder; what is wrong inside is a remark.
    """
    parcel = Parcel()
    known = [root / kind for kind in ("prompts", "datasets") if (root / kind).is_dir()]
    if not known:
        raise InvalidInput(
            "exchange.folder_invalid", f"{root} is no exported folder: it holds neither `prompts` nor `datasets`."
        )
    for folder in (inner for kind in known for inner in sorted(kind.iterdir())):
        here = f"{folder.parent.name}/{folder.name}"
        try:
            if not folder.is_dir():
                raise InvalidInput("exchange.folder_invalid", f"{here} is no folder; each name has one of its own.")
            checked_name(folder.name, what=folder.parent.name.removesuffix("s"))
            (_read_prompt if folder.parent.name == "prompts" else _read_dataset)(folder, here, parcel)
        except EngineError as error:
            parcel.note(folder.name, "fault", error.message)
    return parcel


def _read_prompt(folder: Path, here: str, parcel: Parcel) -> None:
    versions: list[ParcelVersion] = []
    for number, file in _numbered(folder, frozenset({".prompt"}), here):
        where = f"{here}/{file.name}"
        found = read_prompt(where, file.read_bytes())
        if found.name != folder.name:
            raise InvalidInput("exchange.folder_invalid", f"{where} names itself {found.name!r}, unlike its folder.")
        body = dict(found.body)
        message = body.pop("message", "")
        if not isinstance(message, str):
            raise InvalidInput("exchange.folder_invalid", f"{where}: `message` must be a text.")
        versions.append(ParcelVersion(folder.name, number, body, message, where, found.lines_above))
    releases = tuple(_read_release(here, label, value) for label, value in _read_labels(folder, here).items())
    parcel.prompts.append(ParcelPrompt(folder.name, tuple(versions), releases))


def _read_dataset(folder: Path, here: str, parcel: Parcel) -> None:
    labels = {label: _read_release(here, label, value).number for label, value in _read_labels(folder, here).items()}
    for number, file in _numbered(folder, _ROW_FILES, here):
        if file.suffix == ".jsonl":
            continue
        rows = file.with_suffix(".jsonl")
        if not rows.is_file():
            raise InvalidInput("exchange.folder_invalid", f"{here}/{file.name} has no rows beside it ({rows.name}).")
        head = _read_head(f"{here}/{file.name}", file.read_bytes())
        dataset = ParcelDataset(
            folder.name, number, rows.read_bytes(), head.description, head.tags, head.message,
            [label for label, target in labels.items() if target == number], f"{here}/{rows.name}", head.left_out,
        )  # fmt: skip
        parcel.datasets.append(dataset)
        if dataset.left_out:
            counts = ", ".join(f"{count} of {split}" for split, count in dataset.left_out.items())
            parcel.note(dataset.subject, "left_out", f"Rows that are not in the folder: {counts}.")


def _read_head(where: str, content: bytes) -> _Head:
    try:
        return _Head.model_validate(read_yaml(where, content))
    except ValidationError as error:
        raise InvalidInput("exchange.folder_invalid", f"{where}: {faults_of(error)}.") from error


def _numbered(folder: Path, suffixes: frozenset[str], here: str) -> Iterator[tuple[int, Path]]:
    """Yield the files of versions in the order of their numbers."""
    found: list[tuple[int, Path]] = []
    for file in folder.iterdir():
        if file.name == LABELS:
            continue
        if file.suffix not in suffixes or not _NUMBER.fullmatch(file.stem):
            raise InvalidInput(
                "exchange.folder_invalid",
                f"{here}/{file.name} is no version; files are named by their number: 1{min(suffixes)}.",
            )
        found.append((int(file.stem), file))
    if not found:
        raise InvalidInput("exchange.folder_invalid", f"{here} holds no versions.")
    yield from sorted(found)


def _read_labels(folder: Path, here: str) -> dict[str, Any]:
    file = folder / LABELS
    return read_yaml(f"{here}/{LABELS}", file.read_bytes()) if file.is_file() else {}


def _read_release(here: str, label: str, value: Any) -> Release:
    checked_label(label)
    match value:
        case int() if not isinstance(value, bool):
            return Release(label, value)
        case {"version": int(number), "pins": dict()}:
            pins = cast("dict[str, Any]", value["pins"])
            if all(isinstance(text, str) and isinstance(at, int) for text, at in cast("dict[Any, Any]", pins).items()):
                return Release(label, number, {str(Reference.parse(KIND, text)): at for text, at in pins.items()})
        case _:
            pass
    raise InvalidInput(
        "exchange.folder_invalid",
        f"{here}/{LABELS}: {label!r} must be a version's number, or `version` and `pins`.",
    )


def _ordered(version: ParcelVersion) -> dict[str, Any]:
    """Return message and body in the one order that files have, whatever order they came in."""
    whole: dict[str, Any] = {"message": version.message, **version.body} if version.message else dict(version.body)
    return {key: _sorted(whole[key]) for key in (*_FIRST, *sorted(whole.keys() - {*_FIRST})) if key in whole}


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        first = [key for key in ("role", "name") if key in members]
        return {key: _sorted(members[key]) for key in (*first, *sorted(members.keys() - {*first}))}
    return [_sorted(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _release(release: Release) -> Any:
    return {"version": release.number, "pins": dict(release.pins)} if release.pins else release.number


def _head(dataset: ParcelDataset) -> dict[str, Any]:
    head = _Head(
        name=dataset.name,
        description=dataset.description,
        tags=[*dataset.tags],
        message=dataset.message,
        left_out=dict(dataset.left_out),
    )
    return head.model_dump(exclude_defaults=True)


def _refuse_colliding(kind: str, names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise Conflict(
                "exchange.names_collide",
                f"The {kind} {other!r} and {name!r} would be one folder on many file systems; export them one by one.",
            )
