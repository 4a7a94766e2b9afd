"""What can be asked."""

from __future__ import annotations

from mcp_engine.errors import InvalidInput, TooLarge

MAX_QUESTION_CHARACTERS = 4000


def checked_question(question: str) -> str:
    """Return `question` if it can be asked.

    Raises:
        InvalidInput: `ask.empty_question`.
        TooLarge: `ask.question_too_long`.
    """
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise TooLarge(
            "ask.question_too_long",
            f"A question has at most {MAX_QUESTION_CHARACTERS:,} characters; this one has {len(question):,}. "
            "Add long texts as documents.",
            details={"limit": MAX_QUESTION_CHARACTERS},
        )
    if not question.strip() or "\x00" in question:
        raise InvalidInput("ask.empty_question", "The question is empty or holds a NUL character; ask in words.")
    return question
