"""Roles and the scopes that components bring."""

from __future__ import annotations

import pytest

from mcp_engine.access import Permission
from mcp_engine.errors import InvalidInput
from mcp_engine.identity.permissions import EVERY_SCOPE, OPERATE, ROLES, PermissionRegistry
from tests.conftest import ALL_SCOPES
from tests.mcp_engine.identity.conftest import CONTRIBUTED

REGISTRY = PermissionRegistry(CONTRIBUTED)


def scopes(role: str) -> frozenset[str]:
    return REGISTRY.of_role(role, operates=True)


def test_owners_hold_everything_also_what_components_add() -> None:
    assert scopes("owner") == {permission.scope for permission in REGISTRY.all()} >= ALL_SCOPES


def test_running_the_instance_is_for_owners_of_the_operating_tenant() -> None:
    assert OPERATE not in REGISTRY.of_role("owner", operates=False)
    assert all(OPERATE not in scopes(role) for role in ROLES if role != "owner")


def test_each_role_is_as_wide_as_its_work() -> None:
    assert all(scope.endswith(":read") for scope in scopes("viewer"))
    assert scopes("viewer") <= scopes("editor") < scopes("owner")
    assert scopes("editor") - scopes("automation") == {"labels:write", "gates:approve", "identity:read"}
    assert {"prompts:run", "ask", "capabilities:call", "prompts:read", "documents:read"} <= scopes("runner")
    assert not any(scope.endswith(":write") for scope in scopes("runner"))
    assert not {"identity:write", "providers:write"} & scopes("editor")


def test_an_unknown_role_holds_nothing() -> None:
    assert scopes("emperor") == frozenset()


def test_a_key_can_do_what_both_it_and_the_role_allow() -> None:
    assert REGISTRY.effective("viewer", ["prompts:read", "prompts:write"], operates=True) == {"prompts:read"}
    assert REGISTRY.effective("viewer", [EVERY_SCOPE], operates=True) == scopes("viewer")
    assert REGISTRY.effective("owner", [], operates=True) == frozenset()


@pytest.mark.parametrize("scope", ["prompts:read", "*"])
def test_a_component_can_not_redefine_a_scope(scope: str) -> None:
    with pytest.raises(ValueError, match="declared twice or reserved"):
        PermissionRegistry([Permission(scope, "Mine now.")])


def test_unknown_scopes_are_named_with_those_that_exist() -> None:
    REGISTRY.check_known(["ask", "*"])
    with pytest.raises(InvalidInput, match=r"ask me.*prompts:run"):
        REGISTRY.check_known(["ask me"])
