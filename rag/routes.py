"""REST of documents, search and questions."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import Response, StreamingResponse

from mcp_engine.access import Caller
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.idempotency import Idempotency
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented
from mcp_engine.http.streaming import event_stream
from rag.asking import AskService
from rag.collections import too_large
from rag.metadata.setting import parsed_metadata
from rag.readers.setting import parsed_readers
from rag.schemas import (
    Added,
    Answer,
    AskRequest,
    Collection,
    CollectionRemoved,
    Document,
    DocumentDetail,
    Erased,
    IndexingState,
    SearchRequest,
    SearchResult,
    VersionText,
)
from rag.service import DocumentService
from rag.stored import DocumentFilter

router = APIRouter(tags=["documents"])

Reader = Annotated[Caller, authorised("documents:read")]
Writer = Annotated[Caller, authorised("documents:write")]
Documents = Annotated[DocumentService, service(DocumentService)]
_NO_NUL = r"^[^\x00]*$"
NamePart = Annotated[
    str | None, Query(max_length=512, pattern=_NO_NUL, description="Only those with this in their name.")
]


@router.post(
    "/collections/{collection}/documents", summary="Add a document", status_code=202, responses=documented(415)
)
async def add_document(
    collection: str,
    caller: Writer,
    documents: Documents,
    file: Annotated[UploadFile, File(description="A document of a format that docs/documents.md lists.")],
    name: Annotated[str | None, Form(description="Its name in the collection; default: the file's.")] = None,
    readers: Annotated[
        str | None,
        Form(
            max_length=50_000,
            description='Who alone may read it, as JSON: `{"principals": [], "groups": ["crew"]}`. Without it the '
            "document keeps its access list; a new one is for everyone.",
        ),
    ] = None,
    metadata: Annotated[
        str | None,
        Form(
            max_length=250_000,
            description='What searches are narrowed by, as JSON: `{"team": "ops", "year": 2024}`. Without it the '
            "document keeps its metadata.",
        ),
    ] = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> Added:
    """Add or replace a document; the collection is made when it is new.

    The same bytes again change nothing; other bytes become the next version. The answer comes as soon
    as the bytes are safe; the job `job_id` then makes them searchable.
    """
    # One byte more than allowed is enough to know.
    content = await file.read(documents.max_upload_bytes + 1)
    if len(content) > documents.max_upload_bytes:
        raise too_large(documents.max_upload_bytes)
    listed = None if readers is None else parsed_readers(readers)
    said = None if metadata is None else parsed_metadata(metadata)
    return await documents.add(caller, namespace, collection, name or file.filename or "", content, listed, said)


@router.get("/collections", summary="List collections")
async def list_collections(
    caller: Reader,
    documents: Documents,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Collection]:
    """Return the namespace's collections by name."""
    return await documents.collections(caller, namespace, cursor, limit)


@router.delete("/collections/{collection}", summary="Remove a collection from search")
async def remove_collection(
    collection: str, caller: Writer, documents: Documents, namespace: NamespaceName = DEFAULT_NAMESPACE
) -> CollectionRemoved:
    """Take all its documents that you may read out of search, and remove its sources.

    It is listed again as soon as a document is added.
    """
    return CollectionRemoved(documents=await documents.remove_collection(caller, namespace, collection))


@router.get("/collections/{collection}/documents", summary="List a collection's documents")
async def list_documents(
    collection: str,
    caller: Reader,
    documents: Documents,
    removed: Annotated[bool, Query(description="Show removed documents too.")] = False,
    state: Annotated[IndexingState | None, Query(description="Only those whose latest version is that far.")] = None,
    name: Annotated[
        str | None, Query(max_length=512, pattern=_NO_NUL, description="Only those with this in their name.")
    ] = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Document]:
    """Return documents by name, each with its latest version and how far its indexing is."""
    return await documents.list(caller, namespace, collection, cursor, limit, DocumentFilter(removed, state, name))


@router.get("/documents/{document_id}", summary="Show a document")
async def get_document(document_id: UUID, caller: Reader, documents: Documents) -> DocumentDetail:
    """Return a document with all its versions, newest first."""
    return await documents.get(caller, document_id)


@router.delete("/documents/{document_id}", summary="Remove a document from search")
async def remove_document(document_id: UUID, caller: Writer, documents: Documents) -> Document:
    """Take a document out of search; its versions stay, so that citations of it still open."""
    return await documents.remove(caller, document_id)


@router.post("/documents/{document_id}/retry", summary="Read a document again", status_code=202)
async def retry_document(document_id: UUID, caller: Writer, documents: Documents) -> Added:
    """Queue the latest version again when its indexing failed or was cancelled; the answer names the new job.

    One with `unread_pages` becomes the next version with the same bytes, once text recognition is installed.
    """
    return await documents.retry(caller, document_id)


@router.delete("/documents/{document_id}/content", summary="Erase a document's content", responses=documented(410))
async def erase_document(
    document_id: UUID,
    caller: Writer,
    documents: Documents,
    reason: Annotated[
        str,
        Query(
            min_length=1,
            max_length=500,
            pattern=_NO_NUL,
            description="For the audit log, where it stays; no personal data.",
        ),
    ],
) -> Erased:
    """Take a document out of search and erase its metadata and the bytes and texts of all its versions.

    Digests and tombstones stay, and the names of the metadata's keys in the audit log.
    """
    return Erased(erasure_ids=await documents.erase(caller, document_id, reason))


@router.get(
    "/documents/{document_id}/versions/{number}/text", summary="Open a version's text", responses=documented(410)
)
async def get_document_text(
    document_id: UUID,
    number: int,
    caller: Reader,
    documents: Documents,
    start: Annotated[int, Query(ge=0, description="First character (code points from 0).")] = 0,
    end: Annotated[int | None, Query(ge=0, description="One past the last character.")] = None,
) -> VersionText:
    """Return `text[start:end]` of a version, exactly as citations count; `end` says where a long piece was cut."""
    return await documents.open_text(caller, document_id, number, start, end)


@router.get(
    "/documents/{document_id}/versions/{number}/original",
    summary="Download a version as it was added",
    response_class=Response,
    responses={
        200: {"content": {"*/*": {}}, "description": "The bytes, of the document's own media type."},
        **documented(410),
    },
)
async def get_document_original(document_id: UUID, number: int, caller: Reader, documents: Documents) -> Response:
    """Return the bytes of a version, as an attachment."""
    name, media_type, content = await documents.open_original(caller, document_id, number)
    headers = {
        # Never rendered by a browser on this origin: the bytes are a stranger's.
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name.rsplit('/', 1)[-1], safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    return Response(content, media_type=media_type, headers=headers)


@router.post("/collections/{collection}/search", summary="Search passages", responses=documented(410))
async def search_collection(
    collection: str,
    request: SearchRequest,
    caller: Reader,
    documents: Documents,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> SearchResult:
    """Return the nearest passages, by meaning and by words, with exact offsets."""
    found = await documents.search(caller, namespace, collection, request.query, request.limit, request.filters)
    return SearchResult(passages=found)


@router.post(
    "/ask",
    summary="Ask a question",
    response_model=Answer,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "The answer, or its events as a stream."},
        **documented(410, 502, 504),
    },
)
async def ask(
    request: AskRequest,
    caller: Annotated[Caller, authorised("ask")],
    asking: Annotated[AskService, service(AskService)],
    key: Idempotency,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> Answer | StreamingResponse:
    """Answer with verbatim sentences and checked citations, or refuse and show the nearest passages.

    With `stream` the events are `retrieval`, `citation`, `delta` and `completed`.
    """
    if request.stream:
        return await event_stream(
            asking.ask(
                caller, namespace, request.collection, request.question, request.strategy, filters=request.filters,
                follows=request.follows, unit=request.unit, key=key,
            )
        )  # fmt: skip
    return await asking.answer(
        caller, namespace, request.collection, request.question, request.strategy, filters=request.filters,
        follows=request.follows, unit=request.unit, key=key,
    )  # fmt: skip
