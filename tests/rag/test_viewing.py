"""Pages as images and highlights, over REST."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
from PIL import Image, ImageStat

from mcp_engine.access import Caller
from rag.preview.schemas import ChunksRequest
from rag.sample.workspace import sample_documents
from tests.conftest import caller_of, make_tenant
from tests.rag.conftest import Doorman, Workspace
from tests.rag.corpus import LIGHTHOUSE
from tests.rag.pictures import SIZE, needs_ocr, picture, saved, scanned_pdf

PDF = "1941-franklin-d-roosevelt.pdf"


async def add_speech(workspace: Workspace, caller: Caller) -> str:
    """Add and index a real PDF; return the path of its version."""
    added = await workspace.add(caller, PDF, sample_documents()[PDF].read_bytes())
    return f"/api/v1/documents/{added.document.id}/versions/1"


async def test_pages_images_and_highlights_fit_together(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    version = await add_speech(workspace, caller)
    pages = (await client.get(f"{version}/pages")).json()["pages"]
    assert [page["number"] for page in pages] == list(range(1, 10))
    assert all(page["width"] < page["height"] and page["start"] < page["end"] for page in pages)
    shown = await client.get(f"{version}/pages/3/image", params={"width": 400})
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(shown.content)).width == 400
    start, end = pages[2]["end"] - 40, pages[3]["start"] + 40
    found = (await client.get(f"{version}/highlights", params={"start": start, "end": end})).json()["highlights"]
    assert [one["page"] for one in found] == [3, 4]
    assert all(one["rectangles"] for one in found)


async def test_an_image_is_sent_once_and_never_kept_by_others(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    version = await add_speech(workspace, caller)
    first = await client.get(f"{version}/pages/1/image", params={"width": 64})
    assert first.headers["cache-control"] == "private, no-cache"
    tag = first.headers["etag"]
    known = {"If-None-Match": f'"other", W/{tag}'}
    again = await client.get(f"{version}/pages/1/image", params={"width": 64}, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get(f"{version}/pages/1/image", params={"width": 65}, headers=known)
    assert other.status_code == 200
    document = version.removesuffix("/versions/1")
    assert (await client.delete(f"{document}/content", params={"reason": "test"})).status_code == 200
    gone = await client.get(f"{version}/pages/1/image", params={"width": 64}, headers=known)
    assert (gone.status_code, gone.json()["code"]) == (410, "content.erased")


async def test_what_cannot_be_shown_says_why(client: httpx.AsyncClient, workspace: Workspace, caller: Caller) -> None:
    version = await add_speech(workspace, caller)
    note = await workspace.add(caller, "note.md", LIGHTHOUSE)
    text = f"/api/v1/documents/{note.document.id}/versions/1"
    waiting = await workspace.documents.add(caller, "default", "docs", "waiting.md", b"Not yet.")
    unread = f"/api/v1/documents/{waiting.document.id}/versions/1"
    cases: list[tuple[str, dict[str, int], int, str]] = [
        (f"{version}/pages/10/image", {}, 404, "document.page_not_found"),
        (f"{version}/pages/0/image", {}, 404, "document.page_not_found"),
        (f"{version}/pages/1/image", {"width": 2401}, 422, "request.invalid"),
        (f"{version.removesuffix('1')}2/pages/1/image", {}, 404, "document.version_not_found"),
        (f"{version}/highlights", {"start": 5, "end": 4}, 422, "document.bad_range"),
        (f"{version}/highlights", {"start": 0, "end": 10**7}, 422, "document.bad_range"),
        (f"{text}/pages/1/image", {}, 404, "document.no_pages"),
        (f"{unread}/pages/1/image", {}, 404, "document.no_pages"),
        (f"{unread}/pages", {}, 404, "document.not_indexed"),
        (f"{unread}/highlights", {"start": 0, "end": 1}, 404, "document.not_indexed"),
    ]
    for path, query, status, code in cases:
        answer = await client.get(path, params=query)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get(f"{text}/pages")).json() == {"pages": []}
    assert (await client.get(f"{text}/highlights", params={"start": 0, "end": 9})).json() == {"highlights": []}


async def test_others_see_nothing(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller, doorman: Doorman
) -> None:
    version = await add_speech(workspace, caller)
    paths: list[tuple[str, dict[str, Any]]] = [
        ("pages", {}), ("pages/1/image", {}), ("highlights", {"start": 0, "end": 1})
    ]  # fmt: skip
    for path, query in paths:
        doorman.caller = caller_of(caller.tenant_id, caller.principal_id, frozenset())
        assert (await client.get(f"{version}/{path}", params=query)).status_code == 403
        doorman.caller = await make_tenant(workspace.database)
        assert (await client.get(f"{version}/{path}", params=query)).status_code == 404


@needs_ocr
async def test_a_scan_is_asked_shown_and_highlighted(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    added = await workspace.add(caller, "scan.png", saved(picture(), "PNG"))
    version = f"/api/v1/documents/{added.document.id}/versions/1"
    answer = await workspace.asking.answer(caller, "default", "docs", "Who built the lighthouse of Karsund?")
    (citation,) = answer.citations
    assert citation.cited_text == "The lighthouse of Karsund was built\nin 1874 by Ingrid Solberg."
    assert citation.page == 1
    (page,) = (await client.get(f"{version}/pages")).json()["pages"]
    assert page["width"] / page["height"] == pytest.approx(SIZE[0] / SIZE[1])
    shown = await client.get(f"{version}/pages/1/image", params={"width": 400})
    assert Image.open(io.BytesIO(shown.content)).width == 400
    place = {"start": citation.start, "end": citation.end}
    (found,) = (await client.get(f"{version}/highlights", params=place)).json()["highlights"]
    assert (found["page"], len(found["rectangles"])) == (1, 2)
    # What is marked is dark text: without it the picture is white.
    whole = picture()
    for mark in found["rectangles"]:
        left, top = mark["left"] * SIZE[0], mark["top"] * SIZE[1]
        corners = (left, top, left + mark["width"] * SIZE[0], top + mark["height"] * SIZE[1])
        assert ImageStat.Stat(whole.crop(tuple(map(round, corners))).convert("L")).extrema[0][0] < 50
        whole.paste("white", tuple(map(round, corners)))
    assert ImageStat.Stat(whole.convert("L")).mean[0] > 254
    preview = ChunksRequest(document_id=added.document.id)
    cut = await workspace.preview.chunks(caller, "default", "docs", preview)
    assert cut.chunks == 1


@needs_ocr
async def test_highlights_of_scanned_and_of_written_pages_stand_side_by_side(
    client: httpx.AsyncClient, workspace: Workspace, caller: Caller
) -> None:
    raw = scanned_pdf(picture(["A scanned page."]), "A written page.")
    added = await workspace.add(caller, "mixed.pdf", raw)
    version = f"/api/v1/documents/{added.document.id}/versions/1"
    found = (await client.get(f"{version}/highlights", params={"start": 0, "end": 31})).json()["highlights"]
    assert [(one["page"], len(one["rectangles"])) for one in found] == [(1, 1), (2, 1)]
