"""Sessions: short-lived access tokens, and refresh tokens that work once each.

Rotation follows RFC 9700 (OAuth 2.0 Security Best Current Practice), section 4.14.2: every refresh
answers a new refresh token and uses up the old one. A second use of a used one means that two
parties hold the chain, so the whole session ends and both must sign in again.

An answer can get lost: a page is reloaded while it refreshes, a connection breaks. So for `REPEAT_WINDOW` a used
token may be used again as long as its successor was not; the successor is taken back. That hides no thief:
whoever of the two comes second after that presents a token that was taken back, and the session ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from mcp_engine.access import ENGINE, Caller
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Conflict, NotAllowed
from mcp_engine.identifiers import new_id
from mcp_engine.identity.access_tokens import ACCESS_TOKEN_LIFETIME, AccessToken, AccessTokens
from mcp_engine.identity.authentication import Authentication
from mcp_engine.identity.credentials import REFRESH_TOKEN, Credential, not_signed_in
from mcp_engine.identity.grants import Grant
from mcp_engine.identity.repository import IdentityRepository, operating_tenant_id
from mcp_engine.identity.tables import RefreshToken, Session

SESSION_LIFETIME = timedelta(days=30)
"""After this the key must be presented again, however often the session was refreshed."""
REFRESH_TOKEN_LIFETIME = timedelta(days=7)
SIGN_IN_LINK_LIFETIME = timedelta(minutes=5)
REPEAT_WINDOW = timedelta(seconds=30)
"""For how long a refresh may be repeated whose answer was lost."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SessionTokens:
    """The two tokens of a session; each answer replaces those before it."""

    session_id: UUID
    access_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A refresh token that is good for one exchange within minutes: it opens a session elsewhere."""

    token: str = field(repr=False)
    expires_at: datetime


class SessionService:
    def __init__(
        self, database: Database, authentication: Authentication, tokens: AccessTokens, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._authentication = authentication
        self._tokens = tokens
        self._now = now

    async def open(self, api_key: str) -> SessionTokens:
        """Open a session of an API key's principal, with the key's scopes.

        Raises:
            NotSignedIn, SlowDown: as for any use of the key.
        """
        grant = await self._authentication.key_grant(api_key)
        async with self._database.unit_of_work(grant.tenant_id, grant.principal_id) as work:
            repository = IdentityRepository(work)
            await repository.remove_expired_sessions(grant.key_id, self._now())
            session = await self._new_session(work, grant.key_id)
            refresh = await self._new_refresh_token(work, session, REFRESH_TOKEN_LIFETIME)
            return self._tokens_of(grant, session, *refresh)

    async def sign_in_link(self, caller: Caller) -> SignInLink:
        """Return what opens a session of the caller's key elsewhere: `refresh` it within five minutes, once.

        Raises:
            NotAllowed: `session.link_needs_key` when the caller presented a session. A stolen access
                token must not outlive its session, nor what one makes with it.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            if await IdentityRepository(work).usable_key(caller.credential_id) is None:
                raise NotAllowed("session.link_needs_key", "Make a sign-in link with an API key, not with a session.")
            return await self._new_link(work, caller.credential_id)

    async def owners_link(self) -> SignInLink | None:
        """Return what opens a session of the operating tenant's oldest owner, for whoever holds the machine.

        It asks for no credential, so nothing that a network reaches may call it. None when no owner has a
        key that a session could hang on.
        """
        async with self._database.global_work() as session:
            tenant_id = await operating_tenant_id(session)
        if tenant_id is None:
            return None
        async with self._database.unit_of_work(tenant_id, ENGINE) as work:
            repository = IdentityRepository(work)
            key_id = await repository.owners_key(self._now())
            if key_id is None:
                return None
            await repository.remove_expired_sessions(key_id, self._now())
            return await self._new_link(work, key_id)

    async def refresh(self, refresh_token: str) -> SessionTokens:
        """Use up a refresh token for a new pair of tokens, or repeat that when its answer was lost just now.

        Raises:
            NotSignedIn: `access.invalid_credential` for a token that is unknown, expired or of an
                ended session; for one that was used before, the session has ended then, durably.
            SlowDown: the key's rate limit is spent; the token stays usable.
        """
        presented = Credential.parse(refresh_token, REFRESH_TOKEN)
        async with self._database.unit_of_work(presented.tenant_id, ENGINE) as work:
            repository = IdentityRepository(work)
            row = await repository.lock_refresh_token(presented.id)
            if not presented.matches(row.secret_hash if row else None) or row is None:
                raise not_signed_in()
            rows = await repository.usable_session(row.session_id)
            if rows is None:
                raise not_signed_in()
            grant = self._authentication.grant_of_session(rows)
            if row.used_at is None and row.superseded_at is None and row.expires_at <= self._now():
                raise not_signed_in()
            if await self._may_use(repository, row):
                self._authentication.spend(grant)
                await repository.use_refresh_token(row.id, row.used_at or self._now())
                refresh = await self._new_refresh_token(work, rows.session, REFRESH_TOKEN_LIFETIME, previous=row)
                return self._tokens_of(grant, rows.session, *refresh)
        # Outside the transaction above: raising there would take the revocation back.
        await self._end_after_reuse(grant)
        raise not_signed_in()

    async def _may_use(self, repository: IdentityRepository, row: RefreshToken) -> bool:
        """Return whether a token is unused, or its answer was lost a moment ago; what that held is taken back."""
        if row.superseded_at is not None:
            return False
        if row.used_at is None:
            return True
        if row.is_link or row.used_at + REPEAT_WINDOW <= self._now():
            return False
        return await repository.supersede_successors(row.id, self._now())

    async def end(self, caller: Caller) -> None:
        """Sign out: end the session whose access token the caller presented.

        Raises:
            Conflict: `session.not_a_session` when the credential is an API key.
        """
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            if not await IdentityRepository(work).end_session(caller.credential_id, self._now()):
                raise Conflict(
                    "session.not_a_session",
                    "This credential is an API key, which has no session to end; revoke it by DELETE /keys/{id}.",
                )
            work.after_commit(lambda: self._authentication.grants.forget_credential(caller.credential_id))

    async def _end_after_reuse(self, grant: Grant) -> None:
        session_id = grant.credential_id
        async with self._database.unit_of_work(grant.tenant_id, grant.principal_id) as work:
            if await IdentityRepository(work).end_session(session_id, self._now()):
                facts = {"principal_id": str(grant.principal_id), "key_id": str(grant.key_id)}
                await append(work, AuditEvent("session.reuse_detected", str(session_id), facts))
            work.after_commit(lambda: self._authentication.grants.forget_credential(session_id))
        _log.warning("refresh_token_reused", session_id=str(session_id), principal_id=str(grant.principal_id))

    async def _new_link(self, work: UnitOfWork, key_id: UUID) -> SignInLink:
        session = await self._new_session(work, key_id)
        return SignInLink(*await self._new_refresh_token(work, session, SIGN_IN_LINK_LIFETIME, is_link=True))

    async def _new_session(self, work: UnitOfWork, key_id: UUID) -> Session:
        session = Session(
            tenant_id=work.tenant_id, id=new_id(), key_id=key_id, expires_at=self._now() + SESSION_LIFETIME
        )
        await IdentityRepository(work).add_session(session)
        return session

    async def _new_refresh_token(
        self,
        work: UnitOfWork,
        session: Session,
        lifetime: timedelta,
        *,
        previous: RefreshToken | None = None,
        is_link: bool = False,
    ) -> tuple[str, datetime]:
        credential = Credential.new(REFRESH_TOKEN, work.tenant_id, new_id())
        expires_at = min(self._now() + lifetime, session.expires_at)
        await IdentityRepository(work).add_refresh_token(
            RefreshToken(
                tenant_id=work.tenant_id,
                id=credential.id,
                session_id=session.id,
                secret_hash=credential.secret_hash,
                expires_at=expires_at,
                is_link=is_link,
                previous_id=None if previous is None else previous.id,
            )
        )
        return credential.reveal(), expires_at

    def _tokens_of(self, grant: Grant, session: Session, refresh: str, refresh_expires_at: datetime) -> SessionTokens:
        ends = [end for end in (session.expires_at, grant.expires_at) if end]
        access = AccessToken(
            tenant_id=grant.tenant_id,
            principal_id=grant.principal_id,
            session_id=session.id,
            scopes=grant.scopes,
            expires_at=min(self._now() + ACCESS_TOKEN_LIFETIME, *ends),
        )
        return SessionTokens(session.id, self._tokens.write(access), access.expires_at, refresh, refresh_expires_at)
