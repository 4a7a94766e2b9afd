from __future__ import annotations

import io
from typing import Any

import pytest
from pptx import Presentation
from pptx.util import Inches

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.dispatch import parse
from rag.parsing.parsed import ParsedDocument
from rag.parsing.pool import ParserPool


def saved(presentation: Any) -> bytes:
    target = io.BytesIO()
    presentation.save(target)
    return target.getvalue()


def read(presentation: Any) -> ParsedDocument:
    return parse(saved(presentation), filename="a.pptx")


def box(slide: Any, text: str, left: float, top: float) -> None:
    slide.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(0.5)).text_frame.text = text


def talk() -> Any:
    presentation: Any = Presentation()
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text = "The coast"
    first.placeholders[1].text = "Three ports\nOne lighthouse"
    first.notes_slide.notes_text_frame.text = "Say hello.\nThen begin."
    second = presentation.slides.add_slide(presentation.slide_layouts[5])
    second.shapes.title.text = "Ports\nof Vane"
    box(second, "bottom", 1, 6)
    box(second, "right", 5, 2.1)
    box(second, "left", 1, 2)
    table = second.shapes.add_table(3, 2, Inches(1), Inches(4), Inches(4), Inches(1)).table
    for place, text in enumerate(["Port", "Depth", "Vane", "12 m", "Karsund", "9 m"]):
        table.cell(place // 2, place % 2).text = text
    return presentation


async def test_slides_are_headings_and_shapes_come_in_reading_order(pool: ParserPool) -> None:
    document = await pool.parse(saved(talk()), filename="talk.pptx")
    assert document.text == (
        "Slide 1: The coast\n\n- Three ports\n- One lighthouse\n\nNotes: Say hello. Then begin.\n\n"
        "Slide 2: Ports of Vane\n\nleft\n\nright\n\nPort: Vane; Depth: 12 m\nPort: Karsund; Depth: 9 m\n\nbottom"
    )
    assert [document.text[start:].split("\n")[0] for start in document.headings] == [
        "Slide 1: The coast",
        "Slide 2: Ports of Vane",
    ]
    assert [document.text[one.start : one.end] for one in document.stretches] == [
        "Port: Vane; Depth: 12 m\nPort: Karsund; Depth: 9 m"
    ]
    assert document.title == "The coast"
    # Pages are what the viewer draws from a PDF.
    assert document.pages == ()


def test_the_presentations_own_title_wins() -> None:
    presentation = talk()
    presentation.core_properties.title = "Properties say this"
    assert read(presentation).title == "Properties say this"


def test_hidden_slides_and_those_without_text_are_left_out() -> None:
    presentation = talk()
    presentation.slides[0]._element.set("show", "0")
    presentation.slides.add_slide(presentation.slide_layouts[6])
    document = read(presentation)
    assert document.text.startswith("Slide 2: Ports of Vane")
    assert "Slide 3" not in document.text


def test_members_of_a_group_stay_together() -> None:
    presentation: Any = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    box(slide, "after", 1, 5)
    group = slide.shapes.add_group_shape()
    for place, text in enumerate(["second", "first"]):
        shape = group.shapes.add_textbox(Inches(1), Inches(3 - place), Inches(2), Inches(0.5))
        shape.text_frame.text = text
    assert read(presentation).text == "Slide 1\n\nfirst\n\nsecond\n\nafter"


def test_shapes_for_new_programs_are_read_and_their_stand_ins_are_not() -> None:
    presentation: Any = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    for text in ("kept", "choice", "fallback"):
        box(slide, text, 1, 1)
    kept, choice, fallback = (shape._element for shape in slide.shapes)
    mc = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
    alternative = kept.getparent().makeelement(f"{mc}AlternateContent")
    kept.addnext(alternative)
    for tag, element in (("Choice", choice), ("Fallback", fallback)):
        alternative.append(alternative.makeelement(f"{mc}{tag}"))
        alternative[-1].append(element)
    assert read(presentation).text == "Slide 1\n\nkept\n\nchoice"


def test_a_merged_cell_is_read_once() -> None:
    presentation: Any = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    table = slide.shapes.add_table(3, 2, 0, 0, Inches(4), Inches(1)).table
    for place, text in enumerate(["Port", "Depth", "Vane", "", "Oltre", "9 m"]):
        table.cell(place // 2, place % 2).text = text
    table.cell(1, 0).merge(table.cell(1, 1))
    assert read(presentation).text == "Slide 1\n\nPort: Vane\nPort: Oltre; Depth: 9 m"


def test_a_presentation_of_pictures_has_no_text() -> None:
    presentation: Any = Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    with pytest.raises(InvalidInput) as caught:
        read(presentation)
    assert caught.value.code == "document.no_text"


async def test_groups_nested_without_end_are_refused(pool: ParserPool) -> None:
    from tests.rag.parsing.test_sheets import rewritten

    opened = "<p:grpSp><p:nvGrpSpPr/><p:grpSpPr/>"
    hostile = rewritten(
        saved(talk()), "ppt/slides/slide2.xml",
        lambda xml: xml.replace("</p:spTree>", opened * 100_000 + "</p:grpSp>" * 100_000 + "</p:spTree>"),
    )  # fmt: skip
    with pytest.raises(InvalidInput) as caught:
        await pool.parse(hostile, filename="a.pptx")
    assert caught.value.code == "document.corrupt"
