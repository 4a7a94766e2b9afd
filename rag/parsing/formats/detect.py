"""What a file is: its content first, then its name, then what the sender called it."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from itertools import takewhile
from pathlib import PurePath
from typing import NamedTuple

from mcp_engine.errors import InvalidInput, UnsupportedMedia
from rag.parsing.formats.languages import BY_TYPE, LANGUAGES
from rag.parsing.formats.refusals import protected

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
EPUB = "application/epub+zip"
EML = "message/rfc822"
HTML = "text/html"
CSV = "text/csv"
TSV = "text/tab-separated-values"
MARKDOWN = "text/markdown"
PLAIN = "text/plain"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
WEBP = "image/webp"
IMAGES = (PNG, JPEG, TIFF, WEBP)

SUPPORTED = (
    "PDF, DOCX, PPTX, XLSX, CSV, HTML, EPUB, e-mail (EML), Markdown, source code, plain text, and pictures of text "
    "(PNG, JPEG, TIFF, WebP)"
)

_BY_SUFFIX: dict[str, str] = {
    **{suffix: language.media_type for language in LANGUAGES for suffix in language.suffixes},
    ".pdf": PDF,
    ".docx": DOCX,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".pptx": PPTX,
    ".pptm": PPTX,
    ".ppsx": PPTX,
    ".epub": EPUB,
    ".eml": EML,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".csv": CSV,
    ".tsv": TSV,
    ".tab": TSV,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".txt": PLAIN,
    ".text": PLAIN,
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".webp": WEBP,
}
_BY_CLAIM: dict[str, str] = {
    **{media_type: media_type for media_type in (*BY_TYPE, *_BY_SUFFIX.values())},
    "application/xhtml+xml": HTML,
}
_NEVER_TEXT = (PDF, DOCX, XLSX, PPTX, EPUB, *IMAGES)
_NEVER_HTML = (CSV, TSV, EML)
"""What is called so and begins like an HTML page is a download that failed, or a page that a program calls a table."""


class _Signature(NamedTuple):
    offset: int
    magic: bytes
    looks_like: str


_FOREIGN = (
    _Signature(0, b"MZ", "a Windows program"),
    _Signature(0, b"\x7fELF", "a Linux program"),
    _Signature(0, b"\xcf\xfa\xed\xfe", "a macOS program"),
    _Signature(0, b"\xca\xfe\xba\xbe", "a Java class or macOS program"),
    _Signature(0, b"\0asm", "a WebAssembly program"),
    _Signature(0, b"\x89PNG", "a PNG image"),
    _Signature(0, b"\xff\xd8\xff", "a JPEG image"),
    _Signature(0, b"GIF8", "a GIF image"),
    _Signature(0, b"II*\0", "a TIFF image"),
    _Signature(0, b"MM\0*", "a TIFF image"),
    _Signature(0, b"BM", "a bitmap image"),
    _Signature(8, b"WEBP", "a WebP image"),
    _Signature(0, b"RIFF", "an audio or video file"),
    _Signature(0, b"ID3", "an MP3 file"),
    _Signature(0, b"OggS", "an Ogg file"),
    _Signature(0, b"fLaC", "a FLAC file"),
    _Signature(4, b"ftyp", "an MP4 or QuickTime file"),
    _Signature(0, b"\x1aE\xdf\xa3", "a Matroska or WebM file"),
    _Signature(0, b"\x1f\x8b", "a gzip archive"),
    _Signature(0, b"BZh", "a bzip2 archive"),
    _Signature(0, b"\xfd7zXZ\0", "an xz archive"),
    _Signature(0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    _Signature(0, b"Rar!\x1a\x07", "a RAR archive"),
    _Signature(0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    _Signature(257, b"ustar", "a tar archive"),
    _Signature(0, b"SQLite format 3\0", "an SQLite database"),
    _Signature(0, b"PAR1", "a Parquet file"),
    _Signature(0, b"GGUF", "model weights (GGUF)"),
    _Signature(0, b"{\\rtf", "an RTF document"),
    _Signature(0, b"%!PS", "a PostScript file"),
)
_PICTURES = {"a PNG image": PNG, "a JPEG image": JPEG, "a TIFF image": TIFF, "a WebP image": WEBP}
# Short enough to begin honest prose ("MZ", "BM"): they count only when what follows is no text.
_SHORT_MAGIC_BYTES = 3

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# Word in the browser numbers its part.
_KNOWN_PART = re.compile(r"(word/document|xl/workbook|ppt/presentation)\d*\.xml")
_KNOWN_PARTS = {"word/document": DOCX, "xl/workbook": XLSX, "ppt/presentation": PPTX}
_FOREIGN_PARTS = (
    ("xl/workbook.bin", "a binary Excel workbook (.xlsb)"),
    ("content.xml", "an OpenDocument file"),
    ("META-INF/MANIFEST.MF", "a Java archive"),
)
_EPUB_PART = "META-INF/container.xml"
# Other formats have the same container; this entry says which it is.
_MIMETYPE = "mimetype"
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_SNIFFED_BYTES = 64 * 1024
_PDF_HEADER_WITHIN = 1024
_MIMETYPE_BYTES = 64
_MAX_CONTROL_SHARE = 0.1
_HEADER_LINE = re.compile(rb"[!-9;-~]+:|[ \t]")
_MAIL_HEADERS = frozenset((b"to", b"date", b"subject", b"received", b"message-id"))
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"


def detect(content: bytes, *, filename: str, media_type: str | None) -> str:
    """Return the type to parse `content` as.

    PDF, DOCX, XLSX, PPTX and EPUB are known by their content whatever the name says, pictures unless the name says
    something else than a picture. Among text formats the suffix
    decides, then the sender's type, then whether it begins like an HTML page or an e-mail message; otherwise it is
    plain text. Content is binary when it has no byte order mark and more than a tenth of its first 64 KiB
    are control characters.

    Raises:
        InvalidInput: `document.empty`, `document.encrypted` (an Office file with a password).
        UnsupportedMedia: `document.not_what_it_says` when the suffix or the sender's type names another format than
            the content has, `document.unsupported` for other content that can't be read.
    """
    if not content:
        raise InvalidInput("document.empty", f"{filename} holds nothing: it has zero bytes.")
    claim = _claimed(filename, media_type)
    known = _known_type(content)
    if known:
        return known
    foreign = _foreign(content, filename)
    if foreign in _PICTURES and (claim is None or claim in IMAGES):
        return _PICTURES[foreign]
    if foreign and claim:
        raise _not_what_it_says(filename, claim, foreign)
    if foreign:
        raise UnsupportedMedia(
            "document.unsupported", f"{filename} looks like {foreign}; the engine reads {SUPPORTED}. Convert it first."
        )
    return _text_type(content, filename, claim)


def _text_type(content: bytes, filename: str, claim: str | None) -> str:
    is_html = _looks_like_html(content)
    if claim in _NEVER_TEXT or (claim in _NEVER_HTML and is_html):
        raise _not_what_it_says(filename, claim, "an HTML page" if is_html else "text")
    if claim == EML and not _header_names(content):
        raise _not_what_it_says(filename, claim, "text")
    if claim:
        return claim
    names = _header_names(content)
    is_mail = b"from" in names and not names.isdisjoint(_MAIL_HEADERS)
    return HTML if is_html else EML if is_mail else PLAIN


def _claimed(filename: str, media_type: str | None) -> str | None:
    path = PurePath(filename)
    by_name = _BY_SUFFIX.get((path.suffix or path.name).lower())
    return by_name or _BY_CLAIM.get((media_type or "").split(";")[0].strip().lower())


def picture_type(content: bytes) -> str | None:
    """Return which of `IMAGES` content is, by its first bytes; None for anything else."""
    return _PICTURES.get(_foreign_magic(content) or "")


def _known_type(content: bytes) -> str | None:
    """Return the type of content that shows it whatever it is called.

    A PDF may have other bytes before its header, as readers have always accepted (PDF 1.7, annex H.3.4.1).
    """
    if content.startswith(_ZIP):
        return _known_archive(content)
    head = content[:_PDF_HEADER_WITHIN]
    header = head.find(b"%PDF-")
    if header == 0 or (header > 0 and _foreign_magic(content) is None and _is_binary(content)):
        return PDF
    return None


def _known_archive(content: bytes) -> str | None:
    names = _zip_names(content)
    parts = {part[1] for part in map(_KNOWN_PART.fullmatch, names) if part}
    if parts:
        return next(media_type for part, media_type in _KNOWN_PARTS.items() if part in parts)
    return EPUB if _EPUB_PART in names and (_MIMETYPE not in names or _says_epub(content)) else None


def _says_epub(content: bytes) -> bool:
    """Whether an archive calls itself an EPUB book; a damaged one does, and its reader then says that it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(_MIMETYPE) as entry:
            return entry.read(_MIMETYPE_BYTES).strip().startswith(EPUB.encode())
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError):
        return True


def _foreign(content: bytes, filename: str) -> str | None:
    """Return what unreadable content looks like, None for text."""
    if content.startswith(_OLE):
        if _OLE_ENCRYPTED in content:
            raise protected(filename)
        return "an old Office document (.doc, .xls, .ppt)"
    if content.startswith(_ZIP):
        names = _zip_names(content)
        return next((kind for part, kind in _FOREIGN_PARTS if part in names), "a ZIP archive")
    return _foreign_magic(content) or ("binary data" if _is_binary(content) else None)


def _foreign_magic(content: bytes) -> str | None:
    for offset, magic, looks_like in _FOREIGN:
        is_telling = len(magic) > _SHORT_MAGIC_BYTES or not magic.isascii()
        if content.startswith(magic, offset) and (is_telling or _is_binary(content)):
            return looks_like
    return None


def _zip_names(content: bytes) -> frozenset[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, OverflowError):
        # A damaged archive names nothing: the caller then says that it is a ZIP archive.
        return frozenset()


def _is_binary(content: bytes) -> bool:
    head = content[:_SNIFFED_BYTES]
    if head.startswith(_BOMS):
        return False
    return len(head) - len(head.translate(None, _CONTROLS)) > len(head) * _MAX_CONTROL_SHARE


def _looks_like_html(content: bytes) -> bool:
    head = content[:_SNIFFED_BYTES].lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    return head.startswith((b"<!doctype html", b"<html")) or (head.startswith(b"<?xml") and b"<html" in head[:1024])


def _header_names(content: bytes) -> frozenset[bytes]:
    """Return the names, in lower case, of the header that a message (RFC 5322) begins with; none for other text."""
    lines = content[:_SNIFFED_BYTES].lstrip(codecs.BOM_UTF8 + b"\r\n").split(b"\n")
    header = list(takewhile(lambda line: line.strip(), lines[:-1]))
    if not header or not all(_HEADER_LINE.match(line) for line in header):
        return frozenset()
    return frozenset(line.partition(b":")[0].strip().lower() for line in header)


def _not_what_it_says(filename: str, claim: str, looks_like: str) -> UnsupportedMedia:
    called = next((suffix[1:].upper() for suffix, kind in _BY_SUFFIX.items() if kind == claim), claim)
    return UnsupportedMedia(
        "document.not_what_it_says",
        f"{filename} should be {called} but looks like {looks_like}: it is damaged or misnamed. Save or download it "
        f"again, or name it by what it is; the engine reads {SUPPORTED}.",
        details={"claimed": claim, "looks_like": looks_like},
    )
