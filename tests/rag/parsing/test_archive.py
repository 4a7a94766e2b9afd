"""Archives that no library may see: bombs, lies, damage; the same for every format that is a ZIP archive inside."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import Any

import docx
import pytest
from pptx import Presentation

from mcp_engine.errors import EngineError, InvalidInput, TooLarge, UnsupportedMedia
from rag.parsing.formats.archive import MAX_ENTRIES
from rag.parsing.formats.dispatch import parse

PARTS = {
    "a.docx": "word/document.xml",
    "a.xlsx": "xl/workbook.xml",
    "a.pptx": "ppt/presentation.xml",
    "a.epub": "META-INF/container.xml",
}
NAMES = [*PARTS]


def archive(name: str, *more: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as made:
        made.writestr(PARTS[name], "<x/>")
        for entry, data in more:
            made.writestr(entry, data)
    return target.getvalue()


def refusal(content: bytes, name: str) -> EngineError:
    with pytest.raises(EngineError) as caught:
        parse(content, filename=name)
    return caught.value


def office(name: str) -> tuple[bytes, str]:
    """Return a file that its library made, and the part of it that holds the text."""
    target = io.BytesIO()
    if name == "a.docx":
        made = docx.Document()
        made.add_paragraph("Ada")
        made.save(target)
        return target.getvalue(), "word/document.xml"
    presentation: Any = Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[0]).shapes.title.text = "Ada"
    presentation.save(target)
    return target.getvalue(), "ppt/slides/slide1.xml"


@pytest.mark.parametrize("name", ["a.docx", "a.pptx"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_in_office_files(name: str, encoding: str) -> None:
    content, part = office(name)
    assert "Ada" in parse(content, filename=name).text
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.namelist():
            xml = old.read(entry)
            if entry == part:
                body = re.sub(r"<\?xml[^>]*>", "", xml.decode()).replace("Ada", "&a;")
                declared = f'<?xml version="1.0" encoding="{encoding}"?>'
                xml = f'{declared}<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>{body}'.encode(encoding)
            new.writestr(entry, xml)
    error = refusal(target.getvalue(), name)
    assert (error.code, "document type" in error.message) == ("document.corrupt", True)


@pytest.mark.parametrize("name", NAMES)
def test_declared_bombs(name: str) -> None:
    error = refusal(archive(name, ("bomb.bin", bytes(64 * 1024 * 1024))), name)
    assert (type(error), error.code) == (TooLarge, "document.unpacks_too_large")


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_that_inflates_to_more_than_it_declares(name: str) -> None:
    data = bytes(8 * 1024 * 1024)
    lying = bytearray(archive(name, ("bomb.bin", data)))
    start = lying.rindex(b"PK\x01\x02")
    lying[start + 24 : start + 28] = struct.pack("<I", 100)
    lying[start + 16 : start + 20] = struct.pack("<I", zlib.crc32(data[:100]))
    error = refusal(bytes(lying), name)
    assert (type(error), error.code) == (TooLarge, "document.unpacks_too_large")


@pytest.mark.parametrize("name", NAMES)
def test_too_many_entries(name: str) -> None:
    error = refusal(archive(name, *((f"{n}", b"") for n in range(MAX_ENTRIES))), name)
    assert error.code == "document.unpacks_too_large"


@pytest.mark.parametrize("name", NAMES)
def test_a_packing_that_cannot_be_unpacked_in_pieces(name: str) -> None:
    error = refusal(archive(name, ("x", b"x" * 1000), compression=zipfile.ZIP_LZMA), name)
    assert (type(error), error.code) == (InvalidInput, "document.corrupt")


@pytest.mark.parametrize("name", NAMES)
def test_a_password(name: str) -> None:
    content = bytearray(archive(name))
    start = content.rindex(b"PK\x01\x02")
    content[start + 8] |= 1
    assert refusal(bytes(content), name).code == "document.encrypted"


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_entry(name: str) -> None:
    content = bytearray(archive(name, ("x", b"some text that is stored"), compression=zipfile.ZIP_STORED))
    place = content.index(b"some text")
    content[place] ^= 0xFF
    assert refusal(bytes(content), name).code == "document.corrupt"


@pytest.mark.parametrize("name", NAMES)
def test_a_corrupt_central_directory(name: str) -> None:
    content = bytearray(archive(name))
    start = content.rindex(b"PK\x01\x02")
    content[start : start + 4] = b"PK\x09\x09"
    error = refusal(bytes(content), name)
    assert (type(error), error.code) == (UnsupportedMedia, "document.not_what_it_says")


@pytest.mark.parametrize("name", NAMES)
def test_an_archive_that_holds_nothing_of_what_it_names(name: str) -> None:
    assert refusal(archive(name), name).code == "document.corrupt"


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx"])
def test_an_office_file_with_a_password_is_no_archive(name: str) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert refusal(content, name).code == "document.encrypted"
