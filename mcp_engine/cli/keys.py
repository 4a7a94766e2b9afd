"""`mcp-engine key`: make, list and revoke API keys."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_engine.cli import output
from mcp_engine.cli.client import Api
from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.cli.groups import CommandGroup

if TYPE_CHECKING:
    from rich.console import Console

commands = CommandGroup("API keys: who can call the engine, and what they may do.")

_PAGE = 200
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="Such as prompts:run; repeat it. All that the role allows when left out.")
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(help="Make a machine named NAME with this role (automation, runner, viewer, editor, owner)."),
    ] = None,
    person: Annotated[bool, typer.Option("--person", help="With --role: make a person, who may approve.")] = False,
    principal: Annotated[str | None, typer.Option(help="Id of the person or machine; yours when left out.")] = None,
    expires_in: Annotated[str | None, typer.Option(help="Such as 12h, 30d or 8w; never when left out.")] = None,
    rate: Annotated[float | None, typer.Option(help="Requests a second that the key may keep up.")] = None,
    burst: Annotated[int | None, typer.Option(help="Requests that may come at once.")] = None,
) -> None:
    """Make a key and print it: it can't be read again."""
    if role and principal:
        raise CommandFailed("Give --role for a new machine or --principal for one that exists.", ExitCode.USAGE)
    if person and not role:
        raise CommandFailed("Say with --role what the person may do.", ExitCode.USAGE)
    body: dict[str, Any] = {"name": name, "scopes": scope, "requests_per_second": rate, "burst": burst}
    if expires_in:
        body["expires_at"] = (datetime.now(UTC) + _duration(expires_in)).isoformat()
    api = Api()
    if role:
        principal = api.post("/principals", {"kind": "person" if person else "machine", "name": name, "role": role})[
            "id"
        ]
    body["principal_id"] = principal
    try:
        made = api.post("/keys", {field: value for field, value in body.items() if value is not None})
    except CommandFailed as failure:
        if not role:
            raise
        hint = f"{name!r} is made: repeat with `--principal {principal}` in place of `--role`."
        raise CommandFailed(f"{failure.message} {hint}", failure.exit_code, failure.problem) from failure
    output.emit(made, lambda console: _print_key(console, made))


@commands.command("list")
def list_keys() -> None:
    """List keys with what they may do; never their secrets."""
    api, keys, cursor = Api(), list[dict[str, Any]](), None
    while True:
        page = api.get("/keys", limit=_PAGE, cursor=cursor)
        keys += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    rows = (
        (key["id"], key["name"], " ".join(key["scopes"]), _state(key), _moment(key["last_used_at"])) for key in keys
    )
    output.emit(
        keys,
        output.table(["ID", "NAME", "SCOPES", "STATE", "LAST USED"], rows, empty="No keys: make one by `key create`."),
    )


@commands.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="From `key list`.")]) -> None:
    """Revoke a key and every session it opened."""
    Api().delete(f"/keys/{Api.quote(key_id)}")
    output.emit({"id": key_id, "revoked": True}, lambda console: console.print(f"Revoked {key_id}.", markup=False))


def _print_key(console: Console, made: dict[str, Any]) -> None:
    console.print(made["api_key"], markup=False, soft_wrap=True)
    output.error_console().print(f"Keep it now, it is not shown again. Its id is {made['id']}.", markup=False)


def _state(key: dict[str, Any]) -> str:
    if key["revoked_at"]:
        return "revoked"
    expires = key["expires_at"]
    if expires is None:
        return "active"
    if datetime.fromisoformat(expires) <= datetime.now(UTC):
        return "expired"
    return f"until {_moment(expires)}"


def _moment(text: str | None) -> str | None:
    return text and text[:16].replace("T", " ")


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,5})([mhdw])", text)
    if not match:
        raise CommandFailed(f"{text!r} is no duration; write 30m, 12h, 30d or 8w.", ExitCode.USAGE)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
