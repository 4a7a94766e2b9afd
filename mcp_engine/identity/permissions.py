"""Scopes, what they allow, and which role holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from mcp_engine.access import Permission
from mcp_engine.errors import InvalidInput

Role = Literal["owner", "editor", "automation", "runner", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)
EVERY_SCOPE = "*"
"""On a key: whatever the principal's role allows, also what a component adds later."""
OPERATE = "instance:operate"

CORE_PERMISSIONS: tuple[Permission, ...] = (
    Permission("prompts:read", "Read prompts, their versions, labels and history."),
    Permission("prompts:write", "Push new versions of prompts."),
    Permission("prompts:run", "Run a prompt on a model."),
    Permission("artifacts:read", "Read artifacts of every kind, their versions, labels and history."),
    Permission("artifacts:write", "Push new versions of artifacts of every kind."),
    Permission("labels:write", "Move labels such as production: decide what is released."),
    Permission("labels:override", "Release without the evidence that a gate asks for; it shows for ever."),
    Permission("gates:read", "Read gates, requests for releases, and what is left of error budgets."),
    Permission("gates:write", "Set up gates: decide what a release needs."),
    Permission("gates:request", "Ask for a release, which gathers the evidence that gates want."),
    Permission("gates:approve", "Approve or reject releases, as a person."),
    Permission("datasets:read", "Read datasets and their rows, except the sealed split."),
    Permission("datasets:write", "Push datasets, and erase what rows hold."),
    Permission("evaluations:read", "Read evaluations, their rows and scores, and compare them."),
    Permission("evaluations:label", "Judge outputs, as a person, so that judges can be calibrated."),
    Permission("evaluations:run", "Run a version on the rows of a dataset, and score it."),
    Permission("experiments:read", "Read experiments and what may be concluded from them."),
    Permission("experiments:write", "Start and stop experiments."),
    Permission("experiments:expose", "Report whom a client showed which arm of an experiment."),
    Permission("executions:read", "Read executions with their inputs and outputs."),
    Permission("executions:write", "Record executions that ran elsewhere; erase their contents."),
    Permission("feedback:give", "Give feedback on executions and sessions."),
    Permission("audit:read", "Read and verify the audit log, and export proofs."),
    Permission("logs:read", "Read the log lines of the tenant's work."),
    Permission("identity:read", "Read who the principals are, their groups, and which keys they hold; never a secret."),
    Permission("identity:write", "Make and disable principals, keys, groups and namespaces."),
    Permission("providers:read", "Read which model providers are set up; never a credential."),
    Permission("providers:write", "Set up model providers and their credentials."),
    Permission("jobs:read", "Follow background jobs."),
    Permission("jobs:write", "Start, repeat and cancel background jobs."),
    Permission("capabilities:read", "List capabilities."),
    Permission("capabilities:call", "Call capabilities; each asks for its own scopes besides."),
    Permission(OPERATE, "Run the instance itself: make tenants, back up, restore, read its metrics and own log lines."),
)

ROLE_DESCRIPTIONS: Mapping[Role, str] = {
    "owner": "Everything in the tenant, also people, keys and providers.",
    "editor": "Reads, runs, changes and releases; no people, no provider credentials.",
    "automation": "For machines that build, such as CI: as an editor, but it can't release.",
    "runner": "For machines that serve: reads what it runs, and runs it.",
    "viewer": "Reads everything, changes and runs nothing.",
}

_OWNERS_ONLY = frozenset({"identity:write", "providers:write", "gates:write", "labels:override", OPERATE})
_NOT_FOR_RUNNERS = frozenset(
    {"audit:read", "identity:read", "logs:read", "providers:read", "gates:request", "gates:approve"}
)
_NOT_FOR_AUTOMATION = frozenset({"labels:write", "identity:read", "gates:approve"})


class PermissionRegistry:
    """Every scope there is: the core's, and those that components contribute.

    A scope is `<noun>:<verb>` or a bare verb. Roles follow from the verb, so a contributed scope
    needs no configuration: `read` is for every role, `write` for owner, editor and automation, and
    any other verb (`run`, `call`, `ask`) uses something, for all but viewers.
    """

    def __init__(self, contributed: Iterable[Permission] = ()) -> None:
        self._permissions: dict[str, Permission] = {}
        for permission in (*CORE_PERMISSIONS, *contributed):
            if permission.scope in self._permissions or permission.scope == EVERY_SCOPE:
                raise ValueError(f"the scope {permission.scope!r} is declared twice or reserved")
            self._permissions[permission.scope] = permission
        self._by_role = {role: frozenset(scope for scope in self._permissions if _holds(role, scope)) for role in ROLES}

    def all(self) -> tuple[Permission, ...]:
        return tuple(self._permissions.values())

    def of_role(self, role: str, *, operates: bool) -> frozenset[str]:
        """Return the scopes of a role; an unknown role has none.

        Args:
            role: one of `ROLES`.
            operates: whether the tenant runs the instance. Owners of other tenants don't get
                `instance:operate`: it reaches every tenant's data.
        """
        scopes = self._by_role.get(role, frozenset())  # type: ignore[call-overload]
        return scopes if operates else scopes - {OPERATE}

    def effective(self, role: str, key_scopes: Iterable[str], *, operates: bool) -> frozenset[str]:
        """Return what a key can do now: its own scopes, as far as the principal's role still has them."""
        held = self.of_role(role, operates=operates)
        wanted = frozenset(key_scopes)
        return held if EVERY_SCOPE in wanted else held & wanted

    def check_known(self, scopes: Iterable[str]) -> None:
        """Raise `InvalidInput` (`key.unknown_scope`), naming what exists, for a scope that nobody declared."""
        unknown = sorted(set(scopes) - self._permissions.keys() - {EVERY_SCOPE})
        if unknown:
            known = ", ".join(sorted(self._permissions))
            raise InvalidInput(
                "key.unknown_scope",
                f"No such scope: {', '.join(unknown)[:200]}. Choose among * (all of the role), {known}.",
            )


def roles_holding(scope: str) -> tuple[Role, ...]:
    """Return the roles that have a core scope."""
    return tuple(role for role in ROLES if _holds(role, scope))


def _holds(role: Role, scope: str) -> bool:
    if role == "owner":
        return True
    if scope in _OWNERS_ONLY:
        return False
    verb = scope.rpartition(":")[2]
    match role:
        case "viewer":
            return verb == "read"
        case "runner":
            return verb != "write" and scope not in _NOT_FOR_RUNNERS
        case "automation":
            return scope not in _NOT_FOR_AUTOMATION
        case _:
            return True
