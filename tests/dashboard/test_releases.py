"""Gates and releases in the browser: what a label asks for, how it is gathered, who approves, and what stays of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import DashboardEngine, Faults, OpenContext, assert_accessible

pytestmark = pytest.mark.slow

STORY = "Write a long story about {{ thing }}."
OPEN_ROWS, SEALED_ROWS = 8, 12
SHORTER = {"scorer": "output_tokens", "rule": "better"}


@pytest.fixture(scope="module")
def things(engine: DashboardEngine) -> str:
    """A dataset with open and sealed rows; its name."""
    rows: list[dict[str, Any]] = [{"inputs": {"thing": f"thing {number}"}} for number in range(OPEN_ROWS)]
    rows += [{"inputs": {"thing": f"secret {number}"}, "split": "sealed"} for number in range(SEALED_ROWS)]
    engine.api("POST", "/datasets", {"name": "things", "rows": rows, "labels": ["current"]})
    return "things"


@pytest.fixture(scope="module")
def people(engine: DashboardEngine) -> dict[str, str]:
    """Keys of two persons who may approve, and of one who may only read, by name."""
    keys: dict[str, str] = {}
    for name, role in (("Ada", "editor"), ("Grace", "editor"), ("Reader", "viewer")):
        person = engine.api("POST", "/principals", {"kind": "person", "name": f"{name} of releases", "role": role})
        keys[name] = engine.api("POST", "/keys", {"name": name, "principal_id": person["id"]})["api_key"]
    return keys


def prompt(engine: DashboardEngine, name: str, tokens: tuple[int, ...]) -> str:
    """A prompt with a version for each number of tokens that it may write, `production` at the first; its name."""
    for place, most in enumerate(tokens):
        body = {"template": STORY, "parameters": {"max_tokens": most}}
        labels = ["production"] if place == 0 else []
        engine.api("POST", "/prompts", {"name": name, "body": body, "message": f"{most} tokens", "labels": labels})
    return name


def gate(engine: DashboardEngine, name: str, artifact: str, **body: Any) -> str:
    """A gate over one prompt's `production`, in force; its name."""
    engine.api(
        "POST", "/gates", {"name": name, "body": {"protects": {"names": [artifact]}, "minimum_rows": 10, **body}}
    )
    return name


def sign_in(open_context: OpenContext, engine: DashboardEngine, key: str, path: str) -> Page:
    page = open_context().new_page()
    page.goto(f"{engine.url}{path}")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Sections").wait_for()
    return page


def ask_for_move(page: Page, engine: DashboardEngine, name: str, version: int) -> Locator:
    """Try to move `production`, which a gate refuses; return the dialog, which says why."""
    page.goto(f"{engine.url}/prompts/{name}/labels")
    page.get_by_role("button", name="Move a label…").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_label("Version").select_option(str(version))
    dialog.get_by_label("Reason (optional)").fill("Shorter is better here")
    dialog.get_by_role("button", name=f"Move production to {version}").click()
    expect(dialog.get_by_role("heading", name="A gate protects this label. What is missing:")).to_be_visible()
    return dialog


def test_an_empty_namespace_says_what_gates_and_releases_are(page: Page, engine: DashboardEngine) -> None:
    engine.api("POST", "/namespaces", {"name": "ungated"})
    page.goto(f"{engine.url}/releases?namespace=ungated")
    expect(page.get_by_role("heading", name="Nothing waits for a release")).to_be_visible()
    assert_accessible(page, "releases-empty")
    page.get_by_role("button", name="Show what has ended").click()
    page.wait_for_url("**state=all*")
    expect(page.get_by_role("heading", name="No release was ever requested")).to_be_visible()
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Gates").click()
    expect(page.get_by_role("heading", name="No gate yet")).to_be_visible()
    assert_accessible(page, "gates-empty")


def test_a_gate_is_written_put_in_force_and_changed(
    page: Page, engine: DashboardEngine, things: str, faults: Faults
) -> None:
    faults.expect("status of 404")
    name = prompt(engine, "tale", (6, 2))
    page.goto(f"{engine.url}/gates")
    page.get_by_role("link", name="New gate").first.click()
    put = page.get_by_role("button", name="Put in force")
    expect(put).to_be_disabled()
    page.get_by_label("Name", exact=True).fill("tales")
    page.get_by_label("Names", exact=True).fill(name)
    page.get_by_role("button", name="Add a requirement").click()
    expect(page.get_by_text("Fill in name, dataset, split and scorer of requirement 1.")).to_be_visible()
    page.get_by_label("Name of requirement 1").fill("shorter")
    page.get_by_label("Dataset of requirement 1").fill("nowhere")
    page.get_by_label("Scorer of requirement 1").fill("output_tokens")
    page.get_by_label("Rule of requirement 1").select_option("at_least")
    expect(page.get_by_text("Give requirement 1 its bound")).to_be_visible()
    page.get_by_label("Rule of requirement 1").select_option("better")
    page.get_by_label("Sealed rows at the least").fill("10")
    put.click()
    expect(page.get_by_role("alert")).to_contain_text("dataset.not_found")
    page.get_by_label("Dataset of requirement 1").fill(f"{things}@current")
    assert_accessible(page, "gate-edit")
    put.click()
    page.wait_for_url("**/gates/tales*")
    expect(page.get_by_text("Protects production of prompt tale.")).to_be_visible()
    table = page.get_by_role("region", name="Requirements")
    expect(table.get_by_role("row", name=re.compile("^shorter"))).to_contain_text("more rows improve than worsen")
    expect(page.get_by_text("All of it is left")).to_be_visible()
    expect(page.get_by_text("may not show unreleased versions", exact=True)).to_be_visible()
    assert_accessible(page, "gate-fresh")
    page.get_by_role("link", name="Change it").click()
    page.get_by_label("Experiments").select_option("allow")
    page.get_by_label("It is switched on").uncheck()
    put.click()
    expect(page.get_by_text("switched off", exact=True)).to_be_visible()
    expect(page.get_by_text("may show unreleased versions", exact=True)).to_be_visible()
    page.get_by_role("link", name="Gates", exact=True).first.click()
    expect(page.get_by_role("row", name=re.compile("^tales"))).to_contain_text("switched off")
    assert engine.api("PUT", f"/prompts/{name}/labels/production", {"version": 2})["to_number"] == 2


def test_a_release_is_requested_proved_approved_by_two_carried_out_and_rolled_back(
    page: Page, engine: DashboardEngine, open_context: OpenContext, things: str, people: dict[str, str], faults: Faults
) -> None:
    faults.expect("status of 409")
    name = prompt(engine, "fable", (6, 2))
    requires = [
        {"name": "open", "dataset": things, "split": "open", **SHORTER},
        {"name": "sealed", "dataset": things, **SHORTER},
    ]
    gate(engine, "fables", name, description="Shorter fables only.", requires=requires, approvals=2)
    dialog = ask_for_move(page, engine, name, 2)
    expect(dialog.get_by_role("list", name="What is missing")).to_contain_text("Nobody has asked for this release yet")
    assert_accessible(page, "release-refused")
    dialog.get_by_role("button", name="Request release").click()
    page.wait_for_url("**/releases/*")
    expect(page.get_by_role("heading", name="fable@production to version 2")).to_be_visible()
    address = page.url.removeprefix(engine.url)
    standing = page.get_by_role("region", name="How it stands")
    expect(standing).to_contain_text("Waits for 2 more persons to approve.", timeout=120_000)
    evidence = page.get_by_role("list", name="What fables asks for").get_by_role("listitem")
    expect(evidence.first).to_contain_text(
        re.compile("passed.*open.*It was shown that the version is better", re.DOTALL)
    )
    expect(evidence.last).to_contain_text(re.compile("passed.*sealed", re.DOTALL))
    expect(page.get_by_text("Sealed rows say passed or failed, nothing else")).to_be_visible()
    expect(evidence.last.get_by_role("link", name="compare row by row")).to_have_count(0)
    expect(page.get_by_text("You wrote this version: others approve it.")).to_be_visible()
    expect(page.get_by_role("button", name="Release…")).to_be_disabled()
    assert_accessible(page, "release-waiting")

    first = sign_in(open_context, engine, people["Ada"], address)
    first.get_by_role("button", name="Reject…").click()
    say = first.get_by_role("alertdialog", name="Reject this release")
    say.get_by_label("Comment (optional)").fill("Let me read it first")
    say.get_by_role("button", name="Reject").click()
    expect(first.get_by_role("region", name="How it stands")).to_contain_text("Rejected by Ada of releases.")
    assert_accessible(first, "release-rejected")
    first.get_by_role("button", name="Approve…").click()
    say = first.get_by_role("alertdialog", name="Approve this release")
    say.get_by_label("Comment (optional)").fill("Reads well")
    assert_accessible(first, "release-approve")
    say.get_by_role("button", name="Approve").click()
    expect(first.get_by_role("region", name="How it stands")).to_contain_text("Waits for one more person")

    second = sign_in(open_context, engine, people["Grace"], "/releases")
    row = second.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text(re.compile("waiting.*2 of 2 passed.*1 of 2", re.DOTALL))
    assert_accessible(second, "releases")
    row.get_by_role("link", name=name).click()
    second.get_by_role("button", name="Approve…").click()
    second.get_by_role("alertdialog").get_by_role("button", name="Approve").click()
    expect(second.get_by_role("region", name="How it stands")).to_contain_text("fable@production may move to version 2")

    page.reload()
    expect(page.get_by_role("list", name="Approvals and rejections")).to_contain_text(
        re.compile("approved.*Ada of releases.*Reads well.*approved.*Grace of releases", re.DOTALL)
    )
    assert_accessible(page, "release-ready")
    evidence.first.get_by_role("link", name="compare row by row").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Release…").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Move production to 2").click()
    expect(standing).to_contain_text("Released: fable@production moved to version 2.")
    assert_accessible(page, "release-released")
    page.get_by_role("link", name="history of the label").click()
    moves = page.get_by_role("list", name="Moves, newest first").locator("> li")
    newest = moves.first
    expect(newest).to_contain_text(re.compile("version 1.*version 2.*proved.*Shorter is better here", re.DOTALL))
    newest.get_by_text("Certificate").click()
    expect(newest).to_contain_text("Approved by Ada of releases, Grace of releases.")
    expect(newest.get_by_role("region", name="Gate fables")).to_contain_text("12 rows · split sealed · level")
    assert_accessible(page, "labels-proved")
    page.get_by_role("button", name="Roll production back to version 1").click()
    dialog = page.get_by_role("alertdialog", name="Roll production back")
    assert_accessible(page, "label-roll-back")
    dialog.get_by_role("button", name="Roll back to 1").click()
    expect(newest).to_contain_text(re.compile("version 2.*version 1.*rollback", re.DOTALL))
    expect(moves).to_have_count(3)
    assert engine.api("GET", f"/prompts/{name}?label=production")["number"] == 1

    page.goto(f"{engine.url}/gates/fables")
    ledger = page.get_by_role("list", name="Ledgers").get_by_role("listitem")
    expect(ledger).to_contain_text("1 of 20 planned looks, 1 passed.")
    expect(ledger.get_by_role("meter")).to_have_attribute(
        "aria-label", re.compile("of the error budget is left after 1 of 20")
    )
    expect(page.get_by_role("list", name="Requests, newest first")).to_contain_text("released")
    assert_accessible(page, "gate")


def test_an_owner_promotes_without_proof_and_it_shows_for_ever(
    page: Page, engine: DashboardEngine, things: str, faults: Faults
) -> None:
    faults.expect("status of 409")
    name = prompt(engine, "saga", (2, 6))
    gate(engine, "sagas", name, requires=[{"name": "open", "dataset": things, "split": "open", **SHORTER}])
    ask_for_move(page, engine, name, 2).get_by_role("button", name="Request release").click()
    standing = page.get_by_role("region", name="How it stands")
    expect(standing).to_contain_text("The evidence does not carry it.", timeout=120_000)
    expect(standing.get_by_role("list", name="What is missing")).to_contain_text(
        "it was not shown that the version is better"
    )
    assert_accessible(page, "release-failed")
    page.get_by_role("button", name="Promote without proof…").click()
    page.wait_for_url("**ask=override*")
    dialog = page.get_by_role("alertdialog", name="Promote without proof")
    promote = dialog.get_by_role("button", name="Promote without proof")
    expect(promote).to_be_disabled()
    dialog.get_by_label("Reason").fill("The old one is broken")
    assert_accessible(page, "release-override")
    promote.click()
    expect(standing).to_contain_text("Released: saga@production moved to version 2.")
    page.get_by_role("link", name="history of the label").click()
    newest = page.get_by_role("list", name="Moves, newest first").locator("> li").first
    expect(newest).to_contain_text(re.compile("promoted without proof.*The old one is broken", re.DOTALL))
    newest.get_by_text("Certificate").click()
    expect(newest.get_by_role("region", name="What was missing")).to_contain_text("it was not shown")
    assert_accessible(page, "labels-unproved")


def test_an_experiment_that_a_gate_refuses_leads_to_a_request(
    page: Page, engine: DashboardEngine, things: str, people: dict[str, str], open_context: OpenContext, faults: Faults
) -> None:
    faults.expect("status of 409")
    name = prompt(engine, "myth", (6, 2))
    gate(engine, "myths", name, approvals=1)
    arms = [{"name": "long", "version": 1, "weight": 0.5}, {"name": "short", "version": 2, "weight": 0.5}]
    metrics = [{"name": "helpful", "kind": "binary", "direction": "higher"}]
    wanted = {"name": "myths", "artifact": name, "arms": arms, "metrics": metrics, "start": False}
    engine.api("POST", "/experiments", wanted)
    page.goto(f"{engine.url}/experiments/myths?ask=start")
    dialog = page.get_by_role("alertdialog", name="Start myths")
    start = dialog.get_by_role("button", name="Start the experiment")
    start.click()
    expect(dialog.get_by_role("list", name="What is missing")).to_contain_text("no experiment show version 2")
    expect(dialog.get_by_role("button", name="Request release")).to_have_count(0)
    assert_accessible(page, "experiment-not-started")
    gate(engine, "myths", name, approvals=1, experiments="allow")
    start.click()
    expect(page.get_by_role("button", name="Promote an arm…")).to_be_enabled()
    page.goto(f"{engine.url}/experiments/myths?ask=promote&arm=short")
    dialog = page.get_by_role("alertdialog", name="Promote an arm")
    dialog.get_by_role("button", name="Move production to 2").click()
    expect(dialog.get_by_role("list", name="What is missing")).to_contain_text("Nobody has asked for this release yet")
    assert_accessible(page, "experiment-refused")
    dialog.get_by_role("button", name="Request release").click()
    expect(page.get_by_role("heading", name="myth@production to version 2")).to_be_visible()
    expect(page.get_by_text("It asks for no evaluation.")).to_be_visible()
    reader = sign_in(open_context, engine, people["Reader"], page.url.removeprefix(engine.url))
    expect(reader.get_by_text("your key needs the scope gates:approve")).to_be_visible()
    expect(reader.get_by_role("button", name="Approve…")).to_be_disabled()
    expect(reader.get_by_role("button", name="Promote without proof…")).to_have_count(0)
    reader.goto(f"{engine.url}/gates/-/edit")
    expect(reader.get_by_role("heading", name="Not for your key")).to_be_visible()
