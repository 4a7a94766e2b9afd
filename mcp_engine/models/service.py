"""Which model a name means, and the providers that a tenant configured."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, cast

import httpx
from sqlalchemy.exc import IntegrityError

from mcp_engine.access import Caller
from mcp_engine.audit import events
from mcp_engine.audit.events import AuditEvent
from mcp_engine.database.engine import Database
from mcp_engine.errors import Conflict, EngineError, ModelFailed, NotFound, TimedOut
from mcp_engine.http.paging import Page, decode_cursor, page_of
from mcp_engine.identifiers import new_id
from mcp_engine.models.credentials import CredentialSeal
from mcp_engine.models.local import LocalChatModel
from mcp_engine.models.pool import ModelPool
from mcp_engine.models.port import ModelIdentity, ServedModel
from mcp_engine.models.remote import Endpoint, RemoteChatModel, remote_chat, remote_http
from mcp_engine.models.remote_errors import engine_error, status_error
from mcp_engine.models.repository import ProviderRepository
from mcp_engine.models.schemas import LOCAL, ModelView, NewProvider, ProviderOptions, ProviderTest, ProviderView
from mcp_engine.models.tables import ModelProvider
from mcp_engine.models.tokens import GgufTokens
from mcp_engine.secrets import Secrets

TEST_SECONDS = 15.0
_MOST_TEST_BYTES = 1024 * 1024
_MOST_TEST_MODELS = 200


class ModelService:
    """Resolves models and keeps providers.

    Args:
        timeout_seconds: limit of a remote call that names none.
    """

    def __init__(
        self, database: Database, pool: ModelPool, secrets: Secrets, *, timeout_seconds: float | None = None
    ) -> None:
        self._database = database
        self._pool = pool
        self._seal = CredentialSeal(secrets.credential_key)
        self._timeout_seconds = timeout_seconds or pool.options.timeout_seconds
        self._http: httpx.AsyncClient | None = None
        self._tokens: GgufTokens | None = None

    async def close(self) -> None:
        """Close connections to providers; the pool has its own `close`."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None
        if self._tokens is not None:
            await asyncio.to_thread(self._tokens.close)

    async def resolve(self, caller: Caller, name: str | None = None) -> ServedModel:
        """Return the model that `name` means: None and `local` the engine's own, else `<provider>/<model id>`.

        Raises:
            NotFound: `model.unknown`, naming what exists.
            Refused: the local weights, or the provider's credential, can't be read.
        """
        if name is None or name == LOCAL:
            return await self._local()
        provider_name, _, model = name.partition("/")
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = ProviderRepository(work.session)
            provider = await repository.find(provider_name) if model else None
            if provider is None:
                raise _unknown(name, await repository.all())
        offered = ProviderOptions.model_validate(provider.options).models
        if offered and model not in offered:
            raise _unknown(name, [provider])
        return ServedModel(name, await self._chat(provider, model), ModelIdentity(provider.name, model))

    async def list_models(self, caller: Caller, *, limit: int, cursor: str | None) -> Page[ModelView]:
        """Return the local model, then the models that providers name, by name."""
        position = decode_cursor(cursor, parts=1)
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            providers = await ProviderRepository(work.session).all()
        identities = [
            ModelIdentity(provider.name, model)
            for provider in providers
            for model in ProviderOptions.model_validate(provider.options).models
        ]
        local = (await self._local()).identity
        remote = [_view(f"{identity.provider}/{identity.model}", identity) for identity in identities]
        views = [_view(LOCAL, local), *sorted(remote, key=lambda view: view.name)]
        start = 0
        if position is not None:
            start = 1 + sum(view.name <= str(position[0]) for view in views[1:]) if position[0] != LOCAL else 1
        return page_of(views[start : start + limit + 1], limit, lambda view: (view.name,))

    async def create_provider(self, caller: Caller, new: NewProvider) -> ProviderView:
        """Store a provider with its credential sealed.

        Raises:
            Conflict: `provider.exists`.
        """
        provider_id = new_id()
        credential = new.credential.get_secret_value() if new.credential else None
        provider = ModelProvider(
            tenant_id=caller.tenant_id,
            id=provider_id,
            name=new.name,
            kind=new.kind,
            base_url=new.base_url,
            options=new.model_dump(include=set(ProviderOptions.model_fields)),
            sealed_credential=self._seal.seal(caller.tenant_id, provider_id, credential) if credential else None,
        )
        try:
            async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
                await ProviderRepository(work.session).add(provider)
                await events.append(work, AuditEvent("provider.created", str(provider_id), _facts(provider)))
        except IntegrityError as error:
            if "uq_model_provider_tenant_id_name" not in str(error.orig):
                raise
            raise Conflict(
                "provider.exists", f"A provider {new.name!r} exists already; delete it first, or choose another name."
            ) from None
        return _provider_view(provider)

    async def list_providers(self, caller: Caller, *, limit: int, cursor: str | None) -> Page[ProviderView]:
        position = decode_cursor(cursor, parts=1)
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            rows = await ProviderRepository(work.session).page(
                after=str(position[0]) if position else None, limit=limit + 1
            )
        return page_of([_provider_view(row) for row in rows], limit, lambda view: (view.name,))

    async def get_provider(self, caller: Caller, name: str) -> ProviderView:
        """Return one provider; raises `NotFound` (`provider.not_found`)."""
        return _provider_view(await self._provider(caller, name))

    async def delete_provider(self, caller: Caller, name: str) -> None:
        """Forget a provider and its credential; raises `NotFound` (`provider.not_found`)."""
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = ProviderRepository(work.session)
            provider = await repository.find(name)
            if provider is None or not await repository.delete(provider):
                raise _no_provider(name, await repository.all())
            await events.append(work, AuditEvent("provider.deleted", str(provider.id), _facts(provider)))

    async def test_provider(self, caller: Caller, name: str) -> ProviderTest:
        """Ask a provider for its models.

        Raises:
            NotFound: `provider.not_found`, or the server knows no `/models`.
            ModelFailed, SlowDown, TryLater, TimedOut: what a call to it would raise too.
        """
        provider = await self._provider(caller, name)
        credential = self._credential(provider)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(TEST_SECONDS):
                models = await self._offered_models(provider, credential)
        except TimeoutError:
            raise TimedOut(
                "model.timed_out", f"The provider {name!r} did not answer within {TEST_SECONDS:g} seconds."
            ) from None
        except EngineError:
            raise
        except Exception as error:  # noqa: BLE001 - a server may answer anything
            raise engine_error(error, provider=name, model="", credential=credential) from None
        return ProviderTest(reachable=True, seconds=time.perf_counter() - started, models=models)

    async def _offered_models(self, provider: ModelProvider, credential: str) -> list[str]:
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        body = b""
        async with self._client().stream("GET", f"{provider.base_url}/models", headers=headers) as response:
            if not response.is_success:
                raise status_error(response.status_code, response.headers, provider=provider.name, model="")
            async for block in response.aiter_bytes():
                body += block
                if len(body) > _MOST_TEST_BYTES:
                    raise ModelFailed(
                        "model.remote_failed",
                        f"The provider {provider.name!r} answers far too much; check its base URL.",
                    )
        listed = cast("dict[str, Any]", json.loads(body))
        return sorted(str(model["id"])[:256] for model in listed["data"])[:_MOST_TEST_MODELS]

    async def _local(self) -> ServedModel:
        weights = await self._pool.weights()
        identity = ModelIdentity(LOCAL, weights.name, weights.weights_digest, weights.source_digest)
        if self._tokens is None:
            self._tokens = GgufTokens(weights.path)
        return ServedModel(LOCAL, LocalChatModel(pool=self._pool, model_name=weights.name), identity, self._tokens)

    async def _chat(self, provider: ModelProvider, model: str) -> RemoteChatModel:
        options = ProviderOptions.model_validate(provider.options)
        credential = self._credential(provider)
        endpoint = Endpoint(
            provider=provider.name,
            base_url=provider.base_url,
            model=model,
            credential=lambda: credential,
            schema_style=options.schema_style,
            tokens_field=options.tokens_field,
        )
        http = self._client()
        # The first import of the OpenAI package takes a second: not on the event loop.
        return await asyncio.to_thread(remote_chat, endpoint, http, timeout_seconds=self._timeout_seconds)

    async def _provider(self, caller: Caller, name: str) -> ModelProvider:
        async with self._database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            repository = ProviderRepository(work.session)
            provider = await repository.find(name)
            if provider is None:
                raise _no_provider(name, await repository.all())
            return provider

    def _credential(self, provider: ModelProvider) -> str:
        if provider.sealed_credential is None:
            return ""
        return self._seal.open(provider.tenant_id, provider.id, provider.sealed_credential)

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = remote_http(self._timeout_seconds)
        return self._http


def _facts(provider: ModelProvider) -> dict[str, Any]:
    return {
        "name": provider.name,
        "kind": provider.kind,
        "base_url": provider.base_url,
        "options": provider.options,
        "has_credential": provider.sealed_credential is not None,
    }


def _provider_view(provider: ModelProvider) -> ProviderView:
    options = ProviderOptions.model_validate(provider.options)
    return ProviderView(
        **options.model_dump(),
        name=provider.name,
        kind=provider.kind,
        base_url=provider.base_url,
        has_credential=provider.sealed_credential is not None,
        created_at=provider.created_at,
    )


def _view(name: str, identity: ModelIdentity) -> ModelView:
    return ModelView(
        name=name,
        provider=identity.provider,
        model=identity.model,
        digest=identity.digest,
        weights_digest=identity.weights_digest,
        source_digest=identity.source_digest,
    )


def _unknown(name: str, providers: Any) -> NotFound:
    known = [LOCAL]
    for provider in providers:
        models = ProviderOptions.model_validate(provider.options).models
        known += [f"{provider.name}/{model}" for model in models] or [f"{provider.name}/<model id>"]
    return NotFound("model.unknown", f"There is no model {name[:300]!r}; there are: {', '.join(known[:50])}.")


def _no_provider(name: str, providers: Any) -> NotFound:
    names = ", ".join(provider.name for provider in list(providers)[:50]) or "none"
    return NotFound("provider.not_found", f"There is no provider {name[:140]!r}; configured: {names}.")
