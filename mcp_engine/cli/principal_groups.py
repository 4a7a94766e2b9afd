"""`mcp-engine group`: groups of people and machines, for access lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup
from mcp_engine.cli.transfer import every

if TYPE_CHECKING:
    from rich.console import Console

commands = CommandGroup("Groups of people and machines, for access lists of documents.")

NameArgument = Annotated[str, typer.Argument(help="The group.")]
PrincipalArgument = Annotated[str, typer.Argument(metavar="PRINCIPAL", help="Name or id of a person or machine.")]


@commands.command()
def create(name: NameArgument) -> None:
    """Make a group without members."""
    made = Api().post("/groups", {"name": name})
    output.emit(made, lambda console: console.print(f"Made the group {name}.", markup=False))


@commands.command("list")
def list_groups() -> None:
    """List groups and how many belong to each."""
    groups = list(every(Api(), "/groups"))
    rows = ((group["name"], group["members"], group["id"]) for group in groups)
    output.emit(groups, output.table(["NAME", "MEMBERS", "ID"], rows, empty="No groups: make one by `group create`."))


@commands.command()
def show(name: NameArgument) -> None:
    """Show who belongs to a group."""
    api = Api()
    group = api.get(f"/groups/{api.quote(name)}")
    members = list(every(api, f"/groups/{api.quote(name)}/members"))
    output.emit({**group, "principals": members}, lambda console: _print_members(console, name, members))


@commands.command()
def add(name: NameArgument, principals: Annotated[list[str], PrincipalArgument]) -> None:
    """Put people or machines into a group."""
    api = Api()
    found = _principals(api, principals)
    for one in found:
        api.put(f"/groups/{api.quote(name)}/members/{one['id']}")
    _tell(name, found, "is in")


@commands.command()
def remove(name: NameArgument, principals: Annotated[list[str], PrincipalArgument]) -> None:
    """Take people or machines out of a group; it takes effect at once."""
    api = Api()
    found = _principals(api, principals)
    for one in found:
        api.delete(f"/groups/{api.quote(name)}/members/{one['id']}")
    _tell(name, found, "is out of")


@commands.command()
def delete(name: NameArgument) -> None:
    """Delete a group that no access list names."""
    api = Api()
    api.delete(f"/groups/{api.quote(name)}")
    output.emit({"name": name, "deleted": True}, lambda console: console.print(f"Deleted {name}.", markup=False))


def _principals(api: Api, wanted: list[str]) -> list[dict[str, Any]]:
    """Return whom names or ids mean, before anything is changed."""
    known = list(every(api, "/principals"))
    by_word = {str(one["id"]): one for one in known} | {one["name"]: one for one in known}
    missing = next((word for word in wanted if _spelled(word) not in by_word), None)
    if missing is not None:
        raise CommandFailed(f"There is no person or machine {missing!r}.", ExitCode.REFUSED)
    return [by_word[_spelled(word)] for word in wanted]


def _spelled(word: str) -> str:
    """Return an id as the API writes it; a name as it is."""
    try:
        return str(UUID(word))
    except ValueError:
        return word


def _tell(name: str, principals: list[dict[str, Any]], how: str) -> None:
    def render(console: Console) -> None:
        for one in principals:
            console.print(f"{one['name']} {how} {name}.", markup=False)

    told = [{"id": one["id"], "name": one["name"]} for one in principals]
    output.emit({"group": name, "principals": told}, render)


def _print_members(console: Console, name: str, members: list[dict[str, Any]]) -> None:
    rows = [(one["name"], one["kind"], one["role"], one["id"]) for one in members]
    empty = f"Nobody belongs to {name}: `group add {name} PRINCIPAL`."
    output.table(["NAME", "KIND", "ROLE", "ID"], rows, empty=empty)(console)
