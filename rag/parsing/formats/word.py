"""DOCX, by python-docx for the package and its styles; the body is read from its XML, in document order.

python-docx's own paragraphs leave out tracked insertions, content controls and nested tables, so
the walk here goes over WordprocessingML itself (ECMA-376 part 1, chapter 17). Not read: headers,
footers, footnotes, comments and text that is tracked as deleted.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, cast

import docx
from docx.opc.exceptions import OpcError

from rag.parsing.formats.archive import check_archive
from rag.parsing.formats.blocks import BlockText
from rag.parsing.formats.detect import DOCX
from rag.parsing.formats.grids import Grid, write_grid
from rag.parsing.formats.refusals import damaged, without_text
from rag.parsing.formats.trees import XMLSyntaxError, walk
from rag.parsing.formats.word_markup import INLINE, UNSEEN, W
from rag.parsing.formats.word_tables import data_table, marking_styles
from rag.parsing.parsed import ParsedDocument, storable

_WHAT = "a Word document"
# python-docx's name for a document that brings no properties.
_NO_TITLE = ("", "Word Document")
_HEADING_STYLE = re.compile(r"(title|subtitle|heading (\d))$", re.IGNORECASE)
_LEVELS = {"title": 1, "subtitle": 2}
_LIST_STYLE = re.compile(r"list( |$)", re.IGNORECASE)
_PARSER = f"docx/2 python-docx/{docx.__version__}"


def parse_docx(content: bytes, *, filename: str) -> ParsedDocument:
    """Return paragraphs with blank lines between them and `- ` before list items.

    Rows of a table name its columns where it does; cells of others have ` | ` between them.

    Raises:
        TooLarge: `document.unpacks_too_large` for an archive that grows beyond reason, `document.too_much_text`.
        InvalidInput: `document.corrupt`, `document.no_text`.
    """
    check_archive(content, filename=filename, what=_WHAT)
    try:
        document = cast(Any, docx.Document(io.BytesIO(content)))
        body, styles = document.element.body, _Styles(document)
        title = storable(document.core_properties.title or "").strip()
    except (OpcError, KeyError, ValueError, AttributeError, zipfile.BadZipFile, zlib.error, XMLSyntaxError) as error:
        raise damaged(filename, _WHAT) from error
    blocks = BlockText(filename)
    if body is not None:
        _Body(blocks, styles).walk(body)
    text = storable(blocks.text())
    if not text:
        raise without_text(filename, "text recognition (OCR) of pictures is not included.")
    first = text[blocks.headings[0] :].split("\n", 1)[0] if blocks.headings else None
    title = first if title in _NO_TITLE else title
    return ParsedDocument(
        text, DOCX, (), title, _PARSER, tuple(blocks.headings), blocks.stretches, tuple(blocks.levels)
    )


class _Styles:
    """By their ids: the names of styles, and those of tables that set the first row apart."""

    def __init__(self, document: Any) -> None:
        self.names: dict[str, str] = {style.style_id: style.name or "" for style in document.styles}
        self.marking = marking_styles(document.styles)


class _Body:
    """Turns WordprocessingML into blocks while the tree is walked."""

    def __init__(self, blocks: BlockText, styles: _Styles) -> None:
        self._blocks = blocks
        self._styles = styles
        self._cell_depth = 0

    def walk(self, body: Any) -> None:
        events = walk(body)
        for event, element in events:
            if event == "end":
                self._leave(element)
            elif element.tag in UNSEEN:
                events.skip_subtree()
            elif (grid := self._grid(element)) is not None:
                write_grid(grid, self._blocks)
                events.skip_subtree()
            else:
                self._enter(element)

    def _grid(self, element: Any) -> Grid | None:
        is_table = element.tag == f"{W}tbl" and not self._cell_depth
        return data_table(element, self._styles.marking) if is_table else None

    def _enter(self, element: Any) -> None:
        match element.tag.removeprefix(W):
            case "p" if not self._cell_depth:
                item = self._is_list_item(element)
                self._blocks.close_block(gap="\n" if item else "\n\n")
                self._blocks.mark("- " if item else "")
            case "tbl" if not self._cell_depth:
                self._blocks.close_block()
            case "tc":
                if not self._cell_depth and element.getprevious() is not None and _row_has_cell_before(element):
                    self._blocks.add(" | ")
                self._cell_depth += 1
            case "t":
                self._blocks.add(cast(str, element.text or ""))
            case _:
                self._add_inline(element)

    def _leave(self, element: Any) -> None:
        match element.tag.removeprefix(W):
            case "p" if self._cell_depth:
                self._blocks.add(" ")
            case "p":
                self._blocks.close_block(
                    heading=self._level(element), gap="\n" if self._is_list_item(element) else "\n\n"
                )
            case "tc":
                self._cell_depth -= 1
            case "tr" if not self._cell_depth:
                self._blocks.close_block(gap="\n")
            case "tbl" if not self._cell_depth:
                self._blocks.close_block()
            case _:
                pass

    def _add_inline(self, element: Any) -> None:
        text = INLINE.get(element.tag)
        if text:
            self._blocks.add(" " if self._cell_depth else text)

    def _style(self, paragraph: Any) -> str:
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        identifier = cast(str, style.get(f"{W}val") if style is not None else "")
        return self._styles.names.get(identifier, "")

    def _level(self, paragraph: Any) -> int:
        """Return how deep a heading is, 1 for the title and 2 for what Word counts as the first; 0 for other text."""
        if style := _HEADING_STYLE.match(self._style(paragraph)):
            return _LEVELS.get(style[1].lower()) or int(style[2]) + 1
        outline = paragraph.find(f"{W}pPr/{W}outlineLvl")
        if outline is None:
            return 0
        level = (outline.get(f"{W}val") or "0")[0]
        return 2 + (int(level) if level.isdecimal() else 0)

    def _is_list_item(self, paragraph: Any) -> bool:
        numbered = paragraph.find(f"{W}pPr/{W}numPr") is not None and not self._level(paragraph)
        return numbered or bool(_LIST_STYLE.match(self._style(paragraph)))


def _row_has_cell_before(cell: Any) -> bool:
    return next(cast("Iterator[Any]", cell.itersiblings(f"{W}tc", preceding=True)), None) is not None
