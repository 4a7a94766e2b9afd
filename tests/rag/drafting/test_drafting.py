"""A prompt words questions about drawn sentences; what a person accepts becomes rows of a dataset."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcp_engine.errors import Conflict, EngineError, InvalidInput, ModelFailed, NotFound
from mcp_engine.feedback.schemas import FeedbackFilter
from rag.drafting.facts import DraftCheck
from rag.drafting.schemas import DraftToDataset, GiveVerdict
from rag.drafting.service import ACCEPTED_METRIC
from tests.conftest import make_tenant
from tests.rag.conftest import Workspace
from tests.rag.corpus import BAKERY, LIGHTHOUSE
from tests.rag.drafting.conftest import BODY, WRITTEN, Drafting
from tests.rag.readers.place import make_place
from tests.rag.upkeep import rows

BETTER = "Who built the lighthouse of Karsund?"


async def test_every_drawn_sentence_gets_a_question_and_stands_in_its_document(drafting: Drafting) -> None:
    draft = await drafting.ended()
    assert (draft.state, draft.questions, draft.progress_done) == ("succeeded", 2, 2)
    assert (draft.open, draft.unusable, draft.accepted, draft.rejected) == (2, 0, 0, 0)
    questions = await drafting.questions(draft.id)
    texts = {"lighthouse.md": LIGHTHOUSE, "bakery.md": BAKERY}
    assert {one.version.document for one in questions} == {*texts}
    for one in questions:
        assert (one.state, one.question, one.written) == ("open", WRITTEN, WRITTEN)
        assert one.sentence == texts[one.version.document][one.start : one.end]
        assert f"{one.before}{one.sentence}{one.after}" in texts[one.version.document]
        assert one.execution_id is not None
        run = await drafting.workspace.executions.get(drafting.caller, one.execution_id)
        assert run.kind == "draft_question"
        assert run.inputs.value["variables"]["sentence"] == one.sentence
        assert run.inputs.value["variables"]["document"] == one.version.document


async def test_what_a_person_accepts_becomes_rows_and_nothing_else_does(drafting: Drafting) -> None:
    draft = await drafting.ended()
    first, second = await drafting.questions(draft.id)
    accepted = await drafting.accept(draft.id, first.position, f" {BETTER} ")
    assert (accepted.state, accepted.question, accepted.written) == ("accepted", BETTER, WRITTEN)
    assert accepted.actor_id == drafting.caller.principal_id
    rejected = await drafting.drafts.judge(drafting.caller, draft.id, second.position, GiveVerdict(verdict="rejected"))
    assert (rejected.state, rejected.question) == ("rejected", WRITTEN)
    pushed = await drafting.drafts.push(drafting.caller, draft.id, DraftToDataset(name="drafted"))
    assert (pushed.rows, pushed.left_out, pushed.dataset.number) == (1, 0, 1)
    page = await drafting.datasets.rows(drafting.caller, "default", "drafted", "open", version=1, limit=10, cursor=None)
    (row,) = page.items
    assert (row.inputs, row.expected) == ({"question": BETTER}, first.sentence)
    assert row.metadata["sources"] == [{"document": first.version.document, "text": first.sentence}]
    given = await drafting.feedback.list(drafting.caller, FeedbackFilter(metric_name=ACCEPTED_METRIC))
    assert sorted(bool(one.value) for one in given.items) == [False, True]


async def test_the_last_word_on_a_question_counts(drafting: Drafting) -> None:
    draft = await drafting.ended()
    await drafting.accept(draft.id, 1, BETTER)
    await drafting.drafts.judge(drafting.caller, draft.id, 1, GiveVerdict(verdict="rejected"))
    assert [one.position for one in await drafting.questions(draft.id, "rejected")] == [1]
    again = await drafting.accept(draft.id, 1)
    assert (again.state, again.question) == ("accepted", WRITTEN)
    assert (await drafting.drafts.get(drafting.caller, draft.id)).accepted == 1


async def test_a_machine_confirms_nothing(drafting: Drafting) -> None:
    draft = await drafting.ended()
    machine = replace(drafting.caller, principal_kind="machine")
    with pytest.raises(EngineError) as refused:
        await drafting.drafts.judge(machine, draft.id, 1, GiveVerdict(verdict="accepted"))
    assert refused.value.code == "question_draft.person_needed"
    assert (await drafting.drafts.get(drafting.caller, draft.id)).open == 2


async def test_where_the_model_wrote_no_question_a_person_writes_one_or_rejects(drafting: Drafting) -> None:
    drafting.says("The lighthouse.")
    draft = await drafting.ended()
    assert (draft.unusable, draft.open) == (2, 0)
    one = (await drafting.questions(draft.id, "unusable"))[0]
    assert (one.question, one.written, one.fault) == (None, "The lighthouse.", "no_question")
    with pytest.raises(InvalidInput, match="write one to accept") as refused:
        await drafting.accept(draft.id, 1)
    assert refused.value.code == "question_draft.no_question"
    assert (await drafting.accept(draft.id, 1, BETTER)).question == BETTER
    with pytest.raises(InvalidInput):
        await drafting.accept(draft.id, 2, "  ")


async def test_a_model_that_is_away_is_asked_again_and_what_was_worded_stays(drafting: Drafting) -> None:
    drafting.says("", ModelFailed("model.unavailable", "The model server does not answer."))
    draft = await drafting.begin()
    await drafting.work_off(draft)
    waiting = await drafting.drafts.get(drafting.caller, draft.id)
    assert (waiting.state, waiting.progress_done) == ("queued", 0)
    assert [one.state for one in await drafting.questions(draft.id)] == ["waiting", "waiting"]
    with pytest.raises(EngineError) as refused:
        await drafting.accept(draft.id, 1)
    assert refused.value.code == "question_draft.not_worded"
    drafting.says(WRITTEN)
    await drafting.attempt(draft, 2)
    assert [one.state for one in await drafting.questions(draft.id)] == ["open", "open"]
    before = [one.execution_id for one in await drafting.questions(draft.id)]
    await drafting.attempt(draft, 3)
    assert [one.execution_id for one in await drafting.questions(draft.id)] == before


async def test_a_model_that_stays_away_leaves_its_code_and_no_words_can_be_kept(drafting: Drafting) -> None:
    drafting.says("", ModelFailed("model.unavailable", "The model server does not answer."))
    draft = await drafting.begin(questions=1)
    await drafting.attempt(draft, drafting.job.max_attempts)
    (one,) = await drafting.questions(draft.id, "unusable")
    assert (one.fault, one.execution_id, one.question) == ("model.unavailable", None, None)
    with pytest.raises(InvalidInput) as refused:
        await drafting.accept(draft.id, 1, BETTER)
    assert refused.value.code == "question_draft.no_run"
    verdict = await drafting.drafts.judge(drafting.caller, draft.id, 1, GiveVerdict(verdict="rejected"))
    assert verdict.state == "rejected"


async def test_sentences_and_prompt_are_pinned_when_a_draft_begins(drafting: Drafting) -> None:
    draft = await drafting.begin(seed=11)
    await drafting.push_prompt({"template": "Another one: {{ sentence }}"})
    await drafting.workspace.add(
        drafting.caller, "more.md", "# More\n\nThe harbour of Vell has nine granite piers today."
    )
    await drafting.work_off(draft)
    assert (draft.prompt_number, {one.version.document for one in await drafting.questions(draft.id)}) == (
        1, {"lighthouse.md", "bakery.md"},
    )  # fmt: skip
    (first, *_) = await drafting.questions(draft.id)
    assert first.execution_id is not None
    run = await drafting.workspace.executions.get(drafting.caller, first.execution_id)
    assert run.messages is not None
    assert "Ask about this:" in str(run.messages)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"template": "Ask about {{ topic }}"}, "it asks for topic"),
        ({"template": "Ask about {{ passage }}"}, "it takes no `sentence`"),
    ],
)
async def test_a_prompt_that_can_not_word_questions_is_refused(
    drafting: Drafting, body: dict[str, Any], why: str
) -> None:
    await drafting.push_prompt(body)
    with pytest.raises(InvalidInput, match=why) as refused:
        await drafting.begin()
    assert refused.value.code == "question_draft.prompt_unfit"


async def test_a_collection_without_a_sentence_is_refused(drafting: Drafting) -> None:
    await drafting.workspace.add(drafting.caller, "list.md", "- one\n- two\n", "scraps")
    with pytest.raises(InvalidInput) as refused:
        await drafting.begin(collection="scraps")
    assert refused.value.code == "question_draft.nothing_to_ask"


async def test_nothing_accepted_makes_no_dataset(drafting: Drafting) -> None:
    draft = await drafting.ended()
    with pytest.raises(Conflict) as refused:
        await drafting.drafts.push(drafting.caller, draft.id, DraftToDataset(name="nothing"))
    assert refused.value.code == "question_draft.nothing_accepted"


async def test_what_a_reader_may_not_read_is_neither_drawn_nor_shown(workspace: Workspace) -> None:
    place = await make_place(workspace)
    drafting = Drafting(workspace, place.owner)
    await drafting.push_prompt(BODY)
    draft = await drafting.ended(collection="mixed", questions=5)
    assert {one.version.document for one in await drafting.questions(draft.id)} == {"lighthouse.md", "bakery.md"}
    seen = await drafting.questions(draft.id, caller=place.outsider)
    assert {one.version.document for one in seen} == {"bakery.md"}
    hidden = next(one.position for one in await drafting.questions(draft.id) if one.version.document != "bakery.md")
    with pytest.raises(NotFound) as missing:
        await drafting.drafts.judge(place.outsider, draft.id, hidden, GiveVerdict(verdict="accepted"))
    assert missing.value.code == "question_draft.question_not_found"
    theirs = Drafting(workspace, place.outsider)
    own = await theirs.ended(collection="mixed", questions=5, seed=2)
    assert {one.version.document for one in await theirs.questions(own.id)} == {"bakery.md"}


async def test_erased_words_and_documents_are_gone_from_a_draft(drafting: Drafting) -> None:
    draft = await drafting.ended()
    first, second = await drafting.questions(draft.id)
    await drafting.accept(draft.id, 1, BETTER)
    await drafting.accept(draft.id, 2)
    assert first.execution_id is not None
    await drafting.workspace.executions.erase_content(drafting.caller, first.execution_id, "asked for")
    await drafting.workspace.documents.erase(drafting.caller, second.version.document_id, "asked for")
    one, two = await drafting.questions(draft.id)
    assert (one.question, one.written, one.sentence) == (None, None, first.sentence)
    assert (two.sentence, two.before, two.after) == (None, None, None)
    with pytest.raises(Conflict):
        await drafting.drafts.push(drafting.caller, draft.id, DraftToDataset(name="erased"))


async def test_the_audit_log_holds_what_was_pinned_and_every_verdict(drafting: Drafting) -> None:
    draft = await drafting.ended()
    await drafting.accept(draft.id, 1, BETTER)
    query = "SELECT kind, subject FROM audit_entry WHERE kind LIKE 'question_draft.%' ORDER BY id"
    found = await rows(drafting.workspace, drafting.caller, query)
    assert [row[0] for row in found] == ["question_draft.started", "question_draft.judged"]
    async with drafting.workspace.database.unit_of_work(
        drafting.caller.tenant_id, drafting.caller.principal_id
    ) as work:
        for kind, subject in found:
            facts = await DraftCheck().facts(work, kind, [subject])
            assert facts[subject]["actor_id"] == str(drafting.caller.principal_id)


async def test_another_tenant_finds_nothing(drafting: Drafting) -> None:
    draft = await drafting.ended()
    stranger = await make_tenant(drafting.workspace.database)
    for go in (
        drafting.drafts.get(stranger, draft.id),
        drafting.drafts.questions(stranger, draft.id, None, limit=10, cursor=None),
        drafting.drafts.judge(stranger, draft.id, 1, GiveVerdict(verdict="accepted")),
        drafting.drafts.push(stranger, draft.id, DraftToDataset(name="stolen")),
    ):
        with pytest.raises(NotFound) as missing:
            await go
        assert missing.value.code == "question_draft.not_found"
    assert (await drafting.drafts.list(stranger, None, None, limit=10, cursor=None)).items == []
