"""From the rows of an experiment to what is shown, split and analysed."""

from __future__ import annotations

from datetime import UTC, datetime

from mcp_engine.experiments.assignment import Split, share_at
from mcp_engine.experiments.course import Course
from mcp_engine.experiments.planning import rules_of
from mcp_engine.experiments.repository import Stored
from mcp_engine.experiments.schemas import ArmView, EventView, ExperimentDetail, ExperimentSummary, Plan

SHOWN_EVENTS = 200


def plan_of(stored: Stored) -> Plan:
    return Plan.model_validate(stored.experiment.configuration)


def course_of(stored: Stored) -> Course:
    return Course.of([arm.weight for arm, _ in stored.arms], stored.events)


def split_of(stored: Stored, allocation: int | None = None) -> Split:
    """Return how units are assigned: by the present weights, or those of an earlier allocation.

    Raises:
        IndexError: there was no such allocation.
    """
    plan, course = plan_of(stored), course_of(stored)
    return Split(
        experiment_id=str(stored.experiment.id),
        salt=stored.experiment.salt,
        weights=course.allocations[-1 if allocation is None else allocation],
        steps=course.steps,
        holdback=plan.holdback,
        rules=rules_of(plan),
        slice=course.slice,
    )


def summary(stored: Stored) -> ExperimentSummary:
    """Return one line of the list of experiments."""
    row, plan, course = stored.experiment, plan_of(stored), course_of(stored)
    traffic = share_at(course.steps, datetime.now(UTC).timestamp()) if course.state == "running" else 0.0
    return ExperimentSummary(
        id=row.id,
        namespace=row.namespace,
        name=row.name,
        kind=stored.kind,
        artifact=stored.artifact,
        label=row.label,
        state=course.state,
        arms=[
            ArmView(name=arm.name, version=number, lock_digest=arm.lock_digest, weight=arm.weight, share=share)
            for (arm, number), share in zip(stored.arms, course.allocations[-1], strict=True)
        ],
        primary_metric=plan.metrics[0].name,
        allocator=plan.allocator,
        traffic=traffic,
        alarmed=course.alarmed,
        created_at=row.created_at,
        started_at=course.started_at,
        ended_at=course.ended_at,
    )


def detail(stored: Stored) -> ExperimentDetail:
    """Return everything about an experiment; of very many events the last."""
    return ExperimentDetail(
        **summary(stored).model_dump(),
        plan=plan_of(stored),
        author_id=stored.experiment.actor_id,
        events=[
            EventView(
                number=event.number, kind=event.kind, facts=event.facts, reason=event.reason, actor_id=event.actor_id,
                created_at=event.created_at,
            )
            for event in stored.events[-SHOWN_EVENTS:]
        ],
    )  # fmt: skip
