"""PPTX, by python-pptx: titles, text, tables and the speaker's notes, slide by slide.

Not read: hidden slides, slide numbers, dates and footers, charts, SmartArt, and words in pictures.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, cast

import pptx
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError
from pptx.package import Package

from rag.parsing.formats.archive import check_archive
from rag.parsing.formats.blocks import BlockText
from rag.parsing.formats.detect import PPTX
from rag.parsing.formats.refusals import damaged, without_text
from rag.parsing.formats.rows import one_line, write_table
from rag.parsing.formats.trees import XMLSyntaxError
from rag.parsing.parsed import ParsedDocument, storable

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_WHAT = "a PowerPoint presentation"
_PARSER = f"python-pptx/{pptx.__version__}"
# The title of the presentation that python-pptx begins with.
_NO_TITLE = ("", "PowerPoint Presentation")
_BAND = 457_200
"""Half an inch in EMU: shapes whose tops lie in one such band are read from left to right."""

_UNSEEN = frozenset((PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER))
_BULLETED = frozenset((PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY))
_UNREADABLE = (
    PythonPptxError, zipfile.BadZipFile, zlib.error, XMLSyntaxError, KeyError, ValueError, TypeError, AttributeError,
    IndexError,
)  # fmt: skip


def parse_pptx(content: bytes, *, filename: str) -> ParsedDocument:
    """Return the shown slides, each below `Slide 3: its title` as a heading.

    Slides are no `pages`: those are drawn from the file, which takes a PDF.

    Raises:
        TooLarge: `document.unpacks_too_large`, `document.too_much_text`.
        InvalidInput: `document.corrupt`, `document.encrypted`, `document.no_text`.
    """
    check_archive(content, filename=filename, what=_WHAT)
    blocks = BlockText(filename)
    try:
        # Not `pptx.Presentation`, which refuses slide shows and templates.
        presentation = cast(Any, Package.open(io.BytesIO(content))).main_document_part.presentation
        titles = [_write(slide, number, blocks) for number, slide in enumerate(presentation.slides, 1) if _shown(slide)]
        own = storable(presentation.core_properties.title or "").strip()
    except _UNREADABLE as error:
        raise damaged(filename, _WHAT) from error
    text = storable(blocks.text())
    if not text:
        raise without_text(filename, "text recognition (OCR) of pictures is not included.")
    title = next(filter(None, titles), None) if own in _NO_TITLE else own
    return ParsedDocument(text, PPTX, (), title, _PARSER, tuple(blocks.headings), blocks.stretches)


def _shown(slide: Any) -> bool:
    return slide._element.get("show") not in ("0", "false")


def _unwrap(slide: Any) -> None:
    """Put in place of each alternative what new programs show: python-pptx passes over shapes inside of one.

    Such as text with formulas, whose alternative for old programs is a picture (ECMA-376 part 3, 10.2).
    """
    for alternative in list(slide._element.iter(f"{_MC}AlternateContent")):
        choice = alternative.find(f"{_MC}Choice")
        for element in list(choice) if choice is not None else []:
            alternative.addprevious(element)
        alternative.getparent().remove(alternative)


def _write(slide: Any, number: int, blocks: BlockText) -> str:
    """Add one slide to `blocks` and return its title; one without any text adds nothing."""
    _unwrap(slide)
    heading = slide.shapes.title
    title = storable(one_line(heading.text_frame.text)) if heading is not None else ""
    shapes = [shape for shape in _ordered(slide.shapes) if heading is None or shape.shape_id != heading.shape_id]
    notes = one_line(slide.notes_slide.notes_text_frame.text) if _has_notes(slide) else ""
    if not (title or notes or any(_holds_text(shape) for shape in shapes)):
        return ""
    blocks.close_block()
    blocks.add(f"Slide {number}: {title}" if title else f"Slide {number}")
    blocks.close_block(heading=1)
    for shape in shapes:
        _write_shape(shape, blocks)
    if notes:
        blocks.add(f"Notes: {notes}")
        blocks.close_block()
    return title


def _has_notes(slide: Any) -> bool:
    return slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None


def _ordered(shapes: Iterable[Any]) -> Iterator[Any]:
    """Yield shapes from top to bottom and left to right; the members of a group stay together."""
    for shape in sorted(shapes, key=lambda one: ((one.top or 0) // _BAND, one.left or 0)):
        if hasattr(shape, "shapes"):
            yield from _ordered(shape.shapes)
        elif not (shape.is_placeholder and shape.placeholder_format.type in _UNSEEN):
            yield shape


def _holds_text(shape: Any) -> bool:
    return _has_table(shape) or (shape.has_text_frame and bool(shape.text_frame.text.strip()))


def _has_table(shape: Any) -> bool:
    return getattr(shape, "has_table", False)


def _write_shape(shape: Any, blocks: BlockText) -> None:
    if _has_table(shape):
        write_table(([_cell(cell) for cell in row.cells] for row in shape.table.rows), blocks)
    elif shape.has_text_frame:
        paragraphs = [text for one in shape.text_frame.paragraphs if (text := one.text.replace("\v", "\n").strip())]
        listed = len(paragraphs) > 1 and shape.is_placeholder and shape.placeholder_format.type in _BULLETED
        for paragraph in paragraphs:
            blocks.mark("- " if listed else "")
            blocks.add(paragraph)
            blocks.close_block(gap="\n" if listed else "\n\n")
        blocks.close_block()


def _cell(cell: Any) -> str:
    return "" if cell.is_spanned else one_line(cell.text_frame.text)
