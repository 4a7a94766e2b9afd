"""Whose work is running: the tenant that spans and log lines belong to.

Inside a request it is the tenant of the caller whom the route authenticated, with nothing to do.
Elsewhere (jobs, recovery) `bind_tenant` says it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from mcp_engine import logs
from mcp_engine.access import Caller

_bound: ContextVar[UUID | None] = ContextVar("mcp_engine_tenant", default=None)
_request_state: ContextVar[Mapping[str, Any] | None] = ContextVar("mcp_engine_request_state", default=None)


def current_tenant() -> UUID | None:
    """Return the tenant bound explicitly, else that of the request's caller, else None."""
    bound = _bound.get()
    if bound is not None:
        return bound
    caller = current_caller()
    return caller.tenant_id if caller else None


def current_caller() -> Caller | None:
    """Return the caller of the request being served, once its route has authenticated it."""
    state = _request_state.get()
    caller = None if state is None else state.get("caller")
    return caller if isinstance(caller, Caller) else None


@contextmanager
def bind_tenant(tenant_id: UUID) -> Generator[None]:
    """Do the work of the block for `tenant_id`.

    It may be held across the `yield` of an asynchronous generator that one task begins and another
    continues: the block then ends in another context than it began in.
    """
    before = _bound.get()
    token = _bound.set(tenant_id)
    try:
        yield
    finally:
        try:
            _bound.reset(token)
        except ValueError:
            _bound.set(before)


@contextmanager
def bind_request(state: Mapping[str, Any]) -> Generator[None]:
    """Take the caller from `state`, the ASGI scope's state, which the route fills later."""
    token = _request_state.set(state)
    try:
        yield
    finally:
        # The server may close a response in another context, which ends with it.
        with contextlib.suppress(ValueError):
            _request_state.reset(token)


def _log_context() -> Mapping[str, str]:
    tenant_id = current_tenant()
    return {} if tenant_id is None else {"tenant_id": str(tenant_id)}


logs.add_context(_log_context)
