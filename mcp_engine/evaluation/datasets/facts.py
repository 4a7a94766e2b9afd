"""What the audit log says about the rows of a dataset, and the check that they are still the same."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.audit.repository import tombstones_for
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.evaluation.datasets.repository import DatasetRepository
from mcp_engine.evaluation.datasets.rows import split_digest

ROWS_STORED: Final = "dataset.rows_stored"
CONTENT_TABLE: Final = "dataset_row_content"


def content_key(row_digest: str) -> dict[str, str]:
    """Return the key under which a row's content is erased."""
    return {"row_digest": row_digest}


class DatasetCheck:
    """The live check of datasets (see `mcp_engine.audit.live.LiveCheck`): each split's digest, from its rows.

    An erased row counts with the digest that was recorded, if it left its tombstone.
    """

    kinds = frozenset({ROWS_STORED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        assert kind == ROWS_STORED
        found: dict[UUID, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        contents = await DatasetRepository(work).contents([UUID(one) for one in subjects])
        gone = {row for _, _, row, text in contents if text is None}
        tombstones = await tombstones_for(work, CONTENT_TABLE, [content_key(row) for row in gone]) if gone else []
        erased = {tombstone.key["row_digest"] for tombstone in tombstones}
        for version, split, row, text in contents:
            if text is not None:
                found[version][split].append(hashlib.sha256(text.encode()).hexdigest())
            elif row in erased:
                found[version][split].append(row)
        return {str(version): {"splits": _digests(splits)} for version, splits in found.items()}


def _digests(splits: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    return {split: {"rows": len(rows), "digest": split_digest(rows)} for split, rows in splits.items()}
