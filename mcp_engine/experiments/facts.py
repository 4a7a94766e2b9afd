"""What the audit log says about experiments, and the check that their rows still say the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.audit.live import Erased
from mcp_engine.canonical import digest
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.experiments.course import KINDS
from mcp_engine.experiments.repository import ExperimentRepository, Stored
from mcp_engine.experiments.tables import ExperimentEventRow, ExperimentExposureRow

CREATED: Final = "experiment.created"
EXPOSED: Final = "exposure.recorded"


def created_facts(stored: Stored) -> dict[str, Any]:
    """Return the facts of the leaf `experiment.created`; the versions' entries become part of its proof."""
    row = stored.experiment
    return {
        "namespace": row.namespace,
        "name": row.name,
        "artifact": str(row.artifact_id),
        "label": row.label,
        "salt": row.salt,
        "configuration_digest": digest(row.configuration),
        "arms": [
            {"name": arm.name, "version": str(arm.version_id), "lock_digest": arm.lock_digest, "weight": arm.weight}
            for arm, _ in stored.arms
        ],
        "actor_id": str(row.actor_id),
    }


def event_kind(kind: str) -> str:
    return f"experiment.{kind}"


def event_facts(event: ExperimentEventRow, name: str) -> dict[str, Any]:
    """Return the facts of the leaf of an event of the experiment `name`; its subject is the event's id."""
    return {
        "experiment": str(event.experiment_id),
        "name": name,
        "event": event.number,
        "facts": event.facts,
        "reason_digest": digest(event.reason),
        "actor_id": str(event.actor_id),
    }


def exposed_facts(exposures: Sequence[ExperimentExposureRow]) -> dict[str, Any]:
    """Return the facts of the leaf of a batch of exposures."""
    shown = [
        {
            "id": str(one.id),
            "experiment": str(one.experiment_id),
            "unit": one.unit_digest.hex(),
            "arm": one.arm,
            "execution_id": None if one.execution_id is None else str(one.execution_id),
            "session_id": one.session_id,
            "is_fallback": one.is_fallback,
        }
        for one in sorted(exposures, key=lambda one: one.id)
    ]
    return {"count": len(shown), "digest": digest(shown)}


class ExperimentCheck:
    """The live check of experiments (see `mcp_engine.audit.live.LiveCheck`)."""

    kinds = frozenset({CREATED, EXPOSED, *map(event_kind, KINDS)})

    async def facts(
        self, work: UnitOfWork, kind: str, subjects: Sequence[str]
    ) -> Mapping[str, Mapping[str, Any | Erased]]:
        repository, ids = ExperimentRepository(work), [UUID(subject) for subject in subjects]
        if kind == CREATED:
            return {str(one.experiment.id): created_facts(one) for one in await repository.several(ids)}
        if kind != EXPOSED:
            return {str(event.id): event_facts(event, name) for event, name in await repository.events(ids)}
        batches: defaultdict[UUID, list[ExperimentExposureRow]] = defaultdict(list)
        for exposure in await repository.exposures_of(ids):
            batches[exposure.batch_id].append(exposure)
        return {str(batch): exposed_facts(exposures) for batch, exposures in batches.items()}
