"""REST of looking at documents: pages and highlights."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import authorised, service
from mcp_engine.http.problems import documented
from rag.schemas import DocumentPages, Highlights
from rag.viewing import ViewingService

router = APIRouter(prefix="/documents/{document_id}/versions/{number}", tags=["documents"])

Reader = Annotated[Caller, authorised("documents:read")]
Viewing = Annotated[ViewingService, service(ViewingService)]
MIN_WIDTH, MAX_WIDTH = 32, 2400


# What reading a stranger's file can end in: erased, too much memory, too slow.
_FAILURES = documented(410, 413, 504)


@router.get("/pages", summary="List a version's pages", responses=_FAILURES)
async def list_document_pages(document_id: UUID, number: int, caller: Reader, viewing: Viewing) -> DocumentPages:
    """Return the size of each page of a PDF and the text it holds; other formats have no pages."""
    return await viewing.pages(caller, document_id, number)


@router.get(
    "/pages/{page}/image",
    summary="Show a page",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {}}, "description": "The page."},
        304: {"description": "The image that the caller has (`If-None-Match`) is still right."},
        **_FAILURES,
    },
)
async def get_document_page_image(
    document_id: UUID,
    number: int,
    page: int,
    caller: Reader,
    viewing: Viewing,
    width: Annotated[int, Query(ge=MIN_WIDTH, le=MAX_WIDTH, description="Pixels.")] = 1200,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return page `page` (from 1) of a PDF as a PNG; a very long page comes narrower than asked for."""
    tag = f'"{await viewing.image_tag(caller, document_id, number, page, width)}"'
    # To be asked for again each time, because content can be erased; the answer is then a 304 without an image.
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    if if_none_match is not None and tag in (known.strip().removeprefix("W/") for known in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(
        await viewing.image(caller, document_id, number, page, width), media_type="image/png", headers=headers
    )


@router.get("/highlights", summary="Find a piece of text on its pages", responses=_FAILURES)
async def get_document_highlights(
    document_id: UUID,
    number: int,
    caller: Reader,
    viewing: Viewing,
    start: Annotated[int, Query(ge=0, description="First character (code points from 0).")],
    end: Annotated[int, Query(ge=0, description="One past the last character.")],
) -> Highlights:
    """Return the rectangles that `text[start:end]` covers, page by page, as shares of the page's width and height."""
    return await viewing.highlights(caller, document_id, number, start, end)
