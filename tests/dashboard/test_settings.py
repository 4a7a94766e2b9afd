"""Keys, people, providers, namespaces and the instance, as a person sets them up."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import DashboardEngine, Faults, assert_accessible

pytestmark = pytest.mark.slow


def status_with(engine: DashboardEngine, key: str, path: str) -> int:
    request = urllib.request.Request(f"{engine.url}/api/v1{path}", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_key_is_made_shown_once_used_and_revoked(page: Page, engine: DashboardEngine) -> None:
    page.goto(f"{engine.url}/settings")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("website")
    dialog.get_by_label("Expires").select_option(label="In 30 days")
    dialog.get_by_text("Only what I choose").click()
    dialog.get_by_role("button", name="Create key").click()
    expect(dialog.get_by_text("Choose at least one: the key could do nothing.")).to_be_visible()
    dialog.get_by_label("prompts:read").check()
    assert_accessible(page, "settings-new-key")
    dialog.get_by_role("button", name="Create key").click()
    key = dialog.get_by_label("The new key").inner_text()
    assert key.startswith("mce_")
    assert_accessible(page)
    dialog.get_by_role("button", name="Copy the key").click()
    assert page.evaluate("navigator.clipboard.readText()") == key
    dialog.get_by_role("button", name="I have kept it").click()
    assert key not in page.content()
    assert (status_with(engine, key, "/prompts"), status_with(engine, key, "/keys")) == (200, 403)

    expect(page.get_by_role("row", name=re.compile("^website"))).to_contain_text("in 29d")
    page.get_by_role("button", name="website", exact=True).click()
    details = page.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("prompts:read")
    assert_accessible(page, "settings-key")
    details.get_by_role("button", name="Revoke").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(details).to_contain_text("revoked")
    assert status_with(engine, key, "/prompts") == 401
    page.keyboard.press("Escape")
    table = page.get_by_role("region", name="API keys")
    expect(table.get_by_role("button", name="website", exact=True)).to_be_hidden()
    page.get_by_label("Show ended ones").check()
    expect(page).to_have_url(re.compile("all=true"))
    expect(table.get_by_role("row").filter(has_text="website")).to_contain_text("revoked")


def test_a_person_is_added_promoted_and_disabled_but_not_the_last_owner(
    page: Page, engine: DashboardEngine, faults: Faults
) -> None:
    faults.expect("status of 409")
    page.goto(f"{engine.url}/settings?section=people")
    page.get_by_role("button", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Rosalind")
    dialog.get_by_label("Role").select_option("viewer")
    expect(dialog.get_by_text("Reads everything, changes and runs nothing.")).to_be_visible()
    assert_accessible(page, "settings-new-person")
    dialog.get_by_role("button", name="Add person").click()
    details = page.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("None: it can't do anything yet.")
    details.get_by_label("Role").select_option("editor")
    details.get_by_role("button", name="Change the role").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Change the role").click()
    row = page.get_by_role("row").filter(has_text="Rosalind")
    expect(row).to_contain_text("editor")
    details.get_by_role("button", name="Disable").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Disable").click()
    expect(row).to_contain_text("disabled")
    assert_accessible(page, "settings-people")

    page.get_by_role("button", name="owner", exact=True).click()
    details.get_by_role("button", name="Disable").click()
    question = page.get_by_role("alertdialog")
    question.get_by_role("button", name="Disable").click()
    expect(question.get_by_role("alert")).to_contain_text("This is the last owner")
    question.get_by_role("button", name="Cancel").click()


class _Models(BaseHTTPRequestHandler):
    """A model server that knows two models, and wants a key."""

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") == "Bearer sk-right"
        body = json.dumps({"data": [{"id": "small"}, {"id": "large"}]} if known else {}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature is the library's
        """Keep the test's output clean."""


@pytest.fixture
def model_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Models)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def add_provider(page: Page, name: str, url: str, credential: str) -> None:
    page.get_by_role("button", name="Add a provider").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Base URL").fill(url)
    dialog.get_by_label("Credential").fill(credential)
    dialog.get_by_role("button", name="Add provider").click()
    expect(dialog).to_be_hidden()


def test_a_provider_is_set_up_tested_and_deleted(
    page: Page, engine: DashboardEngine, faults: Faults, model_server: str
) -> None:
    faults.expect("status of 502")
    page.goto(f"{engine.url}/settings?section=models")
    expect(page.get_by_text("SmolLM2")).to_be_visible()
    add_provider(page, "lab", model_server, "sk-right")
    card = page.locator("section").filter(has=page.get_by_role("heading", name="lab", exact=True))
    expect(card).to_contain_text("kept encrypted, never shown")
    assert "sk-right" not in page.content()
    card.get_by_role("button", name="Test").click()
    expect(card).to_contain_text(re.compile(r"It answered in .* and offers 2 models"))
    assert_accessible(page, "settings-models")
    add_provider(page, "closed", model_server, "sk-wrong")
    closed = page.locator("section").filter(has=page.get_by_role("heading", name="closed", exact=True))
    closed.get_by_role("button", name="Test").click()
    expect(closed.get_by_role("alert")).to_contain_text("refuses its credential")
    for name in ("lab", "closed"):
        page.get_by_role("button", name=f"Delete {name}").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_hidden()


def test_a_namespace_is_made_and_opened(page: Page, engine: DashboardEngine, faults: Faults) -> None:
    faults.expect("status of 409")
    page.goto(f"{engine.url}/settings?section=namespaces")
    page.get_by_role("textbox", name="Name").fill("journeys")
    page.get_by_role("button", name="Create namespace").click()
    link = page.get_by_role("listitem").get_by_role("link", name="journeys")
    expect(link).to_be_visible()
    assert_accessible(page, "settings-namespaces")
    page.get_by_role("textbox", name="Name").fill("journeys")
    page.get_by_role("button", name="Create namespace").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a namespace 'journeys' already")
    link.click()
    expect(page).to_have_url(re.compile(r"/prompts\?namespace=journeys"))


def test_the_instance_says_how_it_is_and_gives_a_backup(page: Page, engine: DashboardEngine, tmp_path: Path) -> None:
    page.goto(f"{engine.url}/settings?section=instance")
    expect(page.get_by_text(re.compile(r"of .* free"))).to_be_visible()
    expect(page.get_by_text("PostgreSQL 18", exact=False)).to_be_visible()
    assert_accessible(page, "settings-instance")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download a backup").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert re.fullmatch(r"mcp-engine-\d{4}-\d\d-\d\dT\d{4}\.tar", saved.name)
    assert saved.read_bytes()[257:262] == b"ustar"
