"""Follow-up questions: which lean on an earlier one, and what they are then asked together with.

A question that says "it" or hardly anything is searched and answered together with the questions before it, as they
were asked: nothing is made up for it, and the answer says with which. One that names what it is about stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from mcp_engine.access import Caller
from mcp_engine.errors import NotFound
from mcp_engine.executions.schemas import ExecutionDetail
from mcp_engine.executions.service import ExecutionService
from rag.lexical import terms

MOST_QUESTIONS: Final = 3
"""The first, which names the subject, and the last ones."""
ASKED: Final = "ask"
"""The kind of execution that a question is recorded as."""
_FEW_TERMS: Final = 1

_PRONOUN = re.compile(r"\b(it|its|he|him|his|she|her|hers|they|them|their|theirs)\b", re.IGNORECASE)
_POINTING = re.compile(
    r"\b(?:(?:is|was|were|are|did|does|do|of|by|about|for|before|after|with|from)\s+(?:this|that|these|those)\b"
    r"|(?:this|that|these|those|there|then)\s*[?.!]*\s*$)",
    re.IGNORECASE,
)
_GOING_ON = re.compile(r"^\s*(?:and|but|or|so|also|what about|how about)\b", re.IGNORECASE)


def leans(question: str) -> bool:
    """Return whether a question means something that was said before it."""
    if _PRONOUN.search(question) or _POINTING.search(question) or _GOING_ON.search(question):
        return True
    return len(set(terms(question))) <= _FEW_TERMS


def is_underspecified(question: str) -> bool:
    """Return whether a question that follows no other says "it", and nothing to tell what."""
    pointing = _PRONOUN.search(question) or _POINTING.search(question)
    return pointing is not None and len(set(terms(question))) <= _FEW_TERMS


def context_after(question: str, earlier: str, before: Sequence[str]) -> tuple[str, ...]:
    """Return the questions that `question` is asked together with, first to last; none when it stands alone.

    Args:
        earlier: the question that it follows.
        before: what that one was asked together with.
    """
    if not leans(question):
        return ()
    asked = [*before, earlier]
    return tuple(asked if len(asked) <= MOST_QUESTIONS else [asked[0], *asked[1 - MOST_QUESTIONS :]])


async def context_of(executions: ExecutionService, caller: Caller, question: str, follows: UUID) -> tuple[str, ...]:
    """Return what `question` is asked together with when it follows the answer `follows`.

    Raises:
        NotFound: `ask.follows_nothing` when that is no answer of the caller's, or its content was erased.
    """
    try:
        run = await executions.get(caller, follows)
    except NotFound as error:
        raise _follows_nothing(follows) from error
    if run.kind != ASKED or run.actor_id != caller.principal_id or run.inputs.state != "present":
        raise _follows_nothing(follows)
    return context_after(question, *_asked(run))


def _asked(run: ExecutionDetail) -> tuple[str, Sequence[str]]:
    inputs: dict[str, Any] = run.inputs.value
    return inputs["question"], inputs.get("context", ())


def _follows_nothing(follows: UUID) -> NotFound:
    return NotFound(
        "ask.follows_nothing",
        f"There is no answer {follows} of yours to follow; leave `follows` out and ask a whole question.",
    )
