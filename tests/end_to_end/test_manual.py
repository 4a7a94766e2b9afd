"""The engine is asked about its own manual: how much it answers, and that it answers nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from rag.embedding import MiniLMEmbedder
from rag.parsing.pool import ParserPool
from tests.rag.conftest import Workspace, workspace_on

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"

IN_TABLES = {
    "What does exit code 5 mean?": "reached or is busy",
    "What is the exit code after Ctrl-C?": "interrupted with",
    "Which exit code means wrong usage?": "wrong usage: an",
    "What does exit code 130 mean?": "interrupted with",
    "What is the default of MCP_ENGINE_MODEL_CONTEXT_TOKENS?": "4096",
    "Which environment variable sets the data directory?": "MCP_ENGINE_HOME",
    "What does MCP_ENGINE_SAMPLE do?": "sample workspace",
    "What does MCP_ENGINE_WORKERS set?": "worker processes beside",
    "For how long are the spans of traces kept by default?": "30",
    "How many requests may wait for the model?": "64",
    "On which port does the server listen by default?": "8600",
    "What may a viewer do?": "read everything, change",
    "What may the automation role do?": "can't move labels",
    "Which role may read everything and change nothing?": "viewer",
    "What should I do about access.scope_missing?": "ask an owner for a key",
    "What does the error model.timed_out ask me to do?": "fewer tokens or more time",
    "What should I do when a document is encrypted?": "without a password",
    "What does `history was rewritten` mean?": "disagrees with the pinned",
    "What does the scorer token_f1 measure?": "SQuAD",
    "What does the metric queue show?": "unfinished jobs",
}

IN_PROSE = [
    "Who may see another tenant's documents?",
    "What happens to old citations when a document is removed?",
    "How is an answer's confidence estimated?",
    "What does `docs remove` do?",
    "When is a document version searched?",
    "How is an experiment rolled back?",
    "What happens when the data directory is from a newer version?",
    "Can I run two servers on one data directory?",
    "How do I make a backup?",
    "What is a label?",
    "What is a lock?",
    "How are prompts rendered?",
    "Which formats of documents can be added?",
    "What does erasing an execution's content leave?",
    "How can I check a proof offline?",
    "What is pinned outside the data directory?",
    "How does a judge get calibrated?",
    "What is a sealed split?",
    "How are API keys stored?",
    "How long does a session live?",
    "How do I register a remote model provider?",
    "Which model runs by default?",
    "What happens when a model process dies?",
    "How does the Python client cache prompts?",
    "How are plugins found?",
    "What is the difference between a version and a label?",
    "When is a run recorded as interrupted?",
    "What does a refused question return?",
    "How do I move from Langfuse?",
    "Is a row given twice kept twice?",
]

NOWHERE = [
    "What is the capital of Mongolia?",
    "How do I reset my router password?",
    "Who won the 1998 world cup?",
    "What is the boiling point of tungsten?",
    "How many legs does a spider have?",
    "When was the French Revolution?",
    "What does a cardiologist do?",
    "How do I bake sourdough bread?",
    "Which planet has the most moons?",
    "What is the exchange rate of the euro?",
    "Who wrote Don Quixote?",
    "How long does a flight to Tokyo take?",
    "What is the default mortgage rate?",
    "What does error E45 on my washing machine mean?",
    "Which port does the ferry leave from?",
    "What role did Al Pacino play in Heat?",
    "How many tokens does a casino slot machine pay?",
    "What is the code of the front door?",
    "What may a minor buy?",
    "What is the meaning of life?",
    "What colour is the sky on Mars?",
    "Who painted the Sistine Chapel?",
    "What is the maximum speed of a cheetah?",
    "How do I remove wine stains?",
    "Which variable star is the brightest?",
]


async def test_the_manual_answers_about_itself_and_about_nothing_else(
    database: Database, caller: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    parsers = ParserPool(processes=1)
    async with workspace_on(database, MiniLMEmbedder(), parsers) as workspace:
        for page in sorted(DOCS.glob("*.md")):
            await workspace.add(caller, page.name, page.read_bytes())
        tables = {question: await answer(workspace, caller, question) for question in IN_TABLES}
        prose = [await answer(workspace, caller, question) for question in IN_PROSE]
        nowhere = [await answer(workspace, caller, question) for question in NOWHERE]
    await parsers.close()
    right = sum(said in (tables[question] or "") for question, said in IN_TABLES.items())
    refused = [*tables.values(), *prose].count(None)
    with capsys.disabled():
        sys.stdout.write(
            f"\nof {len(tables) + len(prose)} questions about the manual {refused} are refused; "
            f"of {len(tables)} that a row answers {right} are answered by it\n"
        )
    assert nowhere == [None] * len(NOWHERE)
    assert right >= len(tables) / 2


async def answer(workspace: Workspace, caller: Caller, question: str) -> str | None:
    """Return the answer's text, or None for a refusal; what it cites stands in the page, character by character."""
    given = await workspace.asking.answer(caller, "default", "docs", question)
    for citation in given.citations:
        page = (DOCS / citation.version.document).read_text()
        assert page[citation.start : citation.end] == citation.cited_text
    return None if given.refused else given.text
