"""HTML: the text that a reader sees, block by block."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.blocks import BlockText
from rag.parsing.formats.grids import Grid, write_grid
from rag.parsing.formats.page_parts import Content, content_of, is_unseen
from rag.parsing.formats.page_tables import data_table
from rag.parsing.formats.plain import decode
from rag.parsing.formats.trees import LXML_VERSION, TooDeep, html_tree, walk
from rag.parsing.parsed import ParsedDocument, storable


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_HEADINGS = _tags("h1 h2 h3 h4 h5 h6")
_TIGHT = _tags("li dt dd tr thead tbody tfoot caption option")
_BLOCKS = _HEADINGS | _tags(
    "address article aside blockquote body center details dialog div dl fieldset figcaption figure footer form "
    "header hgroup hr html legend main menu nav ol p pre search section summary table ul"
)
_CELLS = frozenset(("td", "th"))
_VOID = _tags("area base br col embed hr img input link meta param source track wbr")
_LAYOUT = ("table", "ul", "ol", "pre", "blockquote", *sorted(_HEADINGS))
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_IS_XHTML = re.compile(r"^\s*<\?xml|<html[^>]*xmlns\s*=\s*[\"']http://www\.w3\.org/1999/xhtml", re.IGNORECASE)
# Possessive, so that a hostile page costs no more than its length.
_CLOSED_IN_ITSELF = re.compile(r"<([A-Za-z][\w:.-]*+)([^<>]*+)(?<=/)>")
_PARSER = f"html/2 lxml/{LXML_VERSION}"
_DECLARED_WITHIN = 4096


def parse_html(content: bytes, *, filename: str) -> ParsedDocument:
    """Return the visible text of the page's content with blank lines between blocks and `- ` before list items.

    Rows of a table name its columns where it does; cells of others have ` | ` between them. Left out are menus and
    other parts of the site (see `page_parts`), scripts, styles, forms' controls and elements marked `hidden`. Nothing
    is fetched and no entity beyond those of HTML is expanded.

    Raises:
        InvalidInput: `document.no_text`, `document.corrupt`.
        TooLarge: `document.too_much_text`.
    """
    root = page_root(decoded_page(content), filename=filename)
    if root is None:
        raise _no_text(filename)
    blocks = BlockText(filename)
    _Page(blocks).write(content_of(root))
    text = storable(blocks.text())
    if not text:
        raise _no_text(filename)
    title = " ".join((root.findtext(".//title") or "").split())
    first = text[blocks.headings[0] :].split("\n", 1)[0] if blocks.headings else None
    return ParsedDocument(
        text, "text/html", (), title or first, _PARSER, tuple(blocks.headings), blocks.stretches, tuple(blocks.levels)
    )


def page_root(source: str, *, filename: str) -> Any:
    """Return the root element of a page, None when it has none.

    Raises:
        InvalidInput: `document.corrupt` when it nests deeper than any page does.
    """
    if _IS_XHTML.search(source[:_DECLARED_WITHIN]):
        source = _CLOSED_IN_ITSELF.sub(_opened_and_closed, source)
    try:
        return html_tree(source) if source.strip() else None
    except TooDeep as error:
        raise InvalidInput(
            "document.corrupt", f"{filename} nests its elements deeper than any page does; save its text another way."
        ) from error


def write_page(root: Any, blocks: BlockText) -> None:
    """Add all that a reader sees of a page to `blocks`."""
    blocks.close_block()
    _Page(blocks).write(Content(root))
    blocks.close_block()


def has_heading(root: Any) -> bool:
    return next(root.iter(*_HEADINGS), None) is not None


def _opened_and_closed(tag: re.Match[str]) -> str:
    """Write `<title/>` as HTML reads it; in HTML it would open an element that swallows what follows."""
    return tag[0] if tag[1].lower() in _VOID else f"<{tag[1]}{tag[2][:-1]}></{tag[1]}>"


def decoded_page(content: bytes) -> str:
    """Return the page's characters: byte order mark, then `<meta charset>`, then as plain text is decoded."""
    declared = _CHARSET.search(content[:_DECLARED_WITHIN])
    has_mark = content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if declared and not has_mark:
        name = declared[1].decode("ascii").lower()
        try:
            # Browsers read a page that calls itself Latin-1 or ASCII as Windows-1252 (WHATWG Encoding Standard).
            codec = "cp1252" if name in ("iso-8859-1", "latin1", "us-ascii", "ascii") else codecs.lookup(name).name
            return storable(content.decode(codec, errors="replace"))
        except (LookupError, UnicodeError):
            return decode(content)
    return decode(content)


class _Page:
    """Turns elements into blocks while the tree is walked."""

    def __init__(self, blocks: BlockText) -> None:
        self._blocks = blocks
        self._data_cell: Any = None

    def write(self, content: Content) -> None:
        def is_left_out(element: Any) -> bool:
            return is_unseen(element) or element in content.left_out

        root = content.root
        events = walk(root)
        for event, element in events:
            if event == "end":
                self._leave(element)
                if element is not root:
                    self._blocks.add(_inline(element.tail))
            elif is_left_out(element):
                events.skip_subtree()
            elif element.tag == "table" and (grid := self._grid(element, is_left_out)) is not None:
                write_grid(grid, self._blocks)
                events.skip_subtree()
            elif element.tag == "pre":
                self._blocks.verbatim("".join(element.itertext()))
                events.skip_subtree()
            else:
                self._enter(element)

    def _grid(self, table: Any, is_left_out: Callable[[Any], bool]) -> Grid | None:
        inside: Iterator[Any] = islice(table.iter(*_LAYOUT), 1, None)
        lays_out = self._data_cell is not None or next(inside, None) is not None
        return None if lays_out else data_table(table, is_left_out)

    def _enter(self, element: Any) -> None:
        tag = element.tag
        if tag in _CELLS and self._data_cell is None:
            self._enter_cell(element)
        elif tag == "br":
            self._blocks.add("\n" if self._data_cell is None else " ")
        else:
            self._separate(tag)
        if tag == "li":
            self._blocks.mark("- ")
        self._blocks.add(_inline(element.text))

    def _leave(self, element: Any) -> None:
        if element is self._data_cell:
            self._data_cell = None
        else:
            self._separate(element.tag)

    def _enter_cell(self, element: Any) -> None:
        """A cell of data stays on its row's line; one that lays out a page is a block like any other."""
        if next(element.iter(*_LAYOUT), None) is not None:
            self._blocks.close_block()
            return
        self._data_cell = element
        if element.getprevious() is not None:
            self._blocks.add(" | ")

    def _separate(self, tag: str) -> None:
        if tag not in _BLOCKS and tag not in _TIGHT:
            return
        if self._data_cell is not None:
            self._blocks.add(" ")
        else:
            self._blocks.close_block(
                heading=int(tag[1]) if tag in _HEADINGS else 0, gap="\n" if tag in _TIGHT else "\n\n"
            )


def _inline(text: str | None) -> str:
    """A line end in the source is a space on the page."""
    return re.sub(r"[\r\n\f\v]", " ", text) if text else ""


def _no_text(filename: str) -> InvalidInput:
    return InvalidInput(
        "document.no_text", f"{filename} shows no text: pages built by scripts hold none until a browser runs them."
    )
