"""Limits on ZIP archives (DOCX, PPTX, XLSX, EPUB), checked before any library unpacks one."""

from __future__ import annotations

import copy
import io
import zipfile
import zlib
from collections.abc import Sequence

from mcp_engine.errors import TooLarge
from rag.parsing.formats.refusals import damaged, protected

MAX_UNPACKED_BYTES = 512 * 1024 * 1024
MAX_ENTRIES = 20_000
_MAX_RATIO = 200
_SMALL_BYTES = 16 * 1024 * 1024
"""Below this size no ratio is too large: office programs write long runs of the same XML."""

_PIECE_BYTES = 64 * 1024
_PASSWORD = 0x1
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_XML = (".xml", ".rels")


def check_archive(content: bytes, *, filename: str, what: str, is_office: bool = True) -> None:
    """Refuse an archive that is damaged, or that unpacks to far more than it holds.

    First by the sizes that it declares, then by unpacking every entry in small pieces, because a declared size may
    lie and libraries unpack an entry in one go. Entries are checked against their CRC.

    Args:
        what: what it should be, with its article, for the message.
        is_office: whether a document type declaration in its XML is refused as well: Office Open XML forbids them
            (ECMA-376 part 2, 8.1.1), and with them go entities that expand or read files.

    Raises:
        TooLarge: `document.unpacks_too_large`.
        InvalidInput: `document.corrupt`, `document.encrypted`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_declared(entries, len(content), filename)
            if any(entry.flag_bits & _PASSWORD for entry in entries):
                raise protected(filename)
            # Office and EPUB know these two alone; the others could not be unpacked in pieces.
            if any(entry.compress_type not in _PACKINGS for entry in entries):
                raise damaged(filename, what, "it is packed in a way that such files never are")
            for entry in entries:
                _check_entry(archive, entry, filename, what, is_office=is_office)
    except (zipfile.BadZipFile, zlib.error, ValueError, RuntimeError, OSError, OverflowError, EOFError) as error:
        raise damaged(filename, what) from error


def _check_declared(entries: Sequence[zipfile.ZipInfo], packed: int, filename: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    bomb = unpacked > _SMALL_BYTES and unpacked > packed * _MAX_RATIO
    if bomb or unpacked > MAX_UNPACKED_BYTES or len(entries) > MAX_ENTRIES:
        raise TooLarge(
            "document.unpacks_too_large",
            f"{filename} unpacks to {unpacked:,} bytes in {len(entries):,} parts, more than a document needs; "
            "save it anew without embedded data.",
        )


def _check_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, filename: str, what: str, *, is_office: bool
) -> None:
    """Unpack one entry to its true end; `zipfile` by itself stops at the declared one and believes it."""
    whole = copy.copy(entry)
    whole.file_size = entry.file_size + 2 * _PIECE_BYTES
    is_xml = is_office and entry.filename.lower().endswith(_XML)
    size, tail = 0, b""
    with archive.open(whole) as stream:
        while piece := stream.read(_PIECE_BYTES):
            size += len(piece)
            if size > entry.file_size:
                raise TooLarge(
                    "document.unpacks_too_large",
                    f"{filename} unpacks to more than it declares: {entry.filename[:200]}; save it anew.",
                )
            if is_xml and any(declaration in tail + piece for declaration in _DOCTYPES):
                raise damaged(filename, what, "its XML declares a document type, which such files must not")
            tail = piece[-max(map(len, _DOCTYPES)) :]
