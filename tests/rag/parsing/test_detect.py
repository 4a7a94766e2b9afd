from __future__ import annotations

import io
import zipfile

import pytest

from mcp_engine.errors import InvalidInput, UnsupportedMedia
from rag.parsing.formats.detect import DOCX, EPUB, PPTX, XLSX, detect

EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + bytes(100)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def zip_of(name: str, **more: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in {name: "x", **more}.items():
            archive.writestr(entry, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "filename", "media_type", "expected"),
    [
        (b"%PDF-1.7\n...", "report.txt", None, "application/pdf"),
        (b"\0\0\0\0junk\0\0\0\0%PDF-1.7\n", "report.pdf", None, "application/pdf"),
        (b"# x", "README.md", "application/octet-stream", "text/markdown"),
        (b"# x", "README", "text/markdown; charset=utf-8", "text/markdown"),
        (b"<p>x", "page.HTM", None, "text/html"),
        (b"\n <!DOCTYPE HTML><p>x", "page", None, "text/html"),
        (b"<!doctype html>", "source.txt", None, "text/plain"),
        (b"MZ is not always a program.", "notes", None, "text/plain"),
        (b"Explains %PDF-1.7 headers.", "notes.txt", None, "text/plain"),
        ("\ufeffhi".encode("utf-16"), "notes.txt", None, "text/plain"),
        (b"a\0b and enough text around it", "notes.txt", None, "text/plain"),
        (b"print(1)", "code.py", None, "text/x-python"),
        (b"all:\n\techo", "folder/Makefile", None, "text/x-makefile"),
        (b"a,b", "data", "text/csv", "text/csv"),
        (b"a\tb", "data.TSV", None, "text/tab-separated-values"),
        (b"From: a@b\nDate: x\n\nHi", "message", None, "message/rfc822"),
        (b"From: a@b\nDate: x\n\nHi", "message.txt", None, "text/plain"),
        (b"To: a@b\n\nHi", "message.eml", None, "message/rfc822"),
        (b"To: whom it may concern\n\nHi", "letter", None, "text/plain"),
        (zip_of("xl/workbook.xml"), "table.docx", None, XLSX),
        (zip_of("ppt/presentation.xml"), "talk", None, PPTX),
        (zip_of("word/document2.xml"), "letter.docx", None, DOCX),
        (zip_of("META-INF/container.xml"), "book.zip", None, EPUB),
        (zip_of("META-INF/container.xml", mimetype="application/epub+zip\n"), "book.epub", None, EPUB),
    ],
)
def test_content_then_name_then_claim(content: bytes, filename: str, media_type: str | None, expected: str) -> None:
    assert detect(content, filename=filename, media_type=media_type) == expected


@pytest.mark.parametrize(
    ("content", "filename", "media_type", "looks_like"),
    [
        (EXE, "invoice.pdf", None, "a Windows program"),
        (EXE, "invoice", "application/pdf", "a Windows program"),
        (PNG, "photo.txt", None, "a PNG image"),
        (PNG, "report.pdf", None, "a PNG image"),
        (b"just text", "scan.tiff", None, "text"),
        (EXE, "scan.jpg", None, "a Windows program"),
        (b"<!doctype html><h1>404", "paper.pdf", None, "an HTML page"),
        (b"just text", "paper.docx", None, "text"),
        (zip_of("content.xml"), "table.xlsx", None, "an OpenDocument file"),
        (zip_of("META-INF/container.xml", mimetype="application/hwp+zip"), "book.epub", None, "a ZIP archive"),
        (zip_of("META-INF/MANIFEST.MF"), "book.epub", None, "a Java archive"),
        (EXE, "table.csv", None, "a Windows program"),
        (EXE, "talk.pptx", None, "a Windows program"),
        (b"\x7fELF" + bytes(100), "tool.py", None, "a Linux program"),
        (b"<!doctype html><table>", "table.csv", None, "an HTML page"),
        (b"<html><body>", "message.eml", None, "an HTML page"),
        (b"just text\n", "message.eml", None, "text"),
        (b"just text", "table.xlsx", None, "text"),
        (bytes(range(32)) * 10, "x.pdf", None, "binary data"),
    ],
)
def test_a_file_that_is_not_what_it_says(
    content: bytes, filename: str, media_type: str | None, looks_like: str
) -> None:
    with pytest.raises(UnsupportedMedia, match=looks_like) as caught:
        detect(content, filename=filename, media_type=media_type)
    assert caught.value.code == "document.not_what_it_says"
    assert caught.value.details["looks_like"] == looks_like
    assert "/" not in caught.value.message.replace(filename, ""), "people know formats by their names"


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (EXE, "setup.exe"),
        (b"GIF89a" + bytes(20), "photo.gif"),
        (zip_of("a.txt"), "a.zip"),
        (b"PK\x03\x04 broken", "a.zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.doc"),
        (b"{\\rtf1 hello}", "letter.rtf"),
        ("no mark".encode("utf-16-le"), "a.dat"),
        (bytes(1000), "zeros"),
    ],
)
def test_what_the_engine_does_not_read(content: bytes, filename: str) -> None:
    with pytest.raises(UnsupportedMedia, match="the engine reads PDF, DOCX") as caught:
        detect(content, filename=filename, media_type=None)
    assert caught.value.code == "document.unsupported"


def test_an_office_file_with_a_password() -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(InvalidInput) as caught:
        detect(content, filename="a.docx", media_type=None)
    assert caught.value.code == "document.encrypted"


def test_zero_bytes() -> None:
    with pytest.raises(InvalidInput, match="zero bytes") as caught:
        detect(b"", filename="a.pdf", media_type=None)
    assert caught.value.code == "document.empty"
