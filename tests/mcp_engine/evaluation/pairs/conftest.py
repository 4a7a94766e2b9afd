"""Two ended evaluations of the same rows, and a judge whose verdicts follow a rule of the test's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.mcp_engine.evaluation.conftest import Api, Model, Work
from tests.mcp_engine.evaluation.runs.test_evaluations import ROWS, ended, prepared

SCHEMA = {
    "type": "object",
    "properties": {"winner": {"enum": ["first", "second", "tie"]}},
    "required": ["winner"],
}
JUDGE = {"template": "Judge|{{ q }}|{{ first }}|{{ second }}", "output_schema": SCHEMA}
Verdict = Callable[[str, str, str], str | Exception | None]
"""Takes the question and both outputs in their order; None is no judgement at all."""


def honest(_: str, first: str, second: str) -> str:
    """Return the side that says good; what has the same worth is a tie."""
    worth = [text.startswith("good") for text in (first, second)]
    return "tie" if worth[0] == worth[1] else ("first" if worth[0] else "second")


@dataclass
class Arena:
    """The judge `better`, and two evaluations: the candidate puts `good` before what the baseline echoes."""

    api: Api
    work: Work
    model: Model
    baseline: str = ""
    candidate: str = ""
    verdict: Verdict = honest

    def rule(self, asked: str) -> str | Exception:
        if not asked.startswith("Judge|"):
            return asked.replace("better", "good")
        said = self.verdict(*asked.split("|")[1:])
        if isinstance(said, Exception):
            return said
        return json.dumps({"winner": said}) if said else "I like both of them."

    async def prepare(self, rows: list[dict[str, Any]] = ROWS) -> None:
        self.model.rule = self.rule
        await prepared(self.api, rows)
        await prepared(self.api, rows, "better {{ q }}")
        self.baseline = await self._evaluated("echo/1")
        self.candidate = await self._evaluated("echo/2")
        await self.push_judge()

    async def _evaluated(self, subject: str) -> str:
        evaluation = await ended(self.api, self.work, subject=subject)
        while evaluation["state"] in ("queued", "running"):
            # The worker beside the test was faster, and is at it.
            await asyncio.sleep(0.05)
            evaluation = (await self.api.get(f"/evaluations/{evaluation['id']}")).json()
        return evaluation["id"]

    async def push_judge(self, body: dict[str, Any] = JUDGE) -> None:
        prompt = {"name": "judge", "body": body, "labels": ["production"]}
        assert (await self.api.post("/prompts", prompt)).status_code in (200, 201)
        scorer = {"body": {"type": "pair_judge", "parameters": {"prompt": "judge@production"}}}
        assert (await self.api.post("/artifacts/scorer/better", scorer)).status_code in (200, 201)

    async def start(self, **more: Any) -> dict[str, Any]:
        wanted = {"baseline": self.baseline, "candidate": self.candidate, "judge": "better", **more}
        response = await self.api.post("/judged-comparisons", wanted)
        assert response.status_code == 202, response.text
        return response.json()

    async def judged(self, **more: Any) -> dict[str, Any]:
        """Start a comparison, run it to its end, and return it."""
        started = await self.start(**more)
        await self.work(started["job_id"])
        return await self.shown(started)

    async def shown(self, comparison: dict[str, Any]) -> dict[str, Any]:
        return (await self.api.get(f"/judged-comparisons/{comparison['id']}")).json()

    async def rows(self, comparison: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        return (await self.api.get(f"/judged-comparisons/{comparison['id']}/rows", **query)).json()["items"]


@pytest.fixture
def arena(api: Api, work: Work, model: Model) -> Arena:
    return Arena(api, work, model)
