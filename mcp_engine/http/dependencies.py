"""FastAPI dependencies: `authorised("prompts:read")`, `service(PromptService)`, the namespace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import Scope

from mcp_engine.access import Authenticator, Caller
from mcp_engine.errors import NotSignedIn
from mcp_engine.http.problems import NO_CREDENTIAL
from mcp_engine.services import Services

T = TypeVar("T")
_bearer = HTTPBearer(auto_error=False, description="An API key (`mce_…`) or a session token.")

NamespaceName = Annotated[str, Query(alias="namespace", description="The namespace (project) to work in.")]
DEFAULT_NAMESPACE = "default"


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def service(kind: type[T]) -> Any:
    """Return the `Depends` that injects the one instance of `kind`."""

    async def provide(request: Request) -> T:
        return services_of(request).get(kind)

    return Depends(provide)


def authorised(scope: str | None) -> Any:
    """Return the `Depends` that injects the `Caller`, having required `scope` of it.

    None asks for a valid credential and no particular scope. Every route uses it exactly once,
    except the few that `tests/test_access.py` lists as public.
    """
    return Depends(_scope_check(scope))


_checks: dict[str | None, Callable[..., Awaitable[Caller]]] = {}


def _scope_check(scope: str | None) -> Callable[..., Awaitable[Caller]]:
    if scope in _checks:
        return _checks[scope]

    async def check(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Caller:
        admitted: Caller | None = getattr(request.state, "caller", None)
        if admitted is not None:
            # Before its body was read: one request counts once against a key's limit.
            if scope is not None:
                admitted.require(scope)
            return admitted
        if credentials is None:
            raise NotSignedIn(NO_CREDENTIAL, "Send an API key: `Authorization: Bearer mce_…`.")
        caller = await services_of(request).get(Authenticator).authenticate(credentials.credentials)
        if scope is not None:
            caller.require(scope)
        request.state.caller = caller
        return caller

    check.required_scope = scope  # type: ignore[attr-defined]
    _checks[scope] = check
    return check


async def check_before_body(scope: Scope, route: Any) -> bool:
    """Authenticate a request as its route will, before the route reads the body; False where anybody may come.

    Args:
        scope: the request, after routing.
        route: FastAPI's route.

    Raises:
        NotSignedIn, NotAllowed, SlowDown: as the route would.
    """
    dependant = getattr(route, "dependant", None)
    calls = [dependency.call for dependency in dependant.dependencies] if dependant else []
    check = next((call for call in calls if call in _checks.values()), None)
    if check is None:
        return False
    if "caller" not in scope.get("state", {}):
        request = Request(scope)
        await check(request, await _bearer(request))
    return True
