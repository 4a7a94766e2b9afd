"""A judged comparison in the browser: started beside the differences, and read as a picture and row by row."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import DashboardEngine, assert_accessible

pytestmark = pytest.mark.slow

COLOURS = ["red", "blue", "green", "brown"]
QUESTION = "First: {{ first }}\nSecond: {{ second }}\nWhich says {{ colour }}: first, second or tie?"


@pytest.fixture(scope="module")
def sides(engine: DashboardEngine) -> list[str]:
    """Two evaluations of the same rows, in a namespace without a judge. Oldest first."""
    engine.api("POST", "/namespaces", {"name": "colours"})
    for template in ("Say {{ colour }}.", "Name an animal. Do not say {{ colour }}."):
        body = {"template": template, "parameters": {"max_tokens": 6}}
        engine.api("POST", "/prompts?namespace=colours", {"name": "say", "body": body})
    rows = [{"inputs": {"colour": one}, "expected": one} for one in COLOURS]
    engine.api("POST", "/datasets?namespace=colours", {"name": "colours", "rows": rows})
    return [evaluated(engine, f"say/{number}") for number in (1, 2)]


def evaluated(engine: DashboardEngine, subject: str) -> str:
    wanted = {"subject": subject, "dataset": "colours", "scorers": ["contains"]}
    evaluation_id: str = engine.api("POST", "/evaluations?namespace=colours", wanted)["id"]
    state = ""
    while state not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.2)
        state = engine.api("GET", f"/evaluations/{evaluation_id}")["state"]
    assert state == "succeeded"
    return evaluation_id


def push_judge(engine: DashboardEngine) -> None:
    winner = {"type": "string", "enum": ["first", "second", "tie"]}
    schema = {"type": "object", "properties": {"winner": winner}, "required": ["winner"]}
    body = {"template": QUESTION, "output_schema": schema, "parameters": {"max_tokens": 16}}
    engine.api("POST", "/prompts?namespace=colours", {"name": "which", "body": body})
    judge = {"body": {"type": "pair_judge", "parameters": {"prompt": "which"}}, "message": "", "labels": []}
    engine.api("POST", "/artifacts/scorer/better?namespace=colours", judge)


def test_a_judge_is_asked_and_its_verdicts_are_a_picture(page: Page, engine: DashboardEngine, sides: list[str]) -> None:
    address = f"{engine.url}/evaluations/compare?evaluation={sides[0]}&evaluation={sides[1]}&namespace=colours"
    page.goto(address)
    expect(page.get_by_text("There is no judge of pairs here yet")).to_be_visible()
    push_judge(engine)
    page.goto(address)
    expect(page.get_by_label("Judge", exact=True)).to_have_value("better")
    page.get_by_role("button", name="Let it judge").click()
    parts = page.get_by_role("list", name="How the rows came out")
    expect(parts.get_by_role("listitem")).to_have_count(5)
    expect(page.get_by_text("not calibrated: evidence for no gate")).to_be_visible()
    expect(page.get_by_text("better/1, which asks which/1 on local")).to_be_visible()
    figures = engine.api("GET", f"/judged-comparisons?baseline={sides[0]}")["items"][0]["figures"]
    bar = page.get_by_role("img", name="of 4 rows")
    expect(bar).to_be_visible()
    for name, label in (("wins", "candidate better"), ("losses", "baseline better"), ("inconsistent", "the orders")):
        expect(parts.get_by_role("button", name=f"{figures[name]} {label}")).to_be_visible()
    assert_accessible(page, "evaluations-judged")
    some = parts.locator("button:enabled").first
    some.click()
    rows = page.get_by_role("list", name="Judged rows")
    expect(rows.get_by_role("link", name="the judge's run").first).to_be_visible()
    assert_accessible(page, "evaluations-judged-rows")
    rows.get_by_role("link", name="the judge's run").first.click()
    expect(page.get_by_role("heading", name="Executions", exact=True)).to_be_visible()
