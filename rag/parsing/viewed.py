"""What a viewer gets of a paged document: sizes, images and marks of its pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageSize:
    """Page `number` (from 1) in points, 1/72 inch."""

    number: int
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Image:
    """A page as a PNG of so many pixels."""

    width: int
    height: int
    png: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """A piece of text to mark: it begins at `start` of the page's own text."""

    page: int
    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A rectangle on a page in shares (0..1) of its width and height, from the left and the top."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageMarks:
    """The rectangles on one page."""

    number: int
    marks: tuple[Mark, ...]
