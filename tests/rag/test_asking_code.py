"""Questions about source code: whole lines answer, with the comment above them."""

from __future__ import annotations

from mcp_engine.access import Caller
from tests.rag.conftest import Workspace

SOURCE = """import lamp

# The lamp of Karsund is lit at dusk, in fog already two hours earlier.
def light(fog: bool) -> float:
    return DUSK - 2 if fog else DUSK


class Keeper:
    \"\"\"The keeper rings the bell of the harbour every thirty minutes.\"\"\"

    def ring(self) -> None:
        self.bell.ring()
"""


async def test_a_block_of_code_answers_with_its_comment(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "karsund/lamp.py", SOURCE)
    for question, start, words in (
        ("When is the lamp of Karsund lit?", "# The lamp of Karsund", "two hours earlier"),
        ("How often does the keeper ring the bell of the harbour?", "class Keeper", "every thirty minutes"),
    ):
        given = await workspace.asking.answer(caller, "default", "docs", question)
        best = next(one for one in given.citations if words in one.cited_text)
        assert best.cited_text.startswith(start)
        assert SOURCE[best.start : best.end] == best.cited_text
        assert all(line in SOURCE.splitlines() for one in given.citations for line in one.cited_text.splitlines()[1:])
