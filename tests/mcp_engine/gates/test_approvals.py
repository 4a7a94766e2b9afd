"""Whose word a release needs: four eyes, and who does not count."""

from __future__ import annotations

from sqlalchemy import text

from mcp_engine.access import Caller
from mcp_engine.database.engine import Database
from tests.mcp_engine.evaluation.conftest import Api
from tests.mcp_engine.gates.conftest import Join, Story


async def test_two_persons_approve_and_the_author_is_none_of_them(story: Story, join: Join) -> None:
    await story.begin()
    await story.gate(approvals=2)
    people = [await join(name) for name in ("ada", "bob")]
    await join("bot", kind="machine", role="automation")
    assert await story.refused(2) == ["gate.not_requested"]
    request = await story.asked(key="bot")
    assert (request["state"], request["approvals_needed"]) == ("waiting", 2)
    assert (await story.approve(request, "owner")).json()["code"] == "gate.author"
    assert (await story.approve(request, "bot")).json()["code"] == "gate.person_needed"
    await story.ok(story.approve(request, "ada"))
    await story.ok(story.approve(request, "ada"))
    assert await story.refused(2) == ["gate.approvals_missing"]
    await story.ok(story.approve(request, "bob", approve=False))
    assert "gate.rejected" in await story.refused(2)
    assert (await story.shown(request))["state"] == "rejected"
    assert (await story.ok(story.approve(request, "bob")))["state"] == "ready"
    moved = await story.ok(story.move(2))
    assert moved["certificate"]["approvers"] == sorted(str(one.principal_id) for one in people)
    assert (await story.approve(request, "ada")).json()["code"] == "gate.released_already"


async def test_machines_may_only_ask_and_movers_are_named(story: Story, join: Join) -> None:
    await story.begin()
    await story.gate(movers=["ada"])
    await join("ada")
    await join("bob")
    await join("bot", kind="machine", role="editor")
    assert await story.refused(2, key="bot") == ["gate.machine"]
    assert await story.refused(2, key="bob") == ["gate.mover"]
    assert (await story.ok(story.move(2, key="ada")))["certificate"]["proof"] == "gates"
    await story.gate(machines="release")
    assert (await story.move(1, key="bot")).status_code == 200


async def test_approvals_of_those_who_left_count_no_more(
    story: Story, join: Join, database: Database, caller: Caller
) -> None:
    await story.begin()
    await story.gate(approvals=1)
    ada, bob = await join("ada"), await join("bob")
    request = await story.asked()
    await story.ok(story.approve(request, "ada"))
    await story.ok(story.approve(request, "bob", approve=False))

    async def change(statement: str, who: Caller) -> None:
        async with database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
            await work.session.execute(text(statement), {"id": who.principal_id})

    await change("UPDATE principal SET disabled_at = now() WHERE id = :id", bob)
    assert (await story.shown(request))["state"] == "ready"
    await change("UPDATE principal SET role = 'viewer' WHERE id = :id", ada)
    assert await story.refused(2) == ["gate.approvals_missing"]


async def test_who_wrote_what_a_version_includes_is_an_author_too(story: Story, join: Join, api: Api) -> None:
    await story.begin()
    await join("mallory", role="owner")
    await join("ada")
    tone = {"name": "tone", "body": {"template": "new "}, "labels": ["live"]}
    await story.ok(api.post("/prompts", tone))
    with_tone = {"name": "greet", "body": {"template": "{% include 'tone@live' %}{{ q }}"}}
    await story.ok(api.post("/prompts", with_tone))
    await story.ok(story.move(3))
    await story.gate(approvals=1)
    await story.ok(api.post("/prompts", {**tone, "body": {"template": "new  "}}, "mallory"))
    request = await story.asked(3)
    assert (await story.approve(request, "mallory")).json()["code"] == "gate.author"
    assert (await story.ok(story.approve(request, "ada")))["state"] == "ready"
