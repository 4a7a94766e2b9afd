"""What the audit log says about labels, and the check that the rows still say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.evaluation.labels.repository import LabelRepository
from mcp_engine.evaluation.labels.tables import LabelRow

LABELLED: Final = "evaluation.labelled"


def labelled_facts(label: LabelRow) -> dict[str, Any]:
    """Return the facts of the leaf `evaluation.labelled`."""
    return {
        "scorer": label.scorer,
        "evaluation_id": str(label.evaluation_id),
        "position": label.position,
        "execution_id": str(label.execution_id),
        "passed": label.passed,
        "actor_id": str(label.actor_id),
        "created_at": label.created_at.astimezone(UTC).isoformat(),
    }


class LabelCheck:
    """The live check of labels (see `mcp_engine.audit.live.LiveCheck`)."""

    kinds = frozenset({LABELLED})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        assert kind == LABELLED
        rows = await LabelRepository(work).find([UUID(subject) for subject in subjects])
        return {str(row.id): labelled_facts(row) for row in rows}
