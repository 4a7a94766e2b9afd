from __future__ import annotations

import io
import zipfile

import pytest

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.dispatch import parse
from rag.parsing.parsed import ParsedDocument
from rag.parsing.pool import ParserPool

CONTAINER = """<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The coast</dc:title></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="a" href="text/chapter%20a.xhtml" media-type="application/xhtml+xml"/>
<item id="b" href="text/b.xhtml" media-type="application/xhtml+xml"/>
<item id="i" href="cover.png" media-type="image/png"/></manifest>
<spine><itemref idref="nav"/><itemref idref="i"/><itemref idref="b"/><itemref idref="a"/><itemref idref="b"/></spine>
</package>"""
NAV = """<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol>
<li><a href="text/b.xhtml#top">The <b>ferry</b></a></li>
<li><a href="text/chapter%20a.xhtml">Ignored</a></li></ol></nav></body></html>"""
PAGE = """<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>
<body>{}</body></html>"""
PARTS = {
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": PACKAGE,
    "OEBPS/nav.xhtml": NAV,
    "OEBPS/text/chapter a.xhtml": PAGE.format("<h1>The lighthouse</h1><p>Built in 1874&#160;by Ada.</p>"),
    "OEBPS/text/b.xhtml": PAGE.format("<p>It leaves at seven.</p>"),
}
DRM = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData
xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm="{}"/><CipherData><CipherReference URI="{}"/>
</CipherData></EncryptedData></encryption>"""


def packed(**changes: str | None) -> bytes:
    """Return a book; keywords replace parts by the end of their names, None leaves one out."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, text in PARTS.items():
            changed = next((new for key, new in changes.items() if name.endswith(f"{key}.xhtml")), text)
            if changed is not None:
                archive.writestr(name, changed)
        if changes.get("drm"):
            archive.writestr("META-INF/encryption.xml", changes["drm"] or "")
    return target.getvalue()


def read(content: bytes) -> ParsedDocument:
    return parse(content, filename="coast.epub")


async def test_chapters_come_in_the_order_of_the_spine(pool: ParserPool) -> None:
    document = await pool.parse(packed(), filename="coast.epub")
    assert document.text == "The ferry\n\nIt leaves at seven.\n\nThe lighthouse\n\nBuilt in 1874 by Ada."
    assert [document.text[start:].split("\n")[0] for start in document.headings] == ["The ferry", "The lighthouse"]
    assert (document.media_type, document.title, document.pages) == ("application/epub+zip", "The coast", ())


def test_titles_come_from_an_ncx_too() -> None:
    ncx = """<?xml version="1.0"?><!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/x.dtd">
    <ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>The ferry</text></navLabel>
    <content src="text/b.xhtml"/></navPoint></navMap></ncx>"""
    package = PACKAGE.replace(' properties="nav"', "").replace("nav.xhtml", "toc.ncx").replace(
        'toc.ncx" media-type="application/xhtml+xml"', 'toc.ncx" media-type="application/x-dtbncx+xml"'
    )  # fmt: skip
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        for name, text in PARTS.items():
            archive.writestr(name, package if name.endswith(".opf") else text)
        archive.writestr("OEBPS/toc.ncx", ncx)
    assert read(target.getvalue()).text.startswith("The ferry\n\nIt leaves")


@pytest.mark.parametrize("nav", [None, "<broken"])
def test_a_table_of_contents_that_is_missing_or_broken_costs_titles_only(nav: str | None) -> None:
    assert read(packed(nav=nav)).text.startswith("It leaves at seven.\n\nThe lighthouse")


def test_a_book_with_rights_management_is_refused() -> None:
    with pytest.raises(InvalidInput, match="digital rights") as caught:
        read(packed(drm=DRM.format("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "OEBPS/text/b.xhtml")))
    assert caught.value.code == "document.encrypted"


@pytest.mark.parametrize(
    ("algorithm", "reference"),
    [
        ("http://www.idpf.org/2008/embedding", "OEBPS/text/b.xhtml"),
        ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "OEBPS/font.otf"),
    ],
)
def test_obfuscated_fonts_are_no_rights_management(algorithm: str, reference: str) -> None:
    assert "It leaves at seven." in read(packed(drm=DRM.format(algorithm, reference))).text


def test_a_chapter_that_is_missing_is_not_passed_over() -> None:
    with pytest.raises(InvalidInput) as caught:
        read(packed(b=None))
    assert caught.value.code == "document.corrupt"


def test_a_book_without_words_has_no_text() -> None:
    with pytest.raises(InvalidInput) as caught:
        read(packed(**{"b": PAGE.format("<img/>"), "chapter a": " ", "nav": None}))
    assert caught.value.code == "document.no_text"


async def test_a_chapter_nested_100_000_deep_is_refused_by_name(pool: ParserPool) -> None:
    with pytest.raises(InvalidInput, match=r"coast\.epub, OEBPS/text/b\.xhtml nests") as caught:
        await pool.parse(packed(b="<p>seen</p>" + "<div>" * 100_000 + "deep"), filename="coast.epub")
    assert caught.value.code == "document.corrupt"


def test_no_entity_expands_and_no_file_is_read() -> None:
    entities = '<!DOCTYPE package [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "bbbbbbbbbb">]>'
    package = PACKAGE.replace("?><package", f"?>{entities}<package").replace("The coast", "The &a;&b; coast")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in PARTS.items():
            archive.writestr(name, package if name.endswith(".opf") else text)
    document = read(target.getvalue())
    assert "root:" not in (document.title or "")
    assert "bbb" not in (document.title or "")
