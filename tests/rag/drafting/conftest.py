"""Questions drafted about the documents of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import pytest

from mcp_engine.access import Caller
from mcp_engine.artifacts.kinds import KindRegistry
from mcp_engine.artifacts.service import ArtifactService
from mcp_engine.evaluation.datasets.kind import DatasetKind
from mcp_engine.evaluation.datasets.service import DatasetService
from mcp_engine.feedback.service import FeedbackService
from mcp_engine.jobs.kinds import kinds_by_name
from mcp_engine.jobs.lease import Lease
from mcp_engine.jobs.runner import JobRunner
from mcp_engine.jobs.service import JobService
from rag.drafting.job import DraftJob
from rag.drafting.schemas import DraftedQuestion, GiveVerdict, QuestionDraft, StartDraft
from rag.drafting.service import DraftService
from tests.rag.conftest import Attempt, Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE

if TYPE_CHECKING:
    from mcp_engine.jobs.context import JobContext

PROMPT = "ask"
BODY = {"template": "Ask about this: {{ sentence }}\n\nIt stands in {{ document }}:\n{{ passage }}"}
WRITTEN = "What is told of Karsund?"


class Drafting:
    """The engine's own drafts; nothing runs them but `ended`."""

    def __init__(self, workspace: Workspace, caller: Caller) -> None:
        self.workspace, self.caller = workspace, caller
        self.feedback = FeedbackService(workspace.database)
        workspace.executions.on_erasure(self.feedback.erase_words_about)
        artifacts = ArtifactService(workspace.database, KindRegistry([DatasetKind()]))
        self.datasets = DatasetService(workspace.database, artifacts, workspace.executions, self.feedback)
        self.jobs = JobService(workspace.database)
        self.drafts = DraftService(
            workspace.database, self.jobs, workspace.prompts, workspace.executions, self.feedback, self.datasets
        )
        self.job = DraftJob(workspace.prompts)
        self.says(WRITTEN)

    def says(self, text: str, error: Exception | None = None) -> None:
        self.workspace.script.pieces, self.workspace.script.error = [text], error

    async def ready(self) -> None:
        await self.workspace.add(self.caller, "lighthouse.md", LIGHTHOUSE)
        await self.workspace.add(self.caller, "bakery.md", BAKERY)
        await self.push_prompt(BODY)

    async def push_prompt(self, body: dict[str, Any]) -> None:
        await self.workspace.artifacts.push(self.caller, "prompt", "default", PROMPT, body, "")

    async def begin(self, **wanted: Any) -> QuestionDraft:
        body = {"collection": "docs", "prompt": PROMPT, "questions": 2, **wanted}
        return await self.drafts.start(self.caller, "default", StartDraft(**body))

    async def work_off(self, draft: QuestionDraft) -> None:
        """Make one attempt at the job, as a worker would."""
        lease = await Lease.acquire(self.workspace.database, 30)
        await JobRunner(self.workspace.database, lease, kinds_by_name([self.job])).run(
            self.caller.tenant_id, draft.job_id
        )

    async def attempt(self, draft: QuestionDraft, attempt: int) -> None:
        """Make an attempt of that number without waiting for its time."""
        context = Attempt(self.workspace.database, self.caller.tenant_id, self.caller.principal_id, draft.id, attempt)
        await self.job.run(cast("JobContext", context))

    async def ended(self, **wanted: Any) -> QuestionDraft:
        draft = await self.begin(**wanted)
        await self.work_off(draft)
        return await self.drafts.get(self.caller, draft.id)

    async def questions(self, draft_id: UUID, state: Any = None, caller: Caller | None = None) -> list[DraftedQuestion]:
        page = await self.drafts.questions(caller or self.caller, draft_id, state, limit=50, cursor=None)
        return page.items

    async def accept(self, draft_id: UUID, position: int, question: str | None = None) -> DraftedQuestion:
        given = GiveVerdict(verdict="accepted", question=question)
        return await self.drafts.judge(self.caller, draft_id, position, given)


@pytest.fixture
async def drafting(workspace: Workspace, caller: Caller) -> Drafting:
    drafting = Drafting(workspace, caller)
    await drafting.ready()
    return drafting
