"""Namespaces, principals, keys, sessions and tenants over REST."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.idempotency import Idempotency
from mcp_engine.http.paging import Cursor, Limit, Page, decode_cursor, decode_id_cursor, page_of
from mcp_engine.http.problems import documented
from mcp_engine.identity import schemas
from mcp_engine.identity.permissions import ROLE_DESCRIPTIONS
from mcp_engine.identity.service import IdentityService, KeyRequest

router = APIRouter(tags=["identity"])

Identity = Annotated[IdentityService, service(IdentityService)]
AnyCaller = Annotated[Caller, authorised(None)]
Reader = Annotated[Caller, authorised("identity:read")]
Writer = Annotated[Caller, authorised("identity:write")]
Operator = Annotated[Caller, authorised("instance:operate")]


@router.get("/me", summary="Show who you are")
async def show_me(caller: AnyCaller, identity: Identity) -> schemas.MeOut:
    """The principal and tenant behind the credential, and its scopes at the moment."""
    return schemas.MeOut.of(await identity.me(caller))


@router.get("/permissions", summary="List scopes and roles")
async def list_permissions(caller: AnyCaller, identity: Identity) -> schemas.PermissionsOut:
    """What each scope allows and which role holds it, with what installed components add."""
    operates = (await identity.me(caller)).tenant.operates
    return schemas.PermissionsOut(
        scopes=[
            schemas.PermissionOut(scope=permission.scope, description=permission.description)
            for permission in identity.permissions.all()
        ],
        roles=[
            schemas.RoleOut(
                role=role,
                description=description,
                scopes=sorted(identity.permissions.of_role(role, operates=operates)),
            )
            for role, description in ROLE_DESCRIPTIONS.items()
        ],
    )


@router.get("/namespaces", summary="List namespaces")
async def list_namespaces(
    caller: AnyCaller, identity: Identity, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.NamespaceOut]:
    """The tenant's namespaces by name."""
    position = decode_cursor(cursor, parts=1)
    after = None if position is None else str(position[0])
    rows = await identity.namespaces(caller, after=after, limit=limit + 1)
    return page_of([schemas.NamespaceOut.model_validate(row) for row in rows], limit, lambda item: (item.name,))


@router.post("/namespaces", summary="Create a namespace", status_code=201)
async def create_namespace(caller: Writer, identity: Identity, body: schemas.NamespaceIn) -> schemas.NamespaceOut:
    """Make a project inside the tenant."""
    return schemas.NamespaceOut.model_validate(await identity.create_namespace(caller, body.name))


@router.get("/principals", summary="List principals")
async def list_principals(
    caller: Reader, identity: Identity, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.PrincipalOut]:
    """The tenant's persons and machines, oldest first."""
    rows = await identity.principals(caller, after=decode_id_cursor(cursor), limit=limit + 1)
    return page_of([schemas.PrincipalOut.model_validate(row) for row in rows], limit, lambda item: (str(item.id),))


@router.post("/principals", summary="Create a principal", status_code=201)
async def create_principal(caller: Writer, identity: Identity, body: schemas.PrincipalIn) -> schemas.PrincipalOut:
    """Add a person or a machine; give it a key next."""
    row = await identity.create_principal(caller, kind=body.kind, name=body.name, role=body.role)
    return schemas.PrincipalOut.model_validate(row)


@router.patch("/principals/{principal_id}", summary="Change a principal")
async def change_principal(
    caller: Writer, identity: Identity, principal_id: UUID, body: schemas.PrincipalChange
) -> schemas.PrincipalOut:
    """Change the role, or switch the principal off or on; its keys and sessions follow."""
    row = await identity.change_principal(caller, principal_id, role=body.role, disabled=body.disabled)
    return schemas.PrincipalOut.model_validate(row)


@router.get("/keys", summary="List keys")
async def list_keys(
    caller: Reader,
    identity: Identity,
    principal_id: Annotated[UUID | None, Query(description="Only the keys of this principal.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.KeyOut]:
    """The tenant's keys, oldest first, also expired and revoked ones; never their secrets."""
    rows = await identity.keys(caller, principal_id=principal_id, after=decode_id_cursor(cursor), limit=limit + 1)
    return page_of([schemas.KeyOut.model_validate(row) for row in rows], limit, lambda item: (str(item.id),))


@router.post("/keys", summary="Create a key", status_code=201)
async def create_key(
    caller: Writer, identity: Identity, body: schemas.KeyIn, response: Response, once: Idempotency
) -> schemas.NewKeyOut:
    """Make an API key; this answer is the only place that holds it.

    A repeat with the same `Idempotency-Key` makes no second key: it is told which one was made (409).
    """
    request = KeyRequest(
        principal_id=body.principal_id or caller.principal_id,
        name=body.name,
        scopes=body.scopes,
        expires_at=body.expires_at,
        requests_per_second=body.requests_per_second,
        burst=body.burst,
    )
    row, api_key = await identity.create_key(caller, request, once=once)
    _keep_out_of_caches(response)
    return schemas.NewKeyOut.of(row, api_key)


@router.delete("/keys/{key_id}", summary="Revoke a key", status_code=204)
async def revoke_key(caller: Writer, identity: Identity, key_id: UUID) -> None:
    """Revoke a key and every session it opened."""
    await identity.revoke_key(caller, key_id)


@router.post("/sessions", summary="Sign in", status_code=201, responses=documented(401, 429))
async def open_session(identity: Identity, body: schemas.SessionIn, response: Response) -> schemas.SessionOut:
    """Exchange an API key for a short-lived access token and a refresh token."""
    _keep_out_of_caches(response)
    return schemas.SessionOut.model_validate(await identity.sessions.open(body.api_key))


@router.post("/sessions/refresh", summary="Refresh a session", responses=documented(401))
async def refresh_session(identity: Identity, body: schemas.RefreshIn, response: Response) -> schemas.SessionOut:
    """Exchange a refresh token, or a sign-in link's token, for new tokens; each works once."""
    _keep_out_of_caches(response)
    return schemas.SessionOut.model_validate(await identity.sessions.refresh(body.refresh_token))


@router.post("/sessions/link", summary="Make a sign-in link", status_code=201)
async def create_sign_in_link(caller: AnyCaller, identity: Identity, response: Response) -> schemas.SignInLinkOut:
    """Make a token that signs a browser in as you, once, within five minutes."""
    _keep_out_of_caches(response)
    return schemas.SignInLinkOut.model_validate(await identity.sessions.sign_in_link(caller))


@router.delete("/sessions", summary="Sign out", status_code=204)
async def end_session(caller: AnyCaller, identity: Identity) -> None:
    """End the session of the presented access token."""
    await identity.sessions.end(caller)


@router.post("/tenants", summary="Create a tenant", status_code=201)
async def create_tenant(
    caller: Operator, identity: Identity, body: schemas.TenantIn, response: Response
) -> schemas.OwnerKeyOut:
    """Make an isolated tenant with one owner; this answer is the only place that holds the owner's key."""
    _keep_out_of_caches(response)
    return schemas.OwnerKeyOut.model_validate(await identity.create_tenant(caller, body.name))


def _keep_out_of_caches(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"
