"""What the registry asks before a release: the gates' consent as a certificate, or a refusal that says what lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from mcp_engine.artifacts.releases import PINS, Release, ReleaseRefused
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.artifacts.versions import ArtifactVersion
from mcp_engine.database.engine import UnitOfWork
from mcp_engine.errors import NotAllowed
from mcp_engine.evaluation.scorers.kind import KIND as SCORER
from mcp_engine.gates.assessing import Situation, missing_of
from mcp_engine.gates.in_force import GateInForce, gates_over
from mcp_engine.gates.kind import KIND
from mcp_engine.gates.repository import Approved, GateRepository, Requested
from mcp_engine.gates.schemas import Missing
from mcp_engine.gates.views import requirement_view
from mcp_engine.identity.tables import Principal

REFUSED: Final = "gate.refused"
_OWNER: Final = "owner"


class GateGuard:
    """Asks every gate that covers a label (see `mcp_engine.artifacts.releases.ReleaseGuard`)."""

    def __init__(self, artifacts: ArtifactService) -> None:
        self._artifacts = artifacts

    async def certificate(self, work: UnitOfWork, release: Release) -> Mapping[str, Any] | None:
        """Return what the gates vouch for, or (an override) that nobody does; None where no gate stands.

        Raises:
            NotAllowed: `gate.owner_needed` when somebody else moves the label of a gate itself.
            ReleaseRefused: `gate.refused`, with `missing` and the id of the request in the details.
        """
        version, repository = release.version, GateRepository(work)
        mover = await repository.principal(work.actor_id)
        if version.kind == KIND:
            _check_owner(mover)
            return None
        gates = await gates_over(work, self._artifacts, version.namespace, version.kind, version.name, release.label)
        if not gates:
            return None
        asked = await repository.newest(version.version_id, release.label, release.lock_digest)
        if asked is not None and asked.label_event_id is not None:
            asked = None  # one request, one release
        votes = [] if asked is None else (await repository.approvals([asked.request.id]))[asked.request.id]
        situation = Situation(
            release.from_version_id, release.from_lock_digest, release.moved_at, datetime.now(UTC),
            await repository.authors(version.version_id, release.lock_digest, release.from_lock_digest),
        )  # fmt: skip
        missing = [
            one for gate in gates for one in (*missing_of(gate, asked, votes, situation), *_mover_of(gate, mover))
        ]
        if missing and not release.override:
            raise _refused(version, release.label, missing, asked)
        if missing:
            return _without_proof(gates, missing, asked)
        ledgers = await _ledgers(repository, asked)
        return _certificate(gates, asked, votes, ledgers)

    async def check_trial(self, work: UnitOfWork, version: ArtifactVersion, label: str) -> None:
        """Let experiments show unreleased versions only where every gate says so (`ReleaseRefused` otherwise)."""
        gates = await gates_over(work, self._artifacts, version.namespace, version.kind, version.name, label)
        said = f"It lets no experiment show version {version.number} before it is released."
        missing = [
            Missing(gate=gate.version.name, code="gate.no_experiments", message=said)
            for gate in gates
            if gate.body.experiments == "refuse"
        ]
        if missing:
            raise _refused(version, label, missing, None)

    async def check_rollback(self, work: UnitOfWork, version: ArtifactVersion) -> None:
        """Let everybody roll back, except that only owners bring an earlier gate back into force (`NotAllowed`)."""
        if version.kind == KIND:
            _check_owner(await GateRepository(work).principal(work.actor_id))


def _check_owner(mover: Principal | None) -> None:
    if mover is None or mover.role != _OWNER:
        raise NotAllowed("gate.owner_needed", "Only owners decide which version of a gate is in force.")


def _mover_of(gate: GateInForce, mover: Principal | None) -> list[Missing]:
    """Return what speaks against this principal moving the label."""
    name, body = gate.version.name, gate.body
    if mover is None:
        return [Missing(gate=name, code="gate.mover", message="Nobody is known to move this label.")]
    if mover.kind == "machine" and body.machines == "propose":
        return [Missing(gate=name, code="gate.machine", message="Machines may ask for this release; a person does it.")]
    if body.movers and mover.name not in body.movers:
        return [Missing(gate=name, code="gate.mover", message="Only the movers that the gate names may release here.")]
    return []


def _refused(
    version: ArtifactVersion, label: str, missing: Sequence[Missing], asked: Requested | None
) -> ReleaseRefused:
    listed = " ".join(f"{one.gate}: {one.message}" for one in missing)
    return ReleaseRefused(
        REFUSED,
        f"Version {version.number} of {version.name!r} can't be released under {label!r} yet. {listed}",
        details={
            "missing": [one.model_dump() for one in missing],
            "request_id": None if asked is None else str(asked.request.id),
        },
    )


def _without_proof(gates: Sequence[GateInForce], missing: Sequence[Missing], asked: Requested | None) -> dict[str, Any]:
    return {
        "proof": "none",
        "statement": "Promoted without proof.",
        "request": None if asked is None else str(asked.request.id),
        "gates": [_gate(gate) for gate in gates],
        "missing": [one.model_dump() for one in missing],
        PINS: {},
    }


def _certificate(
    gates: Sequence[GateInForce], asked: Requested | None, votes: Sequence[Approved], ledgers: Sequence[str]
) -> dict[str, Any]:
    return {
        "proof": "gates",
        "request": None if asked is None else str(asked.request.id),
        "gates": [{**_gate(gate), "requirements": _requirements(gate, asked)} for gate in gates],
        # By id: names are not for the log, which forgets nothing.
        "approvers": sorted(str(one.approval.actor_id) for one in votes if one.approval.approved),
        "ledgers": list(ledgers),
        # Another wording of a judge, or another scorer, would have measured something else.
        PINS: {ref: lock for gate in gates for ref, lock in gate.pins.items() if ref.startswith(f"{SCORER}:")},
    }


def _gate(gate: GateInForce) -> dict[str, Any]:
    return {"gate": gate.version.name, "number": gate.version.number, "lock_digest": gate.version.lock_digest}


def _requirements(gate: GateInForce, asked: Requested | None) -> list[dict[str, Any]]:
    if asked is None or asked.decision is None:
        return []
    return [
        {
            **requirement_view(one, verdict, asked.look).model_dump(mode="json", exclude={"evaluations"}),
            "dataset_digest": one["dataset"]["digest"],
            "scorer_lock": one["scorer"]["lock_digest"],
        }
        for one, verdict in zip(asked.request.requirements, asked.decision.verdicts, strict=True)
        if one["gate"] == gate.version.name
    ]


async def _ledgers(repository: GateRepository, asked: Requested | None) -> list[str]:
    if asked is None or asked.look is None:
        return []
    return [str(one) for one in (await repository.spent_from([asked.look.id]))[asked.look.id]]
