"""What an export takes out of a namespace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.progress import progress_bar
from mcp_engine.cli.references import choice_of, path_of
from mcp_engine.cli.transfer import every, labels_of, pins_of, versions_of

if TYPE_CHECKING:
    from mcp_engine.exchange.parcel import Parcel, ParcelDataset, ParcelPrompt, ParcelVersion

SEALED = "sealed"


class Collector:
    """Reads prompts and datasets, every version of them; what can't be read becomes a remark."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace

    def prompts(self, parcel: Parcel, names: Sequence[str]) -> None:
        """Add the prompts with these names, or all for none."""
        wanted = [*names] or [item["name"] for item in every(self._api, "/prompts", namespace=self._namespace)]
        with progress_bar("Reading prompts", len(wanted)) as advance:
            for name in wanted:
                parcel.prompts.append(self._prompt(name, parcel))
                advance()

    def datasets(self, parcel: Parcel, names: Sequence[str]) -> None:
        """Add the datasets with these names, or all for none."""
        wanted = [*names] or [item["name"] for item in every(self._api, "/datasets", namespace=self._namespace)]
        with progress_bar("Reading datasets", len(wanted)) as advance:
            for name in wanted:
                versions = self._known("datasets", name)
                parcel.datasets += [self._dataset(name, item, parcel) for item in reversed(versions)]
                advance()

    def version(self, reference: str) -> ParcelVersion:
        """Return one version of a prompt."""
        from mcp_engine.exchange.parcel import ParcelVersion

        found = self._api.get(path_of("prompts", reference), **choice_of(reference), namespace=self._namespace)
        return ParcelVersion(found["name"], found["number"], found["body"], found["message"], reference)

    def rows(self, parcel: Parcel, reference: str) -> tuple[str, list[dict[str, Any]]]:
        """Return the description of one version of a dataset, and its rows that may be read."""
        found = self._api.get(path_of("datasets", reference), **choice_of(reference), namespace=self._namespace)
        return found["description"], self._readable_rows(found, parcel)

    def _known(self, collection: str, name: str) -> list[dict[str, Any]]:
        versions = versions_of(self._api, collection, name, self._namespace)
        if not versions:
            kind = collection.removesuffix("s")
            raise CommandFailed(f"No {kind} is named {name!r} in {self._namespace!r}.", ExitCode.REFUSED)
        return versions

    def _prompt(self, name: str, parcel: Parcel) -> ParcelPrompt:
        from mcp_engine.canonical import digest
        from mcp_engine.exchange.parcel import ParcelPrompt, ParcelVersion, Release

        items = self._known("prompts", name)
        path = f"/prompts/{Api.quote(name)}"
        versions: list[ParcelVersion] = []
        including: set[int] = set()
        for item in reversed(items):
            number = item["number"]
            found = self._readable(path, f"{name}/{number}", parcel, version=number)
            if found is None:
                continue
            if digest(found["body"]) != found["digest"]:
                parcel.note(f"{name}/{number}", "fault", "What the server gives does not have the version's digest.")
            versions.append(ParcelVersion(name, number, found["body"], found["message"], f"{name}/{number}"))
            if found["includes"]:
                including.add(number)
        releases: list[Release] = []
        for label, number in labels_of(items).items():
            pinned = self._api.get(path, label=label, namespace=self._namespace) if number in including else None
            releases.append(Release(label, number, pins_of(pinned) if pinned else {}))
        return ParcelPrompt(name, tuple(versions), tuple(releases))

    def _readable(self, path: str, subject: str, parcel: Parcel, **query: Any) -> dict[str, Any] | None:
        """Return what is there, or None with a remark when it was erased."""
        try:
            return self._api.get(path, **query, namespace=self._namespace)
        except CommandFailed as failure:
            if (failure.problem or {}).get("status") != 410:
                raise
            parcel.note(subject, "left_out", failure.message)
            return None

    def _dataset(self, name: str, item: dict[str, Any], parcel: Parcel) -> ParcelDataset:
        from mcp_engine.exchange.datasets import lines_of
        from mcp_engine.exchange.parcel import ParcelDataset

        number = item["number"]
        found = self._api.get(f"/datasets/{Api.quote(name)}", version=number, namespace=self._namespace)
        hidden = {SEALED: found["splits"][SEALED]["rows"]} if SEALED in found["splits"] else {}
        return ParcelDataset(
            name, number, lines_of(self._readable_rows(found, parcel)), found["description"], found["tags"],
            found["message"], [label for label in found["labels"] if label != "latest"], f"{name}/{number}", hidden,
        )  # fmt: skip

    def _readable_rows(self, found: dict[str, Any], parcel: Parcel) -> list[dict[str, Any]]:
        name, number = found["name"], found["number"]
        if SEALED in found["splits"]:
            count = found["splits"][SEALED]["rows"]
            parcel.note(f"{name}/{number}", "left_out", f"{count:,} rows of the sealed split, which only gates read.")
        splits = [split for split in sorted(found["splits"]) if split != SEALED]
        return [row for split in splits for row in self._rows(name, number, split, parcel)]

    def _rows(self, name: str, number: int, split: str, parcel: Parcel) -> Iterator[dict[str, Any]]:
        path = f"/datasets/{Api.quote(name)}/rows"
        erased = 0
        for row in every(self._api, path, version=number, split=split, namespace=self._namespace):
            if row["erased"]:
                erased += 1
            else:
                yield {key: row[key] for key in ("inputs", "expected", "metadata")} | {"split": split}
        if erased:
            parcel.note(f"{name}/{number}", "left_out", f"{erased:,} rows of {split!r}, whose content was erased.")
