"""Prompts that the journeys of prompts look at, and what all of them do on their pages."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

from tests.dashboard.conftest import DashboardEngine

LONG_TEXT = "Write a very long story about the sea, the wind and {{ hero }}."
SCHEMA = {
    "type": "object",
    "properties": {
        "tone": {"type": "string", "enum": ["kind", "dry"], "default": "kind", "description": "How it sounds."},
        "count": {"type": "integer", "minimum": 1},
        "names": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["count", "names"],
}
CHAT: dict[str, Any] = {
    "type": "chat",
    "messages": [
        {"role": "system", "content": "Be {{ tone }}."},
        {"role": "user", "content": "Greet {% for name in names %}{{ name }} {% endfor %}{{ count }} times."},
    ],
    "variables": SCHEMA,
    "parameters": {"max_tokens": 8},
    "tags": ["greeting"],
    "description": "Greets people by name.",
}


def push_greeting(engine: DashboardEngine, name: str) -> None:
    """Push a chat with two versions, of which the first is released."""
    first = {**CHAT, "parameters": {"max_tokens": 16}}
    brief = {"role": "system", "content": "Always be {{ tone }}, and brief."}
    second = {**CHAT, "messages": [brief, CHAT["messages"][1]]}
    released = {"name": name, "body": first, "message": "First wording", "labels": ["production"]}
    engine.api("POST", "/prompts", released)
    engine.api("POST", "/prompts", {"name": name, "body": second, "message": "Shorter"})


def push_story(engine: DashboardEngine, name: str) -> None:
    """Push a prompt whose answer takes long."""
    engine.api("POST", "/prompts", {"name": name, "body": {"template": LONG_TEXT, "parameters": {"max_tokens": 1500}}})


def open_page(page: Page, engine: DashboardEngine, path: str) -> None:
    page.goto(f"{engine.url}{path}")


def card(page: Page, title: str) -> Locator:
    return page.locator("section").filter(has=page.get_by_role("heading", name=title, exact=True))


def write(page: Page, name: str, text: str) -> None:
    """Replace an editor's text."""
    page.get_by_role("textbox", name=name).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)
