"""EPUB 2 and 3: the chapters in the order of the spine, each as the HTML page that it is.

The package is read as EPUB 3.3 describes it (Open Container Format, package document). Not read: pictures, styles,
scripts, and the table of contents, which only gives headings to chapters that have none.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urldefrag

from rag.parsing.formats.archive import check_archive
from rag.parsing.formats.blocks import BlockText
from rag.parsing.formats.detect import EPUB
from rag.parsing.formats.html import decoded_page, has_heading, page_root, write_page
from rag.parsing.formats.refusals import damaged, protected, without_text
from rag.parsing.formats.trees import LXML_VERSION, XMLSyntaxError, xml_tree
from rag.parsing.parsed import ParsedDocument, storable

_WHAT = "an EPUB book"
_PARSER = f"epub/2 lxml/{LXML_VERSION}"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTER_TYPES = ("application/xhtml+xml", "text/html")
_NCX_TYPE = "application/x-dtbncx+xml"
# Fonts are often made unusable outside of their book; that keeps nobody from reading it.
_FONT_OBFUSCATION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


@dataclass(frozen=True, slots=True)
class _Book:
    """Paths inside the archive: of the chapters in reading order, and of the table of contents, if there is one."""

    title: str
    chapters: tuple[str, ...]
    contents: str | None


def parse_epub(content: bytes, *, filename: str) -> ParsedDocument:
    """Return the text of all chapters; a chapter without a heading gets the one of the table of contents.

    Raises:
        TooLarge: `document.unpacks_too_large`, `document.too_much_text`.
        InvalidInput: `document.corrupt`, `document.encrypted` (digital rights management), `document.no_text`.
    """
    check_archive(content, filename=filename, what=_WHAT, is_office=False)
    blocks = BlockText(filename)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            book = _book(archive)
            if not _encrypted(archive).isdisjoint(book.chapters):
                raise protected(filename, "digital rights management")
            titles = _titles(archive, book)
            for path in book.chapters:
                _write(archive.read(path), f"{filename}, {path}", titles.get(path), blocks)
    except (KeyError, XMLSyntaxError, zipfile.BadZipFile, ValueError) as error:
        raise damaged(filename, _WHAT) from error
    text = storable(blocks.text())
    if not text:
        raise without_text(filename, "its chapters are empty or hold pictures only.")
    return ParsedDocument(
        text, EPUB, (), book.title or None, _PARSER, tuple(blocks.headings), blocks.stretches, tuple(blocks.levels)
    )


def _write(page: bytes, name: str, title: str | None, blocks: BlockText) -> None:
    root = page_root(decoded_page(page), filename=name)
    if root is None:
        return
    if title and not has_heading(root):
        blocks.close_block()
        blocks.add(title)
        blocks.close_block(heading=1)
    write_page(root, blocks)


def _book(archive: zipfile.ZipFile) -> _Book:
    """Read the package document; raises KeyError, ValueError or XMLSyntaxError when it is none."""
    rootfile = next(_named(xml_tree(archive.read(_CONTAINER)), "rootfile"), None)
    path = rootfile.get("full-path") if rootfile is not None else None
    if not path:
        raise ValueError("no package document")
    package = xml_tree(archive.read(path))
    items = {item.get("id"): item for item in _named(package, "item")}
    spine = next(_named(package, "spine"), None)
    if spine is None:
        raise ValueError("no spine")
    inside = {name: _path(path, item.get("href") or "") for name, item in items.items()}
    contents = _contents(items)
    # A chapter that the spine names twice is read once; one that is no page, such as a picture, not at all.
    chapters = dict.fromkeys(
        inside[name]
        for reference in _named(spine, "itemref")
        if (name := reference.get("idref")) in items
        and items[name].get("media-type") in _CHAPTER_TYPES
        and "nav" not in (items[name].get("properties") or "").split()
    )
    title = next((_text(element) for element in _named(package, "title")), "")
    return _Book(storable(title), tuple(chapters), inside[contents] if contents else None)


def _contents(items: Mapping[str, Any]) -> str | None:
    """Return the id of the table of contents: that of EPUB 3 before that of EPUB 2."""
    nav = (name for name, item in items.items() if "nav" in (item.get("properties") or "").split())
    ncx = (name for name, item in items.items() if item.get("media-type") == _NCX_TYPE)
    return next(nav, None) or next(ncx, None)


def _encrypted(archive: zipfile.ZipFile) -> frozenset[str]:
    """Return the paths whose content is encrypted for a reader's device."""
    if _ENCRYPTION not in archive.namelist():
        return frozenset()
    found: set[str] = set()
    for data in _named(xml_tree(archive.read(_ENCRYPTION)), "EncryptedData"):
        methods = {method.get("Algorithm") for method in _named(data, "EncryptionMethod")}
        if methods.isdisjoint(_FONT_OBFUSCATION):
            found.update(_path("", reference.get("URI") or "") for reference in _named(data, "CipherReference"))
    return frozenset(found)


def _titles(archive: zipfile.ZipFile, book: _Book) -> dict[str, str]:
    """Return what the table of contents calls each chapter; nothing when it is damaged: the text is there without."""
    try:
        entries = xml_tree(archive.read(book.contents)) if book.contents else None
    except (KeyError, XMLSyntaxError):
        return {}
    titles: dict[str, str] = {}
    if entries is None or book.contents is None:
        return titles
    for link in _named(entries, "a"):
        titles.setdefault(_path(book.contents, link.get("href") or ""), _text(link))
    for point in _named(entries, "navPoint"):
        label, target = next(_named(point, "navLabel"), None), next(_named(point, "content"), None)
        if label is not None and target is not None:
            titles.setdefault(_path(book.contents, target.get("src") or ""), _text(label))
    return titles


def _named(element: Any, name: str) -> Iterator[Any]:
    return element.iter(f"{{*}}{name}")


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _path(base: str, reference: str) -> str:
    """Return where in the archive `reference` in the file `base` points; never outside of it, for it is a key only."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(urldefrag(reference).url)))
