"""Live experiments in the browser: plan one, read what may be concluded, and promote or stop."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import DashboardEngine, Faults, OpenContext, assert_accessible

pytestmark = pytest.mark.slow

ARMS = [{"name": "plain", "version": 1, "weight": 0.5}, {"name": "warm", "version": 2, "weight": 0.5}]
HELPFUL = {"name": "helpful", "kind": "binary", "direction": "higher"}


def prompt(engine: DashboardEngine, name: str, versions: int = 2) -> str:
    """A prompt with `production` at its first version; its name."""
    for number in range(1, versions + 1):
        body: dict[str, Any] = {"name": name, "body": {"template": f"Say hello, {number}."}, "message": f"Way {number}"}
        engine.api("POST", "/prompts", body | ({"labels": ["production"]} if number == 1 else {}))
    return name


def begin(engine: DashboardEngine, name: str, artifact: str, **options: Any) -> dict[str, Any]:
    wanted = {"name": name, "artifact": artifact, "arms": ARMS, "metrics": [HELPFUL]} | options
    return engine.api("POST", "/experiments", wanted)


def shown(engine: DashboardEngine, experiment: dict[str, Any], units: int, **options: Any) -> dict[str, str]:
    """Report units under every arm, and held back: the engine takes what is theirs. Return the arm by session."""
    names: list[str | None] = [*(arm["name"] for arm in experiment["arms"]), None]
    wanted: list[dict[str, Any]] = [
        {"experiment_id": experiment["id"], "unit_id": f"u{unit}", "arm": arm} | options
        | {"session_id": f"{experiment['name']}.{unit}"}
        for unit in range(units)
        for arm in names
    ]  # fmt: skip
    answer = engine.api("POST", "/experiments/exposures", {"exposures": wanted})
    refused = {one["index"] for one in answer["refused"]}
    return {one["session_id"]: one["arm"] for index, one in enumerate(wanted) if index not in refused and one["arm"]}


def tell(engine: DashboardEngine, session: str, metric: str, value: Any) -> None:
    """Give feedback, as fast as the key's limit allows."""
    while True:
        try:
            engine.api("POST", "/feedback", {"metric_name": metric, "value": value, "session_id": session})
        except HTTPError as refused:
            if refused.code != 429:
                raise
            time.sleep(float(refused.headers["Retry-After"]))
        else:
            return


@pytest.fixture(scope="module")
def decided(engine: DashboardEngine) -> str:
    """A running experiment whose second arm is clearly better, with further metrics and a guardrail; its name."""
    experiment = begin(
        engine, "warmer", prompt(engine, "hello-warmer"), holdback=0.1, burn_in=10, planned_units=200,
        metrics=[HELPFUL, {"name": "stars", "kind": "mean", "direction": "higher"}],
        guardrails=[{"name": "complaint", "kind": "binary", "direction": "lower", "tolerated_loss": 0.1}],
    )  # fmt: skip
    seen = {"plain": 0, "warm": 0}
    for session, arm in shown(engine, experiment, 120).items():
        number, good = seen[arm], seen[arm] % 10 < (9 if arm == "warm" else 3)
        tell(engine, session, "helpful", good)
        tell(engine, session, "stars", 4 + number % 2 if good else 1 + number % 3)
        tell(engine, session, "complaint", number % 20 == 7)
        seen[arm] += 1
    return "warmer"


def test_an_empty_namespace_says_what_an_experiment_is(page: Page, engine: DashboardEngine) -> None:
    engine.api("POST", "/namespaces", {"name": "untried"})
    page.goto(f"{engine.url}/experiments?namespace=untried")
    expect(page.get_by_role("heading", name="No experiment yet")).to_be_visible()
    expect(page.get_by_text("mcp-engine feedback EXECUTION helpful true")).to_be_visible()
    assert_accessible(page, "experiments-empty")
    page.goto(f"{engine.url}/experiments?namespace=untried&artifact=nothing")
    expect(page.get_by_role("heading", name="No experiment on this prompt")).to_be_visible()


def test_an_experiment_is_planned_checked_as_it_is_typed_started_and_stopped(
    page: Page, engine: DashboardEngine
) -> None:
    prompt(engine, "hello-planned", 3)
    page.goto(f"{engine.url}/experiments")
    page.get_by_role("link", name="New experiment").first.click()
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_disabled()
    page.get_by_label("Name", exact=True).fill("planned")
    page.get_by_label("Prompt", exact=True).fill("hello-planned")
    expect(page.get_by_text("Now: production → 1")).to_be_visible()
    page.get_by_label("Version of the control").select_option("1")
    page.get_by_label("Version of arm 2").select_option("2")
    page.get_by_role("button", name="Add an arm").click()
    expect(page.get_by_text("Weights sum to 1", exact=True)).to_be_visible()
    page.get_by_label("Version of arm 3").select_option("3")
    page.get_by_label("Weight of arm 3").fill("0.5")
    expect(page.get_by_text(re.compile("Weights sum to 1.1667; they"))).to_be_visible()
    page.get_by_role("button", name="Equal weights").click()
    page.get_by_label("Primary metric", exact=True).fill("helpful")
    expect(page.get_by_text("Say of each metric in which direction it is better.")).to_be_visible()
    page.get_by_label("Direction of Primary metric").select_option("higher")
    page.get_by_role("button", name="Add a guardrail").click()
    page.get_by_label("Guardrail 1", exact=True).fill("complaint")
    page.get_by_label("Direction of Guardrail 1").select_option("lower")
    page.get_by_label("Tolerated loss of Guardrail 1").fill("0.02")
    page.get_by_role("button", name="Begin with fewer").click()
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Attribute of rule 1").fill("plan")
    page.get_by_label("Values of rule 1").fill("pro, team")
    page.get_by_label("Shares over time").select_option("top_two")
    expect(page.get_by_text("Its estimates are biased")).to_be_visible()
    page.wait_for_url("**top_two*")
    assert_accessible(page, "experiment-new")
    page.reload()
    expect(page.get_by_label("Values of rule 1")).to_have_value("pro, team")
    page.get_by_label("Shares over time").select_option("fixed")
    start.click()
    page.wait_for_url("**/experiments/planned*")
    expect(page.get_by_role("heading", name="planned", level=1)).to_be_visible()
    expect(page.get_by_text('plan is "pro" or "team"')).to_be_visible()
    expect(page.get_by_text("10 % from the start")).to_be_visible()
    conclusion = page.get_by_role("region", name="Conclusion")
    expect(conclusion).to_contain_text("Nothing can be concluded yet")
    assert_accessible(page, "experiment-fresh")
    page.get_by_role("button", name="Stop…").click()
    dialog = page.get_by_role("alertdialog", name="Stop planned")
    dialog.get_by_label("Reason (optional)").fill("Only a look")
    dialog.get_by_role("button", name="Stop for good").click()
    expect(page.get_by_text("It has ended (stopped).")).to_be_visible()
    expect(page.get_by_role("list", name="Events, newest first")).to_contain_text("Only a look")
    expect(page.get_by_role("button", name="Promote an arm…")).to_be_disabled()


def test_a_winner_is_read_and_promoted(page: Page, engine: DashboardEngine, decided: str) -> None:
    page.goto(f"{engine.url}/experiments")
    row = page.get_by_role("row").filter(has_text=decided)
    expect(row.get_by_text("winner", exact=True)).to_be_visible()
    assert_accessible(page, "experiments")
    row.get_by_role("link", name=decided).click()
    conclusion = page.get_by_role("region", name="Conclusion")
    expect(conclusion).to_contain_text("warm is better than the control on helpful.")
    expect(
        page.get_by_role("region", name="Arms", exact=True).get_by_role("row", name=re.compile("^warm"))
    ).to_be_visible()
    helpful = page.get_by_role("region", name="helpful (primary): warm")
    expect(helpful.get_by_role("img", name=re.compile(r"^helpful of warm less the control: \+\d"))).to_be_visible()
    chart = helpful.get_by_role("img", name=re.compile("less the control: first"))
    expect(chart.locator("svg").first).to_be_visible()
    expect(page.get_by_role("list", name="Not counted")).to_contain_text(re.compile(r"[1-9]\d* held back"))
    guardrail = page.get_by_role("region", name="complaint (guardrail): warm")
    expect(guardrail.get_by_text("10.0 points", exact=True)).to_be_visible()
    assert_accessible(page, "experiment")
    chart.scroll_into_view_if_needed()
    assert_accessible(page, "experiment-charts")
    page.get_by_text("Tables", exact=True).click()
    page.wait_for_url("**view=table*")
    table = helpful.get_by_role("table", name=re.compile("^Course of helpful"))
    expect(table.get_by_role("row").nth(1)).to_be_visible()
    assert_accessible(page, "experiment-tables")
    page.get_by_role("button", name="Promote warm…").click()
    dialog = page.get_by_role("alertdialog", name="Promote an arm")
    expect(dialog.get_by_text("hello-warmer@production moves from version 1 to version 2.")).to_be_visible()
    assert_accessible(page, "experiment-promote")
    page.reload()
    dialog.get_by_label("Arm", exact=True).select_option("plain")
    expect(dialog.get_by_text("Not shown to be better.")).to_be_visible()
    dialog.get_by_label("Arm", exact=True).select_option("warm")
    dialog.get_by_role("button", name="Move production to 2").click()
    expect(page.get_by_text("It has ended (promoted).")).to_be_visible()
    expect(page.get_by_role("list", name="Events, newest first")).to_contain_text("production went to version 2")
    assert engine.api("GET", "/prompts/hello-warmer?label=production")["number"] == 2


def test_shares_that_are_off_are_told_above_everything(page: Page, engine: DashboardEngine) -> None:
    experiment = begin(engine, "lopsided", prompt(engine, "hello-lopsided"))
    lost = {**experiment, "arms": experiment["arms"][:1]}
    assert len(shown(engine, lost, 450)) > 150
    page.goto(f"{engine.url}/experiments/lopsided")
    expect(page.get_by_role("alert")).to_contain_text("units do not reach the arms in the intended shares")
    expect(page.get_by_role("region", name="Conclusion")).to_contain_text("Units do not reach the arms")
    assert_accessible(page, "experiment-broken")


def test_estimates_of_an_adaptive_experiment_are_marked(page: Page, engine: DashboardEngine) -> None:
    experiment = begin(engine, "adaptive", prompt(engine, "hello-adaptive"), allocator="top_two")
    for session, arm in shown(engine, experiment, 12).items():
        tell(engine, session, "helpful", arm == "warm")
    shown(engine, experiment, 14, is_fallback=True)
    page.goto(f"{engine.url}/experiments/adaptive")
    block = page.get_by_role("region", name="helpful (primary): warm")
    expect(block.get_by_text("estimates are biased", exact=True)).to_be_visible()
    expect(page.get_by_role("list", name="Not counted")).to_contain_text(re.compile(r"[1-9]\d* shown a fallback"))
    assert_accessible(page, "experiment-adaptive")


def test_who_may_only_read_is_told_why_nothing_can_be_done(
    open_context: OpenContext, engine: DashboardEngine, faults: Faults
) -> None:
    begin(engine, "not-mine", prompt(engine, "hello-not-mine"), start=False)
    viewer = engine.api("POST", "/principals", {"kind": "person", "name": "Experiments viewer", "role": "viewer"})
    key = engine.api("POST", "/keys", {"name": "experiments", "principal_id": viewer["id"]})["api_key"]
    page = open_context().new_page()
    page.goto(f"{engine.url}/experiments/not-mine")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("It has not started")).to_be_visible()
    expect(page.get_by_role("button", name="Start…")).to_be_disabled()
    expect(page.get_by_text("Your key lacks the scope experiments:write.")).to_be_visible()
    page.goto(f"{engine.url}/experiments/-/new")
    expect(page.get_by_role("heading", name="Not for your key")).to_be_visible()
    faults.expect("status of 404")
    page.goto(f"{engine.url}/experiments/nowhere")
    expect(page.get_by_role("alert")).to_contain_text("experiment.not_found")
