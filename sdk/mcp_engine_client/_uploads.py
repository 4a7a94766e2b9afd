"""Adding documents: send each, then wait until the durable jobs have made them searchable."""

from __future__ import annotations

import json
import mimetypes
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import quote

from mcp_engine_client._core import RUN_SECONDS, Core
from mcp_engine_client._flows import Call, Flow, Load, Wait
from mcp_engine_client.errors import IndexingFailed, InvalidInput, TimedOut
from mcp_engine_client.models import AddedDocument, Document, DocumentProgress, Job

Source = str | Path | tuple[str, bytes]
Sources = Source | Iterable[Source] | Mapping[str, bytes]
Progress = Callable[[DocumentProgress], object]
Readers = Mapping[Literal["groups", "principals"], list[str]]
Metadata = Mapping[str, str | float | bool]

_WATCHED = 8
"""Jobs looked at in one round: they run about in the order in which they were queued."""
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.05, 1.0


@dataclass(frozen=True, slots=True)
class _Upload:
    name: str
    content: bytes | Path


@dataclass(slots=True)
class _Pending:
    """A document whose job runs."""

    name: str
    added: AddedDocument
    done: int = -1


def uploads_of(sources: Sources) -> list[_Upload]:
    """Return what to send: files, all files below folders (named by their path in them), and bytes with names.

    Raises:
        InvalidInput: `client.no_such_file`.
    """
    if isinstance(sources, Mapping):
        named = cast("Mapping[str, bytes]", sources)
        return [_Upload(name, content) for name, content in named.items()]
    if isinstance(sources, str | Path):
        return _files(Path(sources))
    if isinstance(sources, tuple) and len(sources) == 2 and isinstance(sources[1], bytes):
        return _of_one(cast("tuple[str, bytes]", sources))
    return [upload for source in cast("Iterable[Source]", sources) for upload in _of_one(source)]


def _of_one(source: Source) -> list[_Upload]:
    return [_Upload(*source)] if isinstance(source, tuple) else _files(Path(source))


def _files(path: Path) -> list[_Upload]:
    if path.is_file():
        return [_Upload(path.name, path)]
    if not path.is_dir():
        raise InvalidInput("client.no_such_file", f"There is no file or folder {path}.")
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return [_Upload(file.relative_to(path).as_posix(), file) for file in files if _is_document(file.relative_to(path))]


def _is_document(below: Path) -> bool:
    """Whether a file of a folder is neither hidden nor a picture, a sound or a font beside the text."""
    hidden = any(part.startswith(".") for part in below.parts)
    media = (mimetypes.guess_type(below.name)[0] or "").split("/")[0] in ("image", "audio", "video", "font")
    return not hidden and not media


@dataclass(slots=True)
class Adding:
    """One call of `add_documents`."""

    core: Core
    collection: str
    namespace: str
    progress: Progress | None
    readers: Readers | None = None
    metadata: Metadata | None = None
    total: int = 0
    finished: int = 0

    def run(self, sources: Sources, *, wait: bool, wait_seconds: float | None) -> Flow[list[AddedDocument]]:
        """Send every document, then (with `wait`) follow their jobs to the end.

        Raises:
            IndexingFailed: naming the documents that failed, after all others are done.
            TimedOut: `documents.still_indexing` after `wait_seconds`; the jobs go on.
        """
        uploads = uploads_of(sources)
        self.total = len(uploads)
        pending: list[_Pending] = []
        for upload in uploads:
            added = yield from self._send(upload)
            pending.append(_Pending(upload.name, added))
        if not wait:
            return [one.added for one in pending]
        failures = yield from self._follow(
            [one for one in pending if one.added.document.latest.state != "indexed"], wait_seconds
        )
        if failures:
            raise IndexingFailed(failures)
        current: list[AddedDocument] = []
        for one in pending:
            current.append((yield from self._current(one)))  # noqa: PERF401 - a comprehension can't yield
        return current

    def _send(self, upload: _Upload) -> Flow[AddedDocument]:
        self._report(upload.name, "sending")
        fields = {} if self.readers is None else {"readers": json.dumps({**self.readers})}
        if self.metadata is not None:
            fields["metadata"] = json.dumps({**self.metadata})
        content: bytes = upload.content if isinstance(upload.content, bytes) else (yield Load(upload.content))
        call = Call(
            "POST",
            f"/collections/{quote(self.collection, safe='')}/documents",
            {"namespace": self.namespace},
            files={"file": (upload.name.rsplit("/", 1)[-1], content)},
            data={"name": upload.name, **fields},
            timeout_seconds=RUN_SECONDS,
        )
        # The same bytes again change nothing, so it may be repeated without a key.
        added = yield from self.core.answer(AddedDocument, call)
        unchanged = added.document.latest.state == "indexed"
        self.finished += unchanged
        self._report(upload.name, "unchanged" if unchanged else "queued")
        return added

    def _follow(self, pending: list[_Pending], wait_seconds: float | None) -> Flow[dict[str, str]]:
        deadline = None if wait_seconds is None else time.monotonic() + wait_seconds
        failures: dict[str, str] = {}
        pause = _FIRST_WAIT_SECONDS
        while pending:
            moved = False
            for one in pending[:_WATCHED]:
                job = yield from self.core.get(Job, f"/jobs/{one.added.job_id}")
                if job.state not in ("queued", "running"):
                    pending.remove(one)
                    failures |= self._ended(one, job)
                    moved = True
                elif job.progress_done != one.done:
                    one.done, moved = job.progress_done, True
                    self._report(one.name, "running", job.progress_done, job.progress_total)
            if deadline is not None and pending and time.monotonic() > deadline:
                raise TimedOut(
                    "documents.still_indexing", f"{len(pending)} documents are not searchable yet; their jobs go on."
                )
            pause = _FIRST_WAIT_SECONDS if moved else min(pause * 2, _LONGEST_WAIT_SECONDS)
            yield Wait(pause if pending else 0)
        return failures

    def _ended(self, one: _Pending, job: Job) -> dict[str, str]:
        self.finished += 1
        if job.state == "succeeded":
            self._report(one.name, "indexed", job.progress_done, job.progress_total)
            return {}
        state = "cancelled" if job.state == "cancelled" else "failed"
        self._report(one.name, state, job.progress_done, job.progress_total)
        return {one.name: job.error_message or f"its job {job.id} was cancelled"}

    def _current(self, one: _Pending) -> Flow[AddedDocument]:
        document = yield from self.core.get(Document, f"/documents/{one.added.document.id}")
        return one.added.model_copy(update={"document": document})

    def _report(self, name: str, state: str, done: int = 0, total: int = 0) -> None:
        if self.progress is not None:
            report = {"name": name, "state": state, "done": done, "total": total}
            totals = {"finished_documents": self.finished, "documents": self.total}
            self.progress(DocumentProgress.model_validate({**report, **totals}))
