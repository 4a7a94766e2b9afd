"""One row of a dataset: what goes in, what should come out, and what else is known of it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mcp_engine.canonical import canonical_json
from mcp_engine.errors import InvalidInput, TooLarge
from mcp_engine.identifiers import checked_name

SEALED: Final = "sealed"
"""The split that only gates read."""
OPEN: Final = "open"
"""Where rows go that name no split."""
MAX_ROWS: Final = 100_000
MAX_ROW_BYTES: Final = 256 * 1024
MAX_COLUMNS: Final = 64
MAX_SPLITS: Final = 16


@dataclass(frozen=True, slots=True)
class Row:
    """One row; all values are JSON.

    `expected` is None where nothing is expected.
    """

    inputs: Mapping[str, Any]
    expected: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row as it is kept: canonical JSON, and what it is found by.

    Args:
        digest: of the whole row.
        inputs_digest: of the inputs alone. Whoever changes a row's metadata, or what it expects, still
            asks the same thing.
    """

    digest: str
    inputs_digest: str
    text: str


def stored(row: Row, where: str) -> StoredRow:
    """Return a row as it is kept.

    Args:
        where: names the row in errors, such as `Line 3`.

    Raises:
        InvalidInput: `dataset.no_inputs`, `dataset.value_invalid` for what is not JSON.
        TooLarge: `dataset.row_too_large`, `dataset.too_many_columns`.
    """
    if not row.inputs:
        raise InvalidInput("dataset.no_inputs", f"{where} has no inputs; give it at least one column of input.")
    if max(len(row.inputs), len(row.metadata)) > MAX_COLUMNS:
        raise TooLarge("dataset.too_many_columns", f"{where} has more than {MAX_COLUMNS} columns.")
    whole = {"inputs": dict(row.inputs), "expected": row.expected, "metadata": dict(row.metadata)}
    try:
        text, inputs = canonical_json(whole), canonical_json(whole["inputs"])
    except InvalidInput as error:
        raise InvalidInput("dataset.value_invalid", f"{where}: {error.message}") from error
    if len(text) > MAX_ROW_BYTES:
        raise TooLarge("dataset.row_too_large", f"{where} has {len(text):,} bytes; the limit is {MAX_ROW_BYTES:,}.")
    return StoredRow(_sha256(text), _sha256(inputs), text.decode())


def split_digest(row_digests: Iterable[str]) -> str:
    """Return what identifies the rows of a split, whatever their order: SHA-256 over their sorted digests."""
    return _sha256("\n".join(sorted(row_digests)).encode())


def drawn_split(inputs_digest: str, shares: Mapping[str, float], seed: int) -> str:
    """Return the split of a row by its inputs: the same row always goes to the same one, whichever rows come later.

    Args:
        shares: of the rows, by split; they sum to 1.
    """
    drawn = int.from_bytes(hashlib.sha256(f"{seed}:{inputs_digest}".encode()).digest()[:8]) / 2**64
    passed = 0.0
    names = list(shares)
    for name in names:
        passed += shares[name]
        if drawn < passed:
            return name
    return names[-1]


def checked_shares(shares: Mapping[str, float]) -> Mapping[str, float]:
    """Return `shares` if each is above 0 and they sum to 1 (to a millionth).

    Raises:
        InvalidInput: `dataset.shares_invalid`, `name.invalid`.
    """
    for name, share in shares.items():
        checked_name(name, what="split")
        if not 0 < share <= 1:
            raise InvalidInput("dataset.shares_invalid", f"The share of {name!r} is {share}; it must be above 0.")
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise InvalidInput("dataset.shares_invalid", f"The shares sum to {sum(shares.values()):g}, not to 1.")
    return shares


@dataclass(slots=True)
class Splits:
    """The rows of one version by split, without repetitions."""

    rows: dict[str, dict[str, StoredRow]] = field(default_factory=lambda: defaultdict(dict))
    repeated: int = 0
    """Rows that were there already, and were left out."""
    _split_of_inputs: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, split: str, row: StoredRow, where: str) -> None:
        """Put a row into a split.

        Raises:
            InvalidInput: `dataset.in_two_splits`: a row that is open elsewhere proves nothing when it is sealed.
            TooLarge: `dataset.too_many_splits`.
        """
        other = self._split_of_inputs.setdefault(row.inputs_digest, split)
        if other != split and SEALED in (other, split):
            raise InvalidInput(
                "dataset.in_two_splits",
                f"{where}: the same inputs stand in the split {other!r} too; a sealed row must stand nowhere else.",
            )
        if split not in self.rows and len(self.rows) >= MAX_SPLITS:
            raise TooLarge("dataset.too_many_splits", f"A dataset has {MAX_SPLITS} splits at the most.")
        if row.digest in self.rows[split]:
            self.repeated += 1
        else:
            self.rows[split][row.digest] = row

    def count(self) -> int:
        return sum(len(rows) for rows in self.rows.values())


def columns_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the names of inputs and metadata, and whether anything is expected.

    Raises:
        InvalidInput: `dataset.missing_column` when a row lacks an input that others have.
    """
    names = sorted({name for row in rows for name in row.inputs})
    for number, row in enumerate(rows, start=1):
        missing = [name for name in names if name not in row.inputs]
        if missing:
            raise InvalidInput(
                "dataset.missing_column",
                f"Row {number} lacks the input {missing[0]!r}, which other rows have; give all rows the same inputs.",
                details={"row": number, "column": missing[0]},
            )
    metadata = sorted({name for row in rows for name in row.metadata})
    return {"inputs": names, "metadata": metadata, "expected": any(row.expected is not None for row in rows)}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
