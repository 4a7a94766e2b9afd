"""Labelling in the browser: judge outputs blind by keyboard, and see how far a judge agrees."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.dashboard.conftest import DashboardEngine, Faults, assert_accessible

pytestmark = pytest.mark.slow

CAPITALS = {"France": "Paris", "Italy": "Rome", "Japan": "Tokyo", "Norway": "Oslo", "Spain": "Madrid"}


@pytest.fixture(scope="module")
def evaluation(engine: DashboardEngine) -> str:
    """An evaluation of five rows that a scorer has scored; its id."""
    body = {"template": "What is the capital of {{ country }}?", "parameters": {"max_tokens": 8}}
    engine.api("POST", "/prompts", {"name": "capital-labelled", "body": body})
    rows = [{"inputs": {"country": one}, "expected": city} for one, city in CAPITALS.items()]
    engine.api("POST", "/datasets", {"name": "capitals-labelled", "rows": rows})
    engine.api("POST", "/artifacts/scorer/names-it", {"body": {"type": "contains"}})
    wanted = {"subject": "capital-labelled", "dataset": "capitals-labelled", "scorers": ["names-it"]}
    found: dict[str, Any] = engine.api("POST", "/evaluations", wanted)
    while found["state"] not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.2)
        found = engine.api("GET", f"/evaluations/{found['id']}")
    assert found["state"] == "succeeded", found
    return found["id"]


def waiting(engine: DashboardEngine, evaluation: str) -> dict[str, Any]:
    return engine.api("GET", f"/evaluations/{evaluation}/labelling?scorer=names-it&limit=50")


def test_outputs_are_judged_blind_by_keyboard_and_taken_up_again(
    page: Page, engine: DashboardEngine, evaluation: str
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.goto(f"{engine.url}/evaluations/{evaluation}/labelling")
    page.get_by_role("link", name="names-it", exact=True).click()
    page.wait_for_url("**scorer=names-it*")
    progress = page.get_by_role("progressbar", name="Labelled by you")
    expect(page.get_by_text("0 labelled, 5 left")).to_be_visible()
    countries = [item["inputs"]["country"] for item in waiting(engine, evaluation)["items"]]
    row = page.get_by_role("article", name="Row to judge")
    expect(row).to_contain_text(countries[0])
    expect(row.get_by_role("region", name="Expected")).to_have_text(CAPITALS[countries[0]])
    assert_accessible(page, "labelling")
    page.keyboard.press("s")
    expect(row).to_contain_text(countries[1])
    page.keyboard.press("p")
    expect(row).to_contain_text(countries[2])
    expect(page.get_by_text("1 labelled, 4 left")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(row).to_contain_text(countries[3])
    expect(progress).to_have_attribute("aria-valuenow", "2")
    page.keyboard.press("u")
    expect(row).to_contain_text(countries[2])
    expect(page.get_by_text("You judge this one again")).to_be_visible()
    assert_accessible(page, "labelling-again")
    page.keyboard.press("ArrowRight")
    expect(row).to_contain_text(countries[3])
    page.reload()
    expect(page.get_by_text("2 labelled, 3 left")).to_be_visible()
    assert not [url for url in asked if "/items" in url or "calibration" in url or "corrected" in url]


def test_on_a_phone_two_large_buttons_end_the_work_and_the_judge_is_shown(
    page: Page, engine: DashboardEngine, evaluation: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{engine.url}/evaluations/{evaluation}/labelling?scorer=names-it")
    expect(page.get_by_role("article", name="Row to judge")).to_be_visible()
    left = waiting(engine, evaluation)["left"]
    for done in range(left):
        page.get_by_role("button", name="Pass" if done % 2 else "Fail").click()
    expect(page.get_by_role("heading", name="You have judged every row")).to_be_visible()
    expect(page.get_by_text(f"{len(CAPITALS)} labelled, 0 left")).to_be_visible()
    assert_accessible(page, "labelling-done")
    page.get_by_role("link", name="See how well the judge agrees").click()
    page.wait_for_url("**tab=calibration*")
    expect(page.get_by_role("heading", name="Not calibrated")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Sensitivity: "))).to_be_visible()
    expect(page.get_by_text(re.compile("20 of each are needed"))).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    assert_accessible(page, "labelling-calibration")


def test_a_verdict_that_was_not_stored_comes_back(
    page: Page, engine: DashboardEngine, evaluation: str, faults: Faults
) -> None:
    faults.expect("status of 40[49]")
    body = {"template": "Name the capital of {{ country }}.", "parameters": {"max_tokens": 4}}
    engine.api("POST", "/prompts", {"name": "capital-again", "body": body})
    wanted = {"subject": "capital-again", "dataset": "capitals-labelled", "scorers": ["names-it"], "limit": 2}
    found: dict[str, Any] = engine.api("POST", "/evaluations", wanted)
    while found["state"] not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.2)
        found = engine.api("GET", f"/evaluations/{found['id']}")
    problem = '{"title": "Conflict", "status": 409, "code": "label.no_output", "detail": "Refused for once."}'
    page.route("**/labels", lambda route: route.fulfill(status=409, content_type="application/json", body=problem))
    page.goto(f"{engine.url}/evaluations/{found['id']}/labelling?scorer=names-it")
    expect(page.get_by_text("0 labelled, 2 left")).to_be_visible()
    page.keyboard.press("f")
    expect(page.get_by_text("The verdict was not stored: Refused for once.")).to_be_visible()
    expect(page.get_by_text("0 labelled, 2 left")).to_be_visible()
    page.unroute("**/labels")
    page.keyboard.press("f")
    expect(page.get_by_text("1 labelled, 1 left")).to_be_visible()
    page.goto(f"{engine.url}/evaluations/{evaluation}/labelling?scorer=nobody")
    expect(page.get_by_role("alert")).to_contain_text("evaluation.scorer_not_found")
