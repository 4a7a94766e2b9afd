"""The rules of identity: who may make what, and what each change leaves in the log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID

from mcp_engine.access import ENGINE, Caller, PrincipalKind
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mcp_engine.http.idempotency import IdempotencyKey
from mcp_engine.idempotency.claims import Claim, claim, claimed
from mcp_engine.identifiers import checked_name, new_id
from mcp_engine.identity import live
from mcp_engine.identity.access_tokens import AccessTokens
from mcp_engine.identity.authentication import Authentication, utc_now
from mcp_engine.identity.credentials import API_KEY, Credential
from mcp_engine.identity.namespaces import DEFAULT_NAMESPACE
from mcp_engine.identity.permissions import EVERY_SCOPE, PermissionRegistry, Role
from mcp_engine.identity.repository import IdentityRepository, operating_tenant_id
from mcp_engine.identity.sessions import SessionService
from mcp_engine.identity.tables import ApiKey, Namespace, Principal, Tenant
from mcp_engine.secrets import Secrets

DEFAULT_TENANT = "default"
DEFAULT_REQUESTS_PER_SECOND = 50.0
DEFAULT_BURST = 200


@dataclass(frozen=True, slots=True)
class OwnerKey:
    """A new tenant's only key; it is shown once and can't be read again."""

    tenant_id: UUID
    principal_id: UUID
    key_id: UUID
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """What a new key shall be.

    Args:
        scopes: what it may do at the most; `*` for whatever its principal's role allows.
        requests_per_second: sustained rate; `burst` requests may come at once.
    """

    principal_id: UUID
    name: str
    scopes: Sequence[str] = (EVERY_SCOPE,)
    expires_at: datetime | None = None
    requests_per_second: float = DEFAULT_REQUESTS_PER_SECOND
    burst: int = DEFAULT_BURST


@dataclass(frozen=True, slots=True)
class Me:
    """A caller as the database knows it."""

    tenant: Tenant
    principal: Principal
    caller: Caller


class IdentityService:
    """Tenants, namespaces, principals, keys and sessions; implements `mcp_engine.access.Authenticator`.

    Args:
        now: wall clock for expiry.
        clock: monotonic seconds for rate limits and the cache of grants.
    """

    def __init__(
        self,
        database: Database,
        secrets: Secrets,
        permissions: PermissionRegistry,
        *,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        tokens = AccessTokens(secrets.session_key, now)
        self.permissions = permissions
        self._database = database
        self._now = now
        self._authentication = Authentication(database, tokens, permissions, now=now, clock=clock)
        self.sessions = SessionService(database, self._authentication, tokens, now)

    async def authenticate(self, credential: str) -> Caller:
        return await self._authentication.authenticate(credential)

    async def me(self, caller: Caller) -> Me:
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = IdentityRepository(work)
            principal = await self._principal(repository, caller.principal_id)
            return Me(await repository.tenant(), principal, caller)

    # tenants

    async def bootstrap(self, tenant_name: str = DEFAULT_TENANT) -> OwnerKey | None:
        """At the first start, make the tenant that runs the instance; None when there is one already.

        The key is durable when this returns and exists nowhere else: show it, or it is lost.
        """
        return await self._new_tenant(tenant_name, operates=True, actor_id=None)

    async def replace_owner_key(self) -> OwnerKey:
        """Make one more key of the operating tenant's oldest owner, for whoever holds the machine and lost theirs.

        It asks for no credential, so nothing that a network reaches may call it.

        Raises:
            NotFound: `tenant.none` before the first start.
        """
        async with self._database.global_work() as session:
            tenant_id = await operating_tenant_id(session)
        if tenant_id is None:
            raise NotFound("tenant.none", "There is no tenant yet: the first start makes one with its owner's key.")
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            owner_id = (await IdentityRepository(work).lock_enabled_owners())[0]
            key, text = await self._add_key(work, KeyRequest(owner_id, "replacement"), created_by=owner_id)
            return OwnerKey(tenant_id, owner_id, key.id, text)

    async def operating_owner(self) -> Caller | None:
        """Return the operating tenant's oldest owner, as whom a start goes on with its work; None before the first.

        It asks for no credential, so nothing that a network reaches may call it.
        """
        async with self._database.global_work() as session:
            tenant_id = await operating_tenant_id(session)
        if tenant_id is None:
            return None
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            owner_id = (await IdentityRepository(work).lock_enabled_owners())[0]
        scopes = self.permissions.effective("owner", [EVERY_SCOPE], operates=True)
        return Caller(tenant_id, owner_id, "person", scopes, credential_id=ENGINE)

    async def create_tenant(self, caller: Caller, name: str) -> OwnerKey:
        """Make a tenant with the namespace `default`, one owner and that owner's key.

        Raises:
            NotAllowed: without the scope `instance:operate`.
            Conflict: `tenant.exists`.
        """
        caller.require("instance:operate")
        owner = await self._new_tenant(name, operates=False, actor_id=caller.principal_id)
        if owner is None:
            raise Conflict("tenant.exists", f"There is a tenant {name!r} already; choose another name.")
        return owner

    async def _new_tenant(self, name: str, *, operates: bool, actor_id: UUID | None) -> OwnerKey | None:
        checked_name(name, what="tenant")
        tenant_id, principal_id = new_id(), new_id()
        async with self._database.unit_of_work(tenant_id, actor_id or principal_id) as work:
            repository = IdentityRepository(work)
            if not await repository.add_tenant(name, operates=operates):
                return None
            await append(work, AuditEvent("tenant.created", str(tenant_id)))
            await self._add_namespace(work, DEFAULT_NAMESPACE)
            await self._add_principal(work, principal_id, "person", "owner", "owner")
            key, text = await self._add_key(
                work, KeyRequest(principal_id, "first key of the owner"), created_by=principal_id
            )
        return OwnerKey(tenant_id, principal_id, key.id, text)

    # namespaces

    async def create_namespace(self, caller: Caller, name: str) -> Namespace:
        """Make a namespace.

        Raises:
            InvalidInput: `name.invalid`.
            Conflict: `namespace.exists`.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            return await self._add_namespace(work, checked_name(name, what="namespace"))

    async def namespaces(self, caller: Caller, *, after: str | None = None, limit: int = 100) -> Sequence[Namespace]:
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            return await IdentityRepository(work).namespaces(after=after, limit=limit)

    async def _add_namespace(self, work: UnitOfWork, name: str) -> Namespace:
        namespace = await IdentityRepository(work).add_namespace(name)
        if namespace is None:
            raise Conflict("namespace.exists", f"There is a namespace {name!r} already.")
        await append(work, AuditEvent(live.NAMESPACE_CREATED, name))
        return namespace

    # principals

    async def create_principal(self, caller: Caller, *, kind: PrincipalKind, name: str, role: Role) -> Principal:
        """Add a person or a machine; it can do nothing until it gets a key.

        Raises:
            NotAllowed: `access.grant_exceeds_own` for a role that can do more than the caller.
            Conflict: `principal.exists`.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await self._check_may_give_role(caller, IdentityRepository(work), role)
            return await self._add_principal(work, new_id(), kind, name, role)

    async def principals(self, caller: Caller, *, after: UUID | None = None, limit: int = 100) -> Sequence[Principal]:
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            return await IdentityRepository(work).principals(after=after, limit=limit)

    async def change_principal(
        self, caller: Caller, principal_id: UUID, *, role: Role | None = None, disabled: bool | None = None
    ) -> Principal:
        """Change a principal's role, or switch it off or on; all its keys and sessions follow at once.

        Raises:
            NotFound: `principal.not_found`.
            NotAllowed: `access.grant_exceeds_own` when the caller would give more than it has.
            Conflict: `principal.last_owner` when nobody could administer the tenant afterwards.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = IdentityRepository(work)
            # Every change locks the owners first, so that two of them can't each spare the other.
            owners = await repository.lock_enabled_owners()
            before = await self._principal(repository, principal_id, for_update=True)
            previous_role, was_disabled = before.role, before.disabled_at is not None
            new_role = role or cast(Role, previous_role)
            off = was_disabled if disabled is None else disabled
            if (new_role, off) == (previous_role, was_disabled):
                return before
            if not off:
                await self._check_may_give_role(caller, repository, new_role)
            if list(owners) == [principal_id] and (off or new_role != "owner"):
                raise Conflict("principal.last_owner", "This is the last owner; make another one first.")
            disabled_at = (before.disabled_at or self._now()) if off else None
            changed = await repository.change_principal(principal_id, role=new_role, disabled_at=disabled_at)
            if new_role != previous_role:
                facts = {"role": new_role, "previous_role": previous_role}
                await append(work, AuditEvent("principal.role_changed", str(principal_id), facts))
            if off != was_disabled:
                kind = "principal.disabled" if off else "principal.enabled"
                await append(work, AuditEvent(kind, str(principal_id)))
            work.after_commit(lambda: self._authentication.grants.forget_principal(principal_id))
            return changed

    async def _add_principal(
        self, work: UnitOfWork, principal_id: UUID, kind: PrincipalKind, name: str, role: Role
    ) -> Principal:
        row = Principal(tenant_id=work.tenant_id, id=principal_id, kind=kind, name=name, role=role)
        principal = await IdentityRepository(work).add_principal(row)
        if principal is None:
            raise Conflict("principal.exists", f"There is a principal {name!r} already; choose another name.")
        await append(work, AuditEvent(live.PRINCIPAL_CREATED, str(principal_id), {"kind": kind, "role": role}))
        return principal

    async def _principal(
        self, repository: IdentityRepository, principal_id: UUID, *, for_update: bool = False
    ) -> Principal:
        principal = await repository.principal(principal_id, for_update=for_update)
        if principal is None:
            raise NotFound(
                "principal.not_found", f"There is no principal {principal_id}; list them by GET /principals."
            )
        return principal

    # keys

    async def create_key(
        self, caller: Caller, request: KeyRequest, *, once: IdempotencyKey | None = None
    ) -> tuple[ApiKey, str]:
        """Make a key; return its row, and the key itself for the only time: a repeat with `once` makes no second.

        Raises:
            NotFound: `principal.not_found`.
            InvalidInput: `key.unknown_scope`, `key.scope_outside_role`, `key.expires_in_the_past`.
            NotAllowed: `access.grant_exceeds_own` for a scope that the caller lacks.
            Conflict: `principal.disabled`; `key.made_before` for a repeat, which can't be told the key again.
        """
        self.permissions.check_known(request.scopes)
        if request.expires_at and request.expires_at <= self._now():
            raise InvalidInput("key.expires_in_the_past", "`expires_at` lies in the past; choose a later moment.")
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = IdentityRepository(work)
            principal = await self._principal(repository, request.principal_id)
            if principal.disabled_at is not None:
                raise Conflict("principal.disabled", "This principal is disabled; enable it first.")
            await self._check_scopes(caller, repository, principal, request.scopes)
            if once is not None and (first := await claimed(work, once)) is not None:
                raise _made_before(first)
            key, text = await self._add_key(work, request, created_by=caller.principal_id)
            if once is not None:
                await claim(work, Claim(once), key.id)
            return key, text

    async def keys(
        self, caller: Caller, *, principal_id: UUID | None = None, after: UUID | None = None, limit: int = 100
    ) -> Sequence[ApiKey]:
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            return await IdentityRepository(work).keys(principal_id=principal_id, after=after, limit=limit)

    async def revoke_key(self, caller: Caller, key_id: UUID) -> None:
        """Revoke a key and the sessions it opened, on this server at once; a second time does nothing.

        Raises:
            NotFound: `key.not_found`.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = IdentityRepository(work)
            key = await repository.key(key_id)
            if key is None:
                raise NotFound("key.not_found", f"There is no key {key_id}; list them by GET /keys.")
            if await repository.revoke_key(key_id, self._now()):
                facts = live.revoked_facts(key, revoked=True)
                await append(work, AuditEvent(live.KEY_REVOKED, str(key_id), facts))
                work.after_commit(lambda: self._authentication.grants.forget_key(key_id))

    async def _add_key(self, work: UnitOfWork, request: KeyRequest, *, created_by: UUID) -> tuple[ApiKey, str]:
        credential = Credential.new(API_KEY, work.tenant_id, new_id())
        row = ApiKey(
            tenant_id=work.tenant_id,
            id=credential.id,
            principal_id=request.principal_id,
            created_by=created_by,
            name=request.name,
            secret_hash=credential.secret_hash,
            scopes=sorted(set(request.scopes)),
            requests_per_second=request.requests_per_second,
            burst=request.burst,
            expires_at=request.expires_at,
        )
        key = await IdentityRepository(work).add_key(row)
        await append(work, AuditEvent(live.KEY_CREATED, str(key.id), live.created_facts(key)))
        return key, credential.reveal()

    # what a caller may give

    async def _check_scopes(
        self, caller: Caller, repository: IdentityRepository, principal: Principal, scopes: Iterable[str]
    ) -> None:
        operates = (await repository.tenant()).operates
        of_role = self.permissions.of_role(principal.role, operates=operates)
        outside = sorted(set(scopes) - of_role - {EVERY_SCOPE})
        if outside:
            raise InvalidInput(
                "key.scope_outside_role",
                f"The role {principal.role} does not hold {', '.join(outside)}: leave it out, or change the role.",
            )
        _check_may_grant(caller, self.permissions.effective(principal.role, scopes, operates=operates))

    async def _check_may_give_role(self, caller: Caller, repository: IdentityRepository, role: Role) -> None:
        tenant = await repository.tenant()
        _check_may_grant(caller, self.permissions.of_role(role, operates=tenant.operates))


def _check_may_grant(caller: Caller, scopes: frozenset[str]) -> None:
    excess = sorted(scopes - caller.scopes)
    if excess:
        raise NotAllowed(
            "access.grant_exceeds_own",
            f"You can give only scopes that your own credential has; it lacks {', '.join(excess)}.",
            details={"missing_scopes": excess},
        )


def _made_before(key_id: UUID) -> Conflict:
    return Conflict(
        "key.made_before",
        f"The first request with this Idempotency-Key made the key {key_id}, which was shown in its answer alone. "
        "If that answer was lost, revoke the key and make another under a new Idempotency-Key.",
        details={"key_id": str(key_id)},
    )
