"""Which parts of a web page are its content, and which are the site's: menus, side bars, page headers and footers.

What the markup says decides (HTML's sectioning elements, ARIA's landmarks), never the names of classes: a site that
lays out its side bar with plain `div` elements keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from rag.parsing.formats.trees import walk

_UNSEEN = frozenset((
    "script", "style", "template", "noscript", "head", "iframe", "object", "embed", "svg", "math", "canvas", "audio",
    "video", "select", "datalist", "textarea", "button", "input",
))  # fmt: skip
# A header or footer inside of one of these is a part of it, not of the site (HTML Accessibility API Mappings 1.0).
_SECTIONS = frozenset(("main", "article", "section", "blockquote", "figure"))


def is_unseen(element: Any) -> bool:
    """Return whether no reader sees an element."""
    return element.tag in _UNSEEN or element.get("hidden") is not None


@dataclass(frozen=True, slots=True)
class Content:
    """What is read of a page: `root` without the elements `left_out`."""

    root: Any
    left_out: frozenset[Any] = frozenset()


@dataclass(slots=True)
class _Part:
    """An element that may be the content of the page, and how many characters of text it holds."""

    element: Any
    characters: int


def content_of(root: Any) -> Content:
    """Return what of a page is its content.

    Without menus, side bars, search, and the headers and footers of the site, it is `main` (or what has that role, or
    the only `article`) alone where that holds most of the text, and else everything that is left. A page of nothing
    but such parts is read whole. Inside `main` and `article` asides, headers and footers belong to the text.
    """
    survey = _Survey(root)
    if not survey.characters:
        return Content(root)
    articles = survey.articles if len(survey.articles) == 1 else []
    part = max((*survey.mains, *articles), key=lambda one: one.characters, default=None)
    is_most = part is not None and 2 * part.characters > survey.characters
    return Content(part.element if part is not None and is_most else root, frozenset(survey.left_out))


class _Survey:
    """Goes through a page once; takes time linear in its length."""

    def __init__(self, root: Any) -> None:
        self.characters = 0
        self.left_out: set[Any] = set()
        self.mains: list[_Part] = []
        self.articles: list[_Part] = []
        self._kept = {*_around_main(root), _title_block(root)}
        self._open: list[_Part] = []
        self._sections: list[Any] = []
        self._open_articles = 0
        events = walk(root)
        for event, element in events:
            if event == "end":
                self._leave(element)
                if element is not root:
                    self.characters += _length(element.tail)
            elif is_unseen(element):
                events.skip_subtree()
            elif element not in self._kept and self._is_of_site(element):
                self.left_out.add(element)
                events.skip_subtree()
            else:
                self._enter(element)
                self.characters += _length(element.text)

    def _enter(self, element: Any) -> None:
        is_main = _is_main(element)
        if is_main or element.tag in _SECTIONS:
            self._sections.append(element)
        if is_main:
            self._begin(element, self.mains)
        elif element.tag == "article":
            if not self._open_articles:
                self._begin(element, self.articles)
            self._open_articles += 1

    def _begin(self, element: Any, parts: list[_Part]) -> None:
        part = _Part(element, self.characters)
        parts.append(part)
        self._open.append(part)

    def _leave(self, element: Any) -> None:
        if self._sections and self._sections[-1] is element:
            self._sections.pop()
            self._open_articles -= element.tag == "article" and not _is_main(element)
        if self._open and self._open[-1].element is element:
            part = self._open.pop()
            part.characters = self.characters - part.characters

    def _is_of_site(self, element: Any) -> bool:
        """Return whether an element is a landmark of the site, where it stands."""
        tag, role = element.tag, _role(element)
        if tag in ("nav", "search") or role in ("navigation", "search", "banner", "contentinfo"):
            return True
        if role == "complementary" or (tag == "aside" and not role):
            return not self._open  # neither in `main` nor in an article
        return tag in ("header", "footer") and not role and not self._sections


def _around_main(root: Any) -> set[Any]:
    """Return what `main` lies in; such an element is never left out."""
    around: set[Any] = set()
    mains: Iterator[Any] = filter(_is_main, root.iter())
    for main in mains:
        for above in main.iterancestors():
            if above in around:
                break
            around.add(above)
    return around


def _title_block(root: Any) -> Any:
    """Return the header that holds the page's only `h1`: the document's own title, as pandoc writes it."""
    headings: list[Any] = list(islice(root.iter("h1"), 2))
    if len(headings) != 1:
        return None
    headers: Iterator[Any] = headings[0].iterancestors("header")
    return next((header for header in headers if not _role(header)), None)


def _is_main(element: Any) -> bool:
    return element.tag == "main" or _role(element) == "main"


def _role(element: Any) -> str:
    """Return the first of an element's roles, the one that counts unless it is unknown."""
    said = element.get("role")
    return next(iter(said.lower().split()), "") if said else ""


def _length(text: str | None) -> int:
    return sum(map(len, text.split())) if text else 0
