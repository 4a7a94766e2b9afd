"""Tests of a configuration, as rows: defaults and scenarios merged, lists of values written out."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from mcp_engine.errors import InvalidInput
from mcp_engine.exchange.parcel import Parcel
from mcp_engine.exchange.promptfoo.assertions import Assertion, expected_of, from_text, resolved, said_by, unused
from mcp_engine.exchange.promptfoo.sources import CODE, FILE, YAML, Sources, invalid, objects, unwrapped

KEPT = "promptfoo"
"""The member of a row's metadata that holds what only promptfoo knows."""
MAX_ROWS = 100_000
_THRESHOLD = re.compile(r"__config:__expected([1-9][0-9]{0,3})?:threshold")
_MERGED = frozenset({"vars", "assert", "options", "metadata"})


@dataclass(slots=True)
class Case:
    """A test with everything that it inherits; `rest` is what rows have no place for."""

    where: str
    vars: dict[str, Any] = field(default_factory=dict[str, Any])
    assertions: list[Assertion] = field(default_factory=list[Assertion])
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    rest: dict[str, Any] = field(default_factory=dict[str, Any])

    def under(self, parent: Case) -> Case:
        """Return this test with the defaults of `parent` below it."""
        inherited = [] if self.options.get("disableDefaultAsserts") else parent.assertions
        return Case(
            self.where,
            {**parent.vars, **self.vars},
            [*inherited, *self.assertions],
            {**parent.options, **self.options},
            {**parent.metadata, **self.metadata},
            {**parent.rest, **self.rest},
        )


class CaseReader:
    """Reads the tests of one configuration; what can't be read is a fault in `parcel`."""

    def __init__(self, config: Mapping[str, Any], sources: Sources, where: str, parcel: Parcel) -> None:
        self._config = config
        self._sources = sources
        self._where = where
        self._parcel = parcel
        self._templates = objects(config.get("assertionTemplates") or {}, f"{where}, assertionTemplates")

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of all tests."""
        default = self._default()
        tests = [one.under(default) for one in self._listed(self._config.get("tests"), "tests")]
        for data, one in self._scenarios():
            tests.append(one.under(data.under(default)))
        left: Counter[str] = Counter()
        rows: list[dict[str, Any]] = []
        for test in tests:
            left.update(unused(test.assertions))
            rows += self._rows_of(test)
            if len(rows) > MAX_ROWS:
                raise invalid(self._where, f"its tests are more than {MAX_ROWS:,} rows.")
        if left:
            kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(left.items()))
            self._parcel.note("tests", "changed", f"Kept in the metadata of rows, where nothing scores them: {kinds}.")
        return self._same_inputs(rows)

    def _default(self) -> Case:
        found = self._config.get("defaultTest")
        where = f"{self._where}, defaultTest"
        if isinstance(found, str):
            found = self._sources.data(self._sources.named(found, where)[0])
        return self._test(found or {}, where)

    def _scenarios(self) -> Iterator[tuple[Case, Case]]:
        """Yield each pair of a scenario's data and test."""
        for number, scenario in enumerate(self._flat(self._config.get("scenarios"), "scenarios")):
            place = f"scenarios[{number}]"
            members = objects(scenario, f"{self._where}, {place}")
            data = self._listed(members.get("config"), f"{place}.config")
            tests = self._listed(members.get("tests"), f"{place}.tests") or [Case(f"{self._where}, {place}")]
            yield from itertools.product(data, tests)

    def _listed(self, value: Any, place: str) -> list[Case]:
        found: list[Case] = []
        for number, item in enumerate(self._flat(value, place)):
            where = f"{self._where}, {place}[{number}]"
            try:
                found.append(self._test(item, where))
            except InvalidInput as error:
                self._parcel.note(f"{place}[{number}]", "fault", error.message)
        return found

    def _flat(self, value: Any, place: str) -> list[Any]:
        """Return a list with the contents of the files that it names; tables become tests."""
        items: list[Any] = []
        given = cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
        for item in given:
            if not isinstance(item, str):
                items.append(item)
                continue
            try:
                items += self._from_files(item, f"{self._where}, {place}")
            except InvalidInput as error:
                self._parcel.note(item, "fault", error.message)
        return items

    def _from_files(self, reference: str, where: str) -> list[Any]:
        if "://" in reference and not reference.startswith(FILE):
            raise invalid(where, f"{reference} is not on this machine; download it and name the file.")
        items: list[Any] = []
        for path in self._sources.named(reference, where):
            found = self._sources.data(path)
            if path.suffix.lower() in {".csv", ".tsv"}:
                items += [
                    _from_record(one, f"{self._sources.name(path)}, record {at}") for at, one in enumerate(found, 1)
                ]
            else:
                items += cast("list[Any]", found) if isinstance(found, list) else [found]
        return items

    def _test(self, value: Any, where: str) -> Case:
        members = objects(value, where)
        given: Any = members.get("vars") or {}
        if isinstance(given, str):
            given = self._sources.data(self._sources.named(given, where)[0])
        asserted: Any = members.get("assert") or []
        if not isinstance(asserted, list):
            raise invalid(where, "`assert` must be a list.")
        return Case(
            where,
            dict(objects(given, f"{where}, vars")),
            [self._assertion(one, f"{where}, assert") for one in cast("list[Any]", asserted)],
            dict(objects(members.get("options") or {}, f"{where}, options")),
            dict(objects(members.get("metadata") or {}, f"{where}, metadata")),
            {key: member for key, member in members.items() if key not in _MERGED and member is not None},
        )

    def _assertion(self, value: Any, where: str) -> Assertion:
        """Return an assertion whose value is at hand, where a file holds it; code stays a name."""
        found = resolved(value, self._templates, where)
        text: Any = unwrapped(found.get("value"))
        if not isinstance(text, str) or not text.startswith(FILE) or text != found["value"]:
            return {**found, "value": text} if "value" in found else found
        # Code may name a function behind the file.
        path = self._sources.named(text.removeprefix(FILE).partition(":")[0], where)[0]
        if path.suffix.lower() in CODE:
            return found
        return {**found, "value": self._sources.data(path) if path.suffix in {".json", *YAML} else self._content(path)}

    def _rows_of(self, test: Case) -> Iterator[dict[str, Any]]:
        expected = expected_of(test.assertions)
        options = {key: value for key, value in test.options.items() if key != "disableVarExpansion"}
        kept = {"assert": test.assertions, "options": options, **test.rest}
        if kept["assert"] == said_by(expected):
            kept.pop("assert")
        kept = {key: value for key, value in kept.items() if value not in ({}, [])}
        metadata = {**test.metadata, **({KEPT: kept} if kept else {})}
        for inputs in self._expanded(test):
            yield {"inputs": inputs, "expected": expected, "metadata": metadata}

    def _expanded(self, test: Case) -> Iterator[dict[str, Any]]:
        """Yield the values of each row: a list of texts stands for one row each, a file for its content."""
        choices: list[list[Any]] = []
        for name, value in test.vars.items():
            wanted: list[Any] = [value]
            if isinstance(value, list) and not test.options.get("disableVarExpansion"):
                items = cast("list[Any]", value)
                wanted = items if items and isinstance(items[0], str) else wanted
            choices.append([found for one in wanted for found in self._values(one, f"{test.where}, vars.{name}")])
        for chosen in itertools.product(*choices):
            yield dict(zip(test.vars, chosen, strict=True))

    def _values(self, value: Any, where: str) -> list[Any]:
        plain = unwrapped(value)
        if plain != value or not isinstance(value, str):
            return [plain]
        if value.startswith(FILE):
            try:
                return [self._content(path) for path in self._sources.named(value, where)]
            except InvalidInput as error:
                self._parcel.note(where, "fault", error.message)
                return [value]
        if "{{" in value or "{%" in value:
            self._parcel.note(where, "changed", "promptfoo would render its braces; here it is the text as written.")
        return [value]

    def _content(self, path: Any) -> str:
        if path.suffix.lower() in YAML:
            return json.dumps(self._sources.data(path), ensure_ascii=False)
        return self._sources.text(path)

    def _same_inputs(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Give every row every input: promptfoo renders one that is missing as nothing."""
        names = sorted({name for row in rows for name in row["inputs"]})
        lacking = sum(row["inputs"].keys() < {*names} for row in rows)
        if lacking:
            self._parcel.note("tests", "changed", f"{lacking} rows lack inputs that others have; they get empty texts.")
        return [{**row, "inputs": {name: row["inputs"].get(name, "") for name in names}} for row in rows]


def _from_record(record: Mapping[str, str], where: str) -> dict[str, Any]:
    """Return the test that a line of a table is."""
    found: dict[str, Any] = {"vars": {}, "assert": [], "options": {}, "metadata": {}}
    thresholds: dict[str, float] = {}
    for key, value in record.items():
        name = key.removeprefix("__")
        if key.startswith("__expected"):
            if value.strip():
                found["assert"].append(from_text(value.strip()))
        elif key.startswith("__metadata:"):
            _put_metadata(found["metadata"], key.removeprefix("__metadata:"), value)
        elif match := _THRESHOLD.fullmatch(key):
            thresholds[match[1]] = _number(value, f"{where}, {key}")
        elif key in {"__prefix", "__suffix"}:
            found["options"][name] = value
        elif name == key:
            found["vars"][key] = value
        elif value.strip():
            found[name] = _number(value, f"{where}, {key}") if name == "threshold" else value
    for place, threshold in thresholds.items():
        if int(place or 1) <= len(found["assert"]):
            found["assert"][int(place or 1) - 1]["threshold"] = threshold
    return found


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise invalid(where, f"{text!r:.60} is no number.") from None


def _put_metadata(metadata: dict[str, Any], key: str, value: str) -> None:
    if not value.strip():
        return
    if key.endswith("[]"):
        metadata[key.removesuffix("[]")] = [part.strip() for part in value.split(",")]
    else:
        metadata[key] = value
