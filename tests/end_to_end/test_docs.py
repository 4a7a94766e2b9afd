"""What the pages in docs/ tell a reader to type works as written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.end_to_end.blocks import CHECKOUT, run_blocks, sh_blocks
from tests.end_to_end.instance import EngineProcess
from tests.mcp_engine.components.plugin import MODULE

DOCS = CHECKOUT / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md") if sh_blocks(page))
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_as_written(name: str, readers_engine: EngineProcess, tmp_path: Path) -> None:
    run_blocks(sh_blocks(DOCS / name), readers_engine, tmp_path)


def test_the_pages_that_a_reader_runs_have_blocks() -> None:
    assert {
        "access.md",
        "audit.md",
        "documents.md",
        "executions.md",
        "experiments.md",
        "gates.md",
        "models.md",
        "plugins.md",
        "prompts.md",
    } <= {*PAGES}


def test_the_plugin_page_shows_the_plugin_that_the_tests_install() -> None:
    assert MODULE.strip() in (DOCS / "plugins.md").read_text()


@pytest.mark.parametrize(
    "page", [*sorted(CHECKOUT.glob("*.md")), *sorted(DOCS.rglob("*.md"))], ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    missing = [link for link in _LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []
