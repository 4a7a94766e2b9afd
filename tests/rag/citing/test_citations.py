"""Citations say one place in every way that fits the document."""

from __future__ import annotations

import io
import re

import pytest
from reportlab.pdfgen.canvas import Canvas

from mcp_engine.access import Caller
from mcp_engine.identifiers import new_id
from rag.citing.repository import PlaceRepository
from rag.schemas import CharLocation, ContentBlockLocation, PageLocation
from tests.rag.conftest import Workspace
from tests.rag.corpus import LIGHTHOUSE

_GAP = re.compile(r"(\n[ \t\r\v]*\n|\f)[ \t\n\r\f\v]*")

_LAYOUTS = {
    "blank-first.txt": "\n \n\nThe keeper of Karsund wakes at four.\n\nShe lights the lamp.\n \t\n\n\nThen she sleeps.",
    "windows.txt": "The keeper of Karsund wakes at four.\r\n\r\nShe lights the lamp.\r\nThen she sleeps.",
    "fed.txt": "The keeper of Karsund wakes at four.\fShe lights the lamp. 👩‍🚀\f\n\nThen she sleeps.",
}


async def test_a_citation_of_a_text_is_located_by_characters_and_blocks(workspace: Workspace, caller: Caller) -> None:
    await workspace.add(caller, "lighthouse.md", LIGHTHOUSE)
    given = await workspace.asking.answer(caller, "default", "docs", "Where did the keeper of the lighthouse live?")
    [citation] = [one for one in given.citations if "stone house" in one.cited_text]
    assert citation.locations == [
        CharLocation(start_char_index=citation.start, end_char_index=citation.end),
        ContentBlockLocation(start_block_index=2, end_block_index=3),
    ]


@pytest.mark.slow
async def test_a_citation_of_a_pdf_names_its_page(workspace: Workspace, caller: Caller) -> None:
    target = io.BytesIO()
    canvas = Canvas(target)
    for line in ("The dome of Tamsin is opened by hand.", "The observatory of Tamsin found the comet Vell in 1931."):
        canvas.drawString(60, 780, line)
        canvas.showPage()
    canvas.save()
    await workspace.add(caller, "comet.pdf", target.getvalue())
    given = await workspace.asking.answer(caller, "default", "docs", "Which comet did the observatory of Tamsin find?")
    [citation] = [one for one in given.citations if "Vell" in one.cited_text]
    assert citation.page == 2
    assert PageLocation(start_page_number=2, end_page_number=3) in citation.locations


@pytest.mark.parametrize("name", list(_LAYOUTS))
async def test_blocks_are_what_blank_lines_and_page_breaks_divide(
    workspace: Workspace, caller: Caller, name: str
) -> None:
    added = await workspace.add(caller, name, _LAYOUTS[name])
    version_id = added.document.latest.id
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        stored = await workspace.documents.open_text(caller, added.document.id, 1)
        text = stored.text
        spans = [(match.start(), match.end()) for match in re.finditer(r"\S[^.]*\.", text)]
        places = [(version_id, *span) for span in [*spans, (spans[0][0], spans[-1][1])]]
        found = await PlaceRepository(work.session).blocks(places)
    assert found == [(_gaps(text[:start].lstrip()), _gaps(text[:end].strip())) for _, start, end in places]
    assert found[0] == (0, 0)


async def test_a_text_that_is_gone_has_no_blocks(workspace: Workspace, caller: Caller) -> None:
    async with workspace.database.unit_of_work(caller.tenant_id, caller.principal_id) as work:
        assert await PlaceRepository(work.session).blocks([(new_id(), 0, 4)]) == [None]


def _gaps(text: str) -> int:
    return len(_GAP.findall(text))
