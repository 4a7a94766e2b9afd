"""Options that several commands on documents take, and what a request says of them."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from rag.metadata.typed import conditions_of, metadata_of

CollectionOption = Annotated[str, typer.Option("--collection", "-c", help="The collection.")]
NamespaceOption = Annotated[str, typer.Option("--namespace", help="The namespace.")]
StrategyOption = Annotated[str, typer.Option("--strategy", help="NAME, NAME@label or NAME/version of a rag_strategy.")]
_NAME_HELP = "Only documents whose name fits: * any characters, ? one. Repeat it for more."
_TYPE_HELP = "Only this media type, such as application/pdf or text/*. Repeat it for more."
_SINCE_HELP, _UNTIL_HELP = "Only what was added on that day or later.", "Only what was added on that day or before."
PatternsOption = Annotated[list[str] | None, typer.Option("--document", metavar="GLOB", help=_NAME_HELP)]
TypesOption = Annotated[list[str] | None, typer.Option("--type", metavar="T", help=_TYPE_HELP)]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="DATE", help=_SINCE_HELP)]
GroupsOption = Annotated[
    list[str] | None, typer.Option("--group", metavar="NAME", help="Only this group may read it. Repeat it for more.")
]
PeopleOption = Annotated[
    list[str] | None,
    typer.Option("--person", metavar="NAME", help="Only this person or machine may read it: name or id. Repeatable."),
]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DATE", help=_UNTIL_HELP)]
MetadataOption = Annotated[
    list[str] | None,
    typer.Option(
        "--metadata", metavar="KEY=VALUE",
        help='What searches are narrowed by: 2024 is a number, true and false are booleans, all else and "2024" is '
        "text. Repeat it for more.",
    ),
]  # fmt: skip
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="CONDITION",
        help="Only documents whose metadata says so: team=ops, 'year>=2020', 'year<=2024'. Repeat it for more: values "
        "of one key are alternatives, keys must all fit.",
    ),
]  # fmt: skip


def readers_of(groups: list[str] | None, people: list[str] | None) -> dict[str, Any] | None:
    """Return the access list that options name; None when they name nobody."""
    return {"groups": groups or [], "principals": people or []} if groups or people else None


def upload_fields(readers: dict[str, Any] | None, metadata: list[str] | None) -> dict[str, str]:
    """Return the form fields that go with every document that is sent."""
    said = {"readers": readers, "metadata": metadata_of(metadata) if metadata else None}
    return {name: json.dumps(value) for name, value in said.items() if value is not None}


def filters_of(
    documents: list[str] | None,
    media_types: list[str] | None,
    since: str | None,
    until: str | None,
    where: list[str] | None,
) -> dict[str, Any]:
    """Return the member of a request that narrows what is searched; nothing when nothing was said."""
    metadata = conditions_of(where or ())
    said = {"documents": documents, "media_types": media_types, "since": since, "until": until, "metadata": metadata}
    chosen = {name: value for name, value in said.items() if value}
    return {"filters": chosen} if chosen else {}
