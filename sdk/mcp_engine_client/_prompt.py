"""A governed prompt in the hands of the caller: what it is, and the messages it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypedDict

from mcp_engine_client._assignment import Rule, Slice, Split, Step
from mcp_engine_client._rendering import NeedsServer, render_messages, variables_of
from mcp_engine_client.models import IncludedPrompt, Message, PromptBody, PromptDetail, PromptExperiment

Fallback = str | Sequence[Mapping[str, str]]
"""What to use when the registry can't be reached and was never read: a text, or the messages of a chat."""


RenderRemotely = Callable[[PromptDetail, Mapping[str, Any]], list[Message]]
"""Has the server render a version."""


class ChatMessage(TypedDict):
    """One rendered turn, as the chat interfaces of model providers take it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """One version of a prompt; the same object serves every caller and never changes.

    Attributes:
        version: its number; None for a fallback.
        lock_digest: of the lock that a run of it records; None for a fallback.
        is_fallback: whether it is what the caller gave for the case that there is nothing else.
        experiment, arm: of a prompt that a unit was given, by an experiment that it takes part in; the arm is None
            for a unit that is held back.
        experiments: those that split the label it was asked for by.
    """

    name: str
    namespace: str
    version: int | None
    digest: str | None
    lock_digest: str | None
    labels: tuple[str, ...]
    body: PromptBody
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    includes: tuple[IncludedPrompt, ...] = ()
    is_fallback: bool = False
    experiment: str | None = None
    arm: str | None = None
    experiments: tuple[RunningExperiment, ...] = field(default=(), repr=False, compare=False)
    _render_remotely: Callable[[Mapping[str, Any]], list[Message]] | None = field(
        default=None, repr=False, compare=False
    )

    @property
    def variables(self) -> Mapping[str, Any]:
        """The JSON Schema of its variables (an object), with those of the prompts that it includes."""
        return self.inputs

    def compile(self, /, **variables: Any) -> str | list[ChatMessage]:
        """Return the rendered text, or for a chat prompt the messages, without asking the server.

        Raises:
            VariableMissing, VariableUnknown: naming the variable.
            VariableInvalid: a value that does not fit its schema.
            TemplateInvalid: a template that can't use these values, or (`template.unsupported`) one that only
                the server can render: use `client.render`.
        """
        messages = self.compile_messages(**variables)
        return messages if self.body.type == "chat" else messages[0]["content"]

    def compile_messages(self, /, **variables: Any) -> list[ChatMessage]:
        """Return the rendered messages; a text prompt is one turn of the user. Raises as `compile`."""
        try:
            messages = render_messages(self.body, variables, self.inputs, self.includes, lenient=self.is_fallback)
        except NeedsServer:
            if self._render_remotely is None:
                raise
            messages = self._render_remotely(variables)
        return [ChatMessage(role=message.role, content=message.content) for message in messages]


@dataclass(frozen=True, slots=True)
class RunningExperiment:
    """An experiment ready to assign units; `arms` are the prompts that they get."""

    id: str
    name: str
    allocation: int
    split: Split
    arms: tuple[Prompt, ...]
    covariate: str | None


def prompt_of(detail: PromptDetail, render_remotely: RenderRemotely | None = None) -> Prompt:
    return Prompt(
        name=detail.name,
        namespace=detail.namespace,
        version=detail.number,
        digest=detail.digest,
        lock_digest=detail.lock_digest,
        labels=tuple(detail.labels),
        body=detail.body,
        inputs=detail.inputs or detail.body.variables or {},
        includes=detail.includes,
        experiments=tuple(_running(experiment, render_remotely) for experiment in detail.experiments),
        _render_remotely=None if render_remotely is None else partial(render_remotely, detail),
    )


def _running(experiment: PromptExperiment, render_remotely: RenderRemotely | None) -> RunningExperiment:
    names = [arm.name for arm in experiment.arms]
    prompts = [prompt_of(arm.prompt, render_remotely) for arm in experiment.arms]
    return RunningExperiment(
        id=str(experiment.id),
        name=experiment.name,
        allocation=experiment.allocation,
        split=Split(
            experiment_id=str(experiment.id),
            salt=experiment.salt,
            weights=[arm.weight for arm in experiment.arms],
            steps=[Step(*step) for step in experiment.steps],
            holdback=experiment.holdback,
            rules=[Rule(rule.attribute, rule.values) for rule in experiment.rules],
            slice=None if experiment.slice is None else Slice(*experiment.slice),
        ),
        arms=tuple(
            replace(prompt, experiment=experiment.name, arm=name) for name, prompt in zip(names, prompts, strict=True)
        ),
        covariate=experiment.covariate,
    )


def fallback_prompt(name: str, namespace: str, fallback: Fallback) -> Prompt:
    """Return a prompt made of what the caller holds ready; every name in its templates is a variable."""
    if isinstance(fallback, str):
        body = PromptBody(type="text", template=fallback)
    else:
        body = PromptBody(type="chat", messages=tuple(Message.model_validate(dict(message)) for message in fallback))
    used = sorted(variables_of(body))
    schema: dict[str, Any] = {"type": "object", "properties": dict.fromkeys(used, True), "required": used}
    return Prompt(
        name=name,
        namespace=namespace,
        version=None,
        digest=None,
        lock_digest=None,
        labels=(),
        body=body.model_copy(update={"variables": schema}),
        inputs=schema,
        is_fallback=True,
    )
