"""The rules of feedback: about something that exists, counted once, its words erasable."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from mcp_engine.access import Caller
from mcp_engine.audit.erasure import erase
from mcp_engine.audit.events import AuditEvent, append
from mcp_engine.canonical import canonical_json, commitment, new_salt
from mcp_engine.database.engine import Database, UnitOfWork
from mcp_engine.errors import Gone, NotFound
from mcp_engine.feedback import repository
from mcp_engine.feedback.facts import CONTENT_TABLE, GIVEN, content_key, given_facts
from mcp_engine.feedback.repository import Stored
from mcp_engine.feedback.schemas import Feedback, FeedbackFilter, GiveFeedback
from mcp_engine.feedback.tables import FeedbackContentRow, FeedbackRow
from mcp_engine.http.idempotency import IdempotencyKey
from mcp_engine.http.paging import Page, decode_id_cursor, page_of
from mcp_engine.idempotency.claims import Claim, claim, claimed
from mcp_engine.identifiers import new_id


class FeedbackService:
    """Feedback of every tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._given: list[Callable[[UnitOfWork, FeedbackRow], Awaitable[None]]] = []

    def on_given(self, count: Callable[[UnitOfWork, FeedbackRow], Awaitable[None]]) -> None:
        """Call `count` with each judgement in the transaction that records it; never for a repeat."""
        self._given.append(count)

    async def give(
        self, caller: Caller, namespace: str, given: GiveFeedback, key: IdempotencyKey | None = None
    ) -> Feedback:
        """Record a judgement; a repeat with the same key returns the first one.

        Args:
            namespace: of a session; an execution has its own.

        Raises:
            NotFound: `execution.not_found` or `namespace.not_found`.
            InvalidInput: `idempotency.other_request`; `json.not_canonical` for a text that is none.
            Conflict: `idempotency.still_running`.
        """
        try:
            async with self._work(caller) as work:
                return await self._give(work, namespace, given, key)
        except IntegrityError as error:
            constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
            if constraint != "fk_feedback_tenant_id_namespace":
                raise
            raise NotFound("namespace.not_found", f"There is no namespace {namespace!r}.") from error

    async def give_within(self, work: UnitOfWork, given: GiveFeedback) -> Feedback:
        """Record a judgement of an execution in a transaction of the caller's; raises as `give`."""
        return await self._give(work, "", given, None)

    async def words_within(self, work: UnitOfWork, feedback_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Return what judgements said in words, of those whose words are still there."""
        found = (_view(stored) for stored in await repository.find(work.session, feedback_ids))
        return {one.id: one.value for one in found if isinstance(one.value, str)}

    async def list(
        self, caller: Caller, wanted: FeedbackFilter, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Feedback]:
        """Return feedback, newest first."""
        before = decode_id_cursor(cursor)
        async with self._work(caller) as work:
            rows = await repository.page(work.session, wanted, before, limit + 1)
        return page_of([_view(row) for row in rows], limit, lambda shown: (str(shown.id),))

    async def demonstrations(self, caller: Caller, execution_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Return the latest `demonstration` of each execution that has one: what somebody would have wanted instead."""
        async with self._work(caller) as work:
            found = await repository.demonstrations(work.session, execution_ids)
        return {
            stored.feedback.execution_id: json.loads(stored.content.content)["value"]
            for stored in reversed(found)
            if stored.content is not None and stored.feedback.execution_id is not None
        }

    async def erase_words(self, caller: Caller, feedback_id: UUID, reason: str) -> UUID:
        """Erase value (if it is a text) and comment of a judgement; return the tombstone's id.

        Raises:
            NotFound: `feedback.not_found`, or `feedback.no_words` when there never were any.
            Gone: `feedback.words_erased` when they were erased before.
        """
        async with self._work(caller) as work:
            stored = await _one(work, feedback_id)
            if stored.feedback.content_commitment is None:
                raise NotFound("feedback.no_words", "This feedback holds no words that could be erased.")
            if stored.content is None:
                raise Gone("feedback.words_erased", "The words of this feedback were erased before.")
            return await erase(work, CONTENT_TABLE, content_key(feedback_id), reason)

    async def erase_words_about(self, work: UnitOfWork, execution_id: UUID, reason: str) -> None:
        """Erase what was said in words about an execution, in the transaction that erases its content."""
        for feedback_id in await repository.with_words_about(work.session, execution_id):
            await erase(work, CONTENT_TABLE, content_key(feedback_id), reason)

    async def _give(
        self, work: UnitOfWork, namespace: str, given: GiveFeedback, key: IdempotencyKey | None
    ) -> Feedback:
        first = None if key is None else await claimed(work, key)
        if first is not None:
            return _view(await _one(work, first))
        if given.execution_id is not None:
            namespace = await _namespace_of(work, given.execution_id)
        stored = _rows(work, namespace, given)
        await repository.insert(work.session, *stored)
        for count in self._given:
            await count(work, stored.feedback)
        if key is not None:
            await claim(work, Claim(key), stored.feedback.id)
        await append(work, AuditEvent(GIVEN, str(stored.feedback.id), given_facts(stored.feedback)))
        return _view(stored)

    def _work(self, caller: Caller) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._database.unit_of_work(caller.tenant_id, caller.principal_id)


def _rows(work: UnitOfWork, namespace: str, given: GiveFeedback) -> Stored:
    value = given.value
    feedback = FeedbackRow(
        tenant_id=work.tenant_id,
        id=new_id(),
        namespace=namespace,
        metric_name=given.metric_name,
        execution_id=given.execution_id,
        session_id=given.session_id,
        boolean_value=value if isinstance(value, bool) else None,
        number_value=None if isinstance(value, bool | str) else value,
        actor_id=work.actor_id,
        created_at=datetime.now(UTC),
    )
    words = {"value": value if isinstance(value, str) else None, "comment": given.comment}
    if not any(words.values()):
        return Stored(feedback, None)
    salt = new_salt()
    feedback.content_commitment = commitment(salt, words)
    content = FeedbackContentRow(
        tenant_id=work.tenant_id, feedback_id=feedback.id, salt=salt, content=canonical_json(words).decode()
    )
    return Stored(feedback, content)


def _view(stored: Stored) -> Feedback:
    feedback, content = stored
    words: dict[str, Any] = {} if content is None else json.loads(content.content)
    number_or_truth = feedback.number_value if feedback.boolean_value is None else feedback.boolean_value
    return Feedback(
        id=feedback.id,
        namespace=feedback.namespace,
        metric_name=feedback.metric_name,
        value=words.get("value") if number_or_truth is None else number_or_truth,
        comment=words.get("comment"),
        content_erased=content is None and feedback.content_commitment is not None,
        execution_id=feedback.execution_id,
        session_id=feedback.session_id,
        actor_id=feedback.actor_id,
        created_at=feedback.created_at,
    )


async def _one(work: UnitOfWork, feedback_id: UUID) -> Stored:
    found = await repository.find(work.session, [feedback_id])
    if not found:
        raise NotFound("feedback.not_found", f"There is no feedback {feedback_id}.")
    return found[0]


async def _namespace_of(work: UnitOfWork, execution_id: UUID) -> str:
    namespace = await repository.namespace_of_execution(work.session, execution_id)
    if namespace is None:
        raise NotFound("execution.not_found", f"There is no execution {execution_id}.")
    return namespace
