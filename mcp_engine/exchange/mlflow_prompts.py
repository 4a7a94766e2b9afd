"""Prompts of MLflow's registry, as ours and back.

MLflow reads a text with `{% … %}` as Jinja, which drops one closing line end, and any other as text with `{{ x }}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_engine.errors import InvalidInput
from mcp_engine.exchange.braces import from_template, no_includes, to_template
from mcp_engine.exchange.names import our_labels, our_message, our_names, our_role, our_tags
from mcp_engine.exchange.parcel import Parcel, ParcelPrompt, ParcelVersion, Release
from mcp_engine.exchange.settings import from_config, to_config
from mcp_engine.prompts.kind import includes_of, parse_body

_JINJA_MARK = "{% raw %}{% endraw %}"
"""Makes MLflow read a text as Jinja that has no other block, and renders to nothing."""
_FROZEN = re.compile(r"\{%-?\s*(?:end)?frozen\s*-?%\}")
_INTERNAL = ("mlflow.", "_mlflow")
_TAKEN_ALIAS = re.compile(r"v\d+", re.IGNORECASE)

Content = str | list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class MlflowVersion:
    """What MLflow keeps of a version."""

    template: Content
    message: str
    tags: Mapping[str, str]
    response_format: Mapping[str, Any] | None
    model_config: Mapping[str, Any] | None

    @property
    def identity(self) -> str:
        """The same for versions that say the same."""
        tags = {key: value for key, value in self.tags.items() if not key.startswith(_INTERNAL)}
        whole = [self.template, self.message, tags, self.response_format or None, self.model_config or None]
        return json.dumps(whole, sort_keys=True)


def to_parcel(
    found: Mapping[str, Mapping[int, MlflowVersion]],
    aliases: Mapping[str, Mapping[str, int]],
    *,
    provider: str | None,
) -> Parcel:
    """Return prompts of MLflow as ours.

    Args:
        found: versions by prompt and number.
        aliases: numbers by prompt and alias.
        provider: of ours, for models that are named without one.
    """
    parcel = Parcel()
    for theirs, ours in our_names(found, parcel).items():
        versions = [_version(ours, number, one, parcel, provider) for number, one in sorted(found[theirs].items())]
        labels = our_labels(ours, aliases.get(theirs, {}), parcel)
        releases = tuple(Release(label, number) for label, number in labels.items())
        parcel.prompts.append(ParcelPrompt(ours, tuple(one for one in versions if one is not None), releases))
    return parcel


def from_version(version: ParcelVersion, parcel: Parcel) -> MlflowVersion | None:
    """Return a version of ours as MLflow keeps it, or None with a fault when it has no words for it."""
    body = dict(version.body)
    prompt = parse_body(body)
    if names := includes_of(prompt):
        parcel.note(version.subject, "fault", f"It includes {', '.join(names)}; MLflow knows no includes.")
        return None
    sources = [body["template"]] if prompt.messages is None else [one["content"] for one in body["messages"]]
    texts = _texts(sources, version.subject, parcel)
    template: Content = texts[0]
    if prompt.messages is not None:
        template = [{"role": one.role, "content": text} for one, text in zip(prompt.messages, texts, strict=True)]
    schema = body.pop("output_schema", None)
    tags = dict.fromkeys(prompt.tags or [], "true")
    config = to_config(body, model_key="model_name", stop_key="stop_sequences")
    named, slash, model = str(config.get("model_name", "")).partition("/")
    if slash:
        config |= {"provider": named, "model_name": model}
    return MlflowVersion(template, version.message, tags, schema, config or None)


def alias_of(subject: str, label: str, parcel: Parcel) -> str | None:
    """Return the alias that a label becomes, or None with a remark for one that MLflow keeps for itself."""
    if _TAKEN_ALIAS.fullmatch(label):
        parcel.note(f"{subject}@{label}", "left_out", "MLflow keeps aliases such as v1 for itself.")
        return None
    return label


def _version(
    name: str, number: int, found: MlflowVersion, parcel: Parcel, provider: str | None
) -> ParcelVersion | None:
    subject = f"{name}/{number}"
    try:
        body = _content(found.template, subject, parcel)
    except InvalidInput as error:
        parcel.note(subject, "fault", error.message)
        return None
    body |= from_config(found.model_config or {}, subject, parcel, provider=provider)
    if found.response_format:
        body["output_schema"] = dict(found.response_format)
    if tags := our_tags(subject, _tags(found.tags), parcel):
        body["tags"] = tags
    message = our_message(subject, found.message, parcel)
    return ParcelVersion(name, number, body, message, f"version {number} of {name!r} in MLflow")


def _tags(tags: Mapping[str, str]) -> Iterable[str]:
    """Yield a tag as one word: its key, and its value unless it only says that the tag is there."""
    for key, value in sorted(tags.items()):
        if not key.startswith(_INTERNAL):
            yield key if value in {"", "true"} else f"{key}.{value}"


def _content(template: Content, subject: str, parcel: Parcel) -> dict[str, Any]:
    texts = [template] if isinstance(template, str) else [_text_of(one) for one in template]
    if any("{%" in text and "%}" in text for text in texts):
        converted = [text.removeprefix(_JINJA_MARK).removesuffix("\n") for text in texts]
    else:
        converted = [_from_braces(text, subject, parcel) for text in texts]
    if isinstance(template, str):
        return {"type": "text", "template": converted[0]}
    roles = [our_role(subject, str(one.get("role")), parcel) for one in template]
    messages = [{"role": role, "content": text} for role, text in zip(roles, converted, strict=True)]
    return {"type": "chat", "messages": messages}


def _text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if not isinstance(content, str):
        raise InvalidInput("exchange.not_text", "The content of a message is not text alone.")
    return content


def _from_braces(text: str, subject: str, parcel: Parcel) -> str:
    converted = to_template(text)
    for theirs, ours in converted.renamed.items():
        parcel.note(subject, "changed", f"The variable {theirs!r} is {ours!r} here.")
    for braces in converted.kept_as_text:
        parcel.note(subject, "changed", f"{braces!r} is no variable in MLflow, and stays text.")
    return converted.template


def _texts(sources: list[str], subject: str, parcel: Parcel) -> list[str]:
    """Return templates as MLflow reads them: as `{{ x }}` text where that says all, else as Jinja."""
    try:
        plain = [from_template(source, None, no_includes) for source in sources]
    except InvalidInput:
        plain = None
    if any(_FROZEN.search(source) for source in sources):
        parcel.note(subject, "changed", "The marks of frozen text are left out; the text stays.")
    if plain is not None and not any("{%" in text and "%}" in text for text in plain):
        return plain
    if any("tojson" in source for source in sources):
        parcel.note(subject, "changed", "MLflow's `tojson` escapes < > & ' where ours does not.")
    texts = [_FROZEN.sub("", source) for source in sources]
    texts = [f"{text}\n" if text.endswith("\n") else text for text in texts]
    marked = any("{%" in text for text in texts)
    return texts if marked else [_JINJA_MARK + texts[0], *texts[1:]]
