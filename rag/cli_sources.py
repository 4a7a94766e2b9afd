"""Commands on sources: where documents of a collection come from."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.following import followed
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.transfer import every
from rag.cli_options import CollectionOption, GroupsOption, NamespaceOption, PeopleOption, readers_of
from rag.cli_store import documents

if TYPE_CHECKING:
    from rich.console import Console

sources = CommandGroup("Sources: folders, web pages, git repositories and buckets that documents come from.")
documents.add_group("source", sources)

SourceArgument = Annotated[str, typer.Argument(metavar="NAME", help="The source: its name, or its id.")]
WaitOption = Annotated[bool, typer.Option(help="Follow the reading until all is added; indexing goes on after it.")]
_GLOBS = "Repeat it for more; a pattern without a slash is compared with the file's name alone."
_COUNTS = ("added", "changed", "unchanged", "removed", "failed")
_FAILURES = 20


@sources.command()
def add(
    name: Annotated[str, typer.Argument(help="How the source is called in its collection.")],
    kind: Annotated[str, typer.Argument(help="folder, url, git, s3, or another that the server has.")],
    place: Annotated[
        list[str] | None, typer.Argument(help="Where it is: a path on the server, addresses, a repository, a bucket.")
    ] = None,
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Another of its settings. Repeatable."),
    ] = None,
    prefix: Annotated[str, typer.Option(help="Put before the names of its documents, such as manual/.")] = "",
    include: Annotated[list[str] | None, typer.Option(metavar="GLOB", help=f"Take these alone. {_GLOBS}")] = None,
    exclude: Annotated[list[str] | None, typer.Option(metavar="GLOB", help=f"Leave these out. {_GLOBS}")] = None,
    seconds: Annotated[
        int | None, typer.Option("--every", metavar="SECONDS", min=1, help="Read it again that often.")
    ] = None,
    remove_gone: Annotated[
        bool, typer.Option("--remove-gone", help="Take documents out of search that it does not hold any more.")
    ] = False,
    credential_env: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="The environment variable that holds its token or key.")
    ] = None,
    group: GroupsOption = None,
    person: PeopleOption = None,
    wait: WaitOption = True,
) -> None:
    """Have documents read from somewhere, now and as often as you say."""
    api = Api()
    body: dict[str, Any] = {
        "name": name, "kind": kind, "settings": _settings(api, kind, place or [], setting or []), "prefix": prefix,
        "include": include or [], "exclude": exclude or [], "every_seconds": seconds, "remove_gone": remove_gone,
        "readers": readers_of(group, person),
    }  # fmt: skip
    if credential_env is not None:
        body["credential"] = _credential(credential_env)
    made = api.post(f"/collections/{api.quote(collection)}/sources", body, namespace=namespace)
    if wait:
        made = _read(api, made)
    _show(api, made)


@sources.command("list")
def list_sources(collection: CollectionOption = "default", namespace: NamespaceOption = "default") -> None:
    """List the sources of a collection, each with its last reading."""
    api = Api()
    rows = list(every(api, f"/collections/{api.quote(collection)}/sources", namespace=namespace))
    columns = ("source", "kind", "documents", "every", "last reading", "id")
    cells = [
        (one["name"], one["kind"], one["documents"], _interval(one), _summary(one["last_run"]), one["id"])
        for one in rows
    ]
    empty = "No sources; `mcp-engine docs source add NAME KIND PLACE` makes one."
    output.emit({"items": rows}, output.table(columns, cells, empty=empty))


@sources.command()
def show(
    source: SourceArgument, collection: CollectionOption = "default", namespace: NamespaceOption = "default"
) -> None:
    """Show a source with its last reading, and what could not be read."""
    api = Api()
    _show(api, _found(api, source, collection, namespace))


@sources.command()
def sync(
    source: SourceArgument,
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    wait: WaitOption = True,
) -> None:
    """Read a source now: new documents are added, changed ones become a new version."""
    api = Api()
    found = _found(api, source, collection, namespace)
    found["last_run"] = api.post(f"/sources/{found['id']}/runs", {})
    _show(api, _read(api, found) if wait else found)


@sources.command()
def edit(
    source: SourceArgument,
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    rename: Annotated[str | None, typer.Option(metavar="NAME", help="How it is called from now on.")] = None,
    place: Annotated[
        list[str] | None, typer.Option(help="Where it is from now on. Repeatable for a kind with several places.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another of its settings. Repeatable.")
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(help="Another one; at its next reading its documents get other names.")
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help='Take these alone; "" takes all again. Repeatable.')
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help='Leave these out; "" leaves out none. Repeatable.')
    ] = None,
    seconds: Annotated[
        int | None, typer.Option("--every", metavar="SECONDS", min=0, help="Read it that often; 0: on demand.")
    ] = None,
    remove_gone: Annotated[
        bool | None, typer.Option("--remove-gone/--keep-gone", help="What becomes of what it does not hold any more.")
    ] = None,
    credential_env: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="The environment variable that holds another token or key.")
    ] = None,
    no_credential: Annotated[bool, typer.Option("--no-credential", help="Forget its token or key.")] = False,
    group: GroupsOption = None,
    person: PeopleOption = None,
    everyone: Annotated[
        bool, typer.Option("--everyone", help="What it brings from now on is for everyone in the tenant.")
    ] = False,
) -> None:
    """Change what a source is; what is left out stays. One with a schedule is read again at once."""
    api = Api()
    found = _found(api, source, collection, namespace)
    body: dict[str, Any] = {"name": rename, "prefix": prefix, "remove_gone": remove_gone}
    if place or setting:
        body["settings"] = {**found["settings"], **_settings(api, found["kind"], place or [], setting or [])}
    for name, globs in (("include", include), ("exclude", exclude)):
        body[name] = None if globs is None else [one for one in globs if one]
    body = {name: value for name, value in body.items() if value is not None}
    if seconds is not None:
        body["every_seconds"] = seconds or None
    if credential_env is not None:
        body["credential"] = _credential(credential_env)
    elif no_credential:
        body["credential"] = None
    wanted = readers_of(group, person)
    if everyone and wanted is not None:
        raise CommandFailed("Give --everyone, or --group and --person.", ExitCode.USAGE)
    if everyone or wanted is not None:
        body["readers"] = wanted
    if not body:
        raise CommandFailed("Nothing to change was named; see `docs source edit --help`.", ExitCode.USAGE)
    _show(api, api.patch(f"/sources/{found['id']}", body))


@sources.command()
def pause(
    source: SourceArgument, collection: CollectionOption = "default", namespace: NamespaceOption = "default"
) -> None:
    """Have a source read only when somebody asks, until its schedule is resumed."""
    _pause(source, collection, namespace, paused=True)


@sources.command()
def resume(
    source: SourceArgument, collection: CollectionOption = "default", namespace: NamespaceOption = "default"
) -> None:
    """Go on with the schedule of a source that was paused."""
    _pause(source, collection, namespace, paused=False)


@sources.command()
def remove(
    source: SourceArgument,
    collection: CollectionOption = "default",
    namespace: NamespaceOption = "default",
    with_documents: Annotated[
        bool, typer.Option("--documents", help="Take the documents that it brought out of search too.")
    ] = False,
) -> None:
    """Remove a source; its documents stay unless you say otherwise."""
    api = Api()
    found = _found(api, source, collection, namespace)
    removed = api.delete(f"/sources/{found['id']}", documents=with_documents)
    said = f"Removed the source {found['name']}" + (f" and {removed['documents']} documents" if with_documents else "")
    output.emit(removed, lambda console: console.print(f"{said}.", markup=False))


def _pause(source: str, collection: str, namespace: str, *, paused: bool) -> None:
    api = Api()
    found = _found(api, source, collection, namespace)
    _show(api, api.patch(f"/sources/{found['id']}", {"paused": paused}))


def _credential(variable: str) -> str:
    if not os.environ.get(variable):
        raise CommandFailed(f"The environment variable {variable} is not set.", ExitCode.USAGE)
    return os.environ[variable]


def _settings(api: Api, kind: str, places: list[str], said: list[str]) -> dict[str, Any]:
    """Return the settings of a source, each as its kind's schema wants it."""
    kinds = {one["name"]: one for one in every(api, "/source-kinds")}
    if kind not in kinds:
        raise CommandFailed(f"No kind of source is named {kind!r}; choose among {', '.join(kinds)}.", ExitCode.USAGE)
    place, properties = kinds[kind]["place"], kinds[kind]["settings"]["properties"]
    settings: dict[str, Any] = {}
    if properties[place].get("type") == "array":
        settings |= {place: places} if places else {}
    elif len(places) > 1:
        raise CommandFailed(f"A source of the kind {kind} is at one place; name one.", ExitCode.USAGE)
    elif places:
        settings[place] = places[0]
    for one in said:
        key, equals, value = one.partition("=")
        if not equals or key not in properties:
            raise CommandFailed(f"--set takes KEY=VALUE with a key of: {', '.join(properties)}.", ExitCode.USAGE)
        if properties[key].get("type") == "array":
            settings.setdefault(key, []).append(value)
        else:
            settings[key] = value if _is_text(properties[key]) else _json(key, value)
    return settings


def _is_text(member: dict[str, Any]) -> bool:
    kinds = [member, *member.get("anyOf", ())]
    return any(one.get("type") == "string" for one in kinds)


def _json(key: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise CommandFailed(f"--set {key}: {value!r} is neither a number nor true or false.", ExitCode.USAGE) from None


def _found(api: Api, source: str, collection: str, namespace: str) -> dict[str, Any]:
    listed = every(api, f"/collections/{api.quote(collection)}/sources", namespace=namespace)
    found = next((row for row in listed if source in (row["name"], row["id"])), None)
    if found is None:
        raise CommandFailed(
            f"{collection} has no source {source!r}; see `docs source list -c {collection}`.", ExitCode.REFUSED
        )
    return found


def _read(api: Api, source: dict[str, Any]) -> dict[str, Any]:
    """Return a source once its last reading has ended; fail as its job did."""
    job = followed(api, {"id": source["last_run"]["job_id"], "state": "queued"}, "/jobs", ("queued", "running"))
    if job["state"] != "succeeded":
        reason = job["error_message"] or f"It was {job['state']}."
        raise CommandFailed(f"{source['name']} could not be read: {reason}", ExitCode.FAILED, job)
    return api.get(f"/sources/{source['id']}")


def _show(api: Api, source: dict[str, Any]) -> None:
    failed = api.get(f"/sources/{source['id']}/items", outcome="failed", limit=_FAILURES)["items"]
    output.emit({**source, "failures": failed}, lambda console: _render(console, source, failed))


def _render(console: Console, source: dict[str, Any], failed: list[dict[str, Any]]) -> None:
    console.print(f"{source['name']} ({source['kind']}) in {source['collection']}", markup=False, style="bold")
    for key, value in source["settings"].items():
        if value not in (None, []):
            console.print(f"  {key}: {_told(value)}", markup=False)
    documents = "1 document" if source["documents"] == 1 else f"{source['documents']} documents"
    console.print(f"  {documents}; read {_interval(source)}", markup=False)
    if source["readers"]["restricted"]:
        names = [one["name"] for key in ("groups", "principals") for one in source["readers"][key]]
        console.print(f"  only for: {', '.join(names)}", markup=False)
    console.print(f"  last reading: {_summary(source['last_run'])}", markup=False)
    for one in failed:
        console.print(f"  {one['name']}: {one['error_message']}", markup=False)


def _told(value: Any) -> str:
    return ", ".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else str(value)


def _interval(source: dict[str, Any]) -> str:
    seconds = source["every_seconds"]
    if seconds is None:
        return "on demand"
    return f"every {seconds:,} s" + (", paused" if source["paused"] else "")


def _summary(run: dict[str, Any] | None) -> str:
    if run is None:
        return "never"
    if run["state"] != "succeeded":
        return run["state"] + (f": {run['error_message']}" if run["error_message"] else "")
    return ", ".join(f"{run[name]:,} {name}" for name in _COUNTS if run[name]) or "nothing there"
