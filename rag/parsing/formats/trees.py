"""The few things the parsers need of lxml, which brings no types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, cast

from lxml import etree as untyped  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

_etree = cast(Any, untyped)

LXML_VERSION = ".".join(str(part) for part in _etree.LXML_VERSION[:3])
XMLSyntaxError: type[SyntaxError] = _etree.XMLSyntaxError


class Walk(Protocol):
    """Visits a tree in document order without recursion: hostile ones nest deeper than Python's stack."""

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Yield ("start", element) and ("end", element)."""
        ...

    def skip_subtree(self) -> None:
        """Leave out what is below the element just started; its end still comes."""
        ...


def walk(root: Any) -> Walk:
    return cast(Walk, _etree.iterwalk(root, events=("start", "end")))


def xml_tree(source: bytes) -> Any:
    """Return the root element of an XML file; nothing is fetched, and no entity is expanded.

    Raises:
        XMLSyntaxError: when it is not well-formed or nests deeper than 256 elements.
    """
    parser = _etree.XMLParser(
        no_network=True, resolve_entities=False, load_dtd=False, remove_comments=True, remove_pis=True
    )
    return _etree.fromstring(source, parser)


class TooDeep(Exception):
    """The page nests deeper than libxml2 reads; it would drop what lies deeper without a word."""


def html_tree(source: str) -> Any:
    """Return the root element of a page, however broken; None when there is none.

    Nothing is fetched, and entities are those of HTML alone.

    Raises:
        TooDeep: instead of returning a part of the page.
    """
    parser = _etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    root = _etree.fromstring(source.encode(), parser)
    if any(entry.type == _etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise TooDeep
    return root
