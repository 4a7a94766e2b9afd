"""From what the registry answers with to what the API shows of prompts."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_engine.artifacts.kinds import LATEST
from mcp_engine.artifacts.splits import LabelSplit
from mcp_engine.artifacts.versions import ArtifactSummary, ArtifactVersion, Dependent, ResolvedVersion
from mcp_engine.prompts.composition import included_bodies, included_prompts
from mcp_engine.prompts.kind import KIND, parse_body
from mcp_engine.prompts.rendering import inputs_of
from mcp_engine.prompts.schemas import (
    ExperimentArm,
    ExperimentRule,
    LabelAim,
    PromptDetail,
    PromptExperiment,
    PromptImpact,
    PromptSummary,
    PromptVersion,
)


def impact_view(row: Dependent, name: str, moved: LabelAim | None) -> PromptImpact:
    reference = row.reference.removeprefix(f"{KIND}:")
    follows = moved is not None and reference == f"{name}@{moved.label}"
    return PromptImpact(
        kind=row.kind, name=row.name, label=row.label, number=row.number, lock_digest=row.lock_digest,
        reference=reference, pinned_number=row.pinned_number,
        would_pin=moved.version if moved is not None and follows else None,
    )  # fmt: skip


def detail_view(found: ResolvedVersion, splits: Sequence[LabelSplit] = ()) -> PromptDetail:
    body = parse_body(found.body)
    detail = PromptDetail(
        **version_view(found.version, found.labels).model_dump(),
        body=body,
        lock_digest=found.lock_digest,
        inputs=inputs_of(body, included_bodies(found)),
        includes=included_prompts(found),
    )
    # Left unset where there is none, so that the answer does not speak of it.
    return detail.model_copy(update={"experiments": [_experiment(split) for split in splits]}) if splits else detail


def _experiment(split: LabelSplit) -> PromptExperiment:
    return PromptExperiment(
        id=split.experiment_id,
        name=split.name,
        salt=split.salt,
        allocation=split.allocation,
        arms=[ExperimentArm(name=arm.name, weight=arm.weight, prompt=detail_view(arm.version)) for arm in split.arms],
        steps=list(split.steps),
        holdback=split.holdback,
        rules=[ExperimentRule(attribute=rule.attribute, values=list(rule.values)) for rule in split.rules],
        slice=split.slice,
        covariate=split.covariate,
    )


def version_view(version: ArtifactVersion, labels: tuple[str, ...]) -> PromptVersion:
    return PromptVersion(
        name=version.name,
        namespace=version.namespace,
        number=version.number,
        version_id=version.version_id,
        digest=version.digest,
        labels=[*labels],
        message=version.message,
        author_id=version.author_id,
        created_at=version.created_at,
    )


def summary_view(item: ArtifactSummary) -> PromptSummary:
    body = None if item.body is None else parse_body(item.body)
    return PromptSummary(
        name=item.name,
        namespace=item.namespace,
        type=body.type if body else None,
        description=body.description if body else None,
        tags=(body.tags if body else None) or [],
        latest=item.latest.number,
        labels={label: number for label, number in item.labels.items() if label != LATEST},
        created_at=item.created_at,
        updated_at=item.latest.created_at,
    )
