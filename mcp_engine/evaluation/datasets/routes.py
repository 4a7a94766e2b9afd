"""REST of datasets, below `/api/v1`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from pydantic import Json

from mcp_engine.access import Caller
from mcp_engine.artifacts.schemas import LabelMoveView, LabelTarget, VersionView
from mcp_engine.artifacts.versions import ArtifactFilter
from mcp_engine.config import Settings
from mcp_engine.errors import TooLarge
from mcp_engine.evaluation.datasets.files import Columns
from mcp_engine.evaluation.datasets.rows import OPEN
from mcp_engine.evaluation.datasets.schemas import (
    DatasetDetail,
    DatasetPushed,
    DatasetRowView,
    DatasetSummary,
    PushDataset,
    PushExecutions,
    PushOptions,
    RowErased,
)
from mcp_engine.evaluation.datasets.service import DatasetService
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE, NamespaceName, authorised, service
from mcp_engine.http.paging import Cursor, Limit, Page
from mcp_engine.http.problems import documented

router = APIRouter(prefix="/datasets", tags=["datasets"])

Reader = Annotated[Caller, authorised("datasets:read")]
Writer = Annotated[Caller, authorised("datasets:write")]
Datasets = Annotated[DatasetService, service(DatasetService)]
VersionNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
Label = Annotated[str | None, Query(max_length=36)]


@router.post("", status_code=201, summary="Push a dataset", responses=documented(410))
async def push_dataset(
    new: PushDataset,
    response: Response,
    caller: Writer,
    datasets: Datasets,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> DatasetPushed:
    """Store rows as the next version (201), or find the identical one (200).

    Labels need the scope `labels:write` as well.
    """
    _may_label(caller, new)
    return _status(response, await datasets.push(caller, namespace, new))


@router.post("/upload", status_code=201, summary="Push a file of rows", responses=documented(410, 415))
async def upload_dataset(
    response: Response,
    caller: Writer,
    datasets: Datasets,
    settings: Annotated[Settings, service(Settings)],
    file: Annotated[UploadFile, File(description="CSV, TSV, JSON Lines or Parquet.")],
    options: Annotated[
        Json[PushOptions], Form(description='As a JSON object, such as {"name": "questions", "shares": {"open": 1}}.')
    ],
    columns: Annotated[Json[Columns] | None, Form(description="What the columns are for, as a JSON object.")] = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> DatasetPushed:
    """As pushing rows, from a file."""
    _may_label(caller, options)
    # One byte more than allowed is enough to know.
    content = await file.read(settings.max_upload_bytes + 1)
    if len(content) > settings.max_upload_bytes:
        raise TooLarge("dataset.file_too_large", f"A file has {settings.max_upload_bytes:,} bytes at the most.")
    name = file.filename or ""
    pushed = await datasets.push_file(caller, namespace, options, name, content, columns or Columns())
    return _status(response, pushed)


@router.post("/from-executions", status_code=201, summary="Push stored runs as rows", responses=documented(410))
async def push_executions(
    new: PushExecutions,
    response: Response,
    caller: Writer,
    datasets: Datasets,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> DatasetPushed:
    """Make a row of each run: its inputs, and what it gave or should have given. Needs `executions:read` as well."""
    caller.require("executions:read")
    _may_label(caller, new)
    return _status(response, await datasets.push_executions(caller, namespace, new))


@router.get("", summary="List datasets")
async def list_datasets(
    caller: Reader,
    datasets: Datasets,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    prefix: Annotated[str, Query(max_length=128, description="Names that begin so.")] = "",
    text: Annotated[str, Query(max_length=128, description="Names or descriptions that hold this text.")] = "",
    tag: Annotated[str | None, Query(max_length=128, description="Datasets whose latest version has this tag.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DatasetSummary]:
    """List datasets by name."""
    wanted = ArtifactFilter(prefix=prefix, text=text, tag=tag)
    return await datasets.list(caller, namespace, wanted, limit=limit, cursor=cursor)


@router.get("/{name}", summary="Get a version of a dataset", responses=documented(410))
async def get_dataset(
    name: str,
    caller: Reader,
    datasets: Datasets,
    version: VersionNumber = None,
    label: Label = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> DatasetDetail:
    """Return what a version holds: that with a number or a label, or (neither) the latest. Rows have their own list."""
    return await datasets.get(caller, namespace, name, version=version, label=label)


@router.get("/{name}/versions", summary="List the versions of a dataset")
async def list_dataset_versions(
    name: str,
    caller: Reader,
    datasets: Datasets,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[VersionView]:
    """List versions, newest first."""
    return await datasets.versions(caller, namespace, name, limit=limit, cursor=cursor)


@router.get("/{name}/rows", summary="List the rows of a split", responses=documented(410))
async def list_dataset_rows(
    name: str,
    caller: Reader,
    datasets: Datasets,
    split: Annotated[str, Query(max_length=128)] = OPEN,
    version: VersionNumber = None,
    label: Label = None,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DatasetRowView]:
    """List rows in the order of their push. The split `sealed` is read by gates alone (403)."""
    return await datasets.rows(caller, namespace, name, split, version=version, label=label, limit=limit, cursor=cursor)


@router.delete("/{name}/rows/{digest}/content", summary="Erase what a row holds", responses=documented(410))
async def erase_dataset_row(
    name: str,
    digest: str,
    caller: Writer,
    datasets: Datasets,
    reason: Annotated[
        str, Query(min_length=1, max_length=500, description="For the audit log, where it stays; no personal data.")
    ],
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> RowErased:
    """Erase a row's content in every version and dataset that has it; its digest and a tombstone stay."""
    return RowErased(erasure_id=await datasets.erase_row(caller, namespace, name, digest, reason))


@router.put("/{name}/labels/{label}", summary="Move a label of a dataset")
async def move_dataset_label(
    name: str,
    label: str,
    target: LabelTarget,
    caller: Annotated[Caller, authorised("labels:write")],
    datasets: Datasets,
    namespace: NamespaceName = DEFAULT_NAMESPACE,
) -> LabelMoveView:
    """Point a label at a version."""
    return await datasets.move_label(caller, namespace, name, label, target)


def _may_label(caller: Caller, options: PushOptions) -> None:
    if options.labels:
        caller.require("labels:write")


def _status(response: Response, pushed: DatasetPushed) -> DatasetPushed:
    if not pushed.created:
        response.status_code = 200
    return pushed
