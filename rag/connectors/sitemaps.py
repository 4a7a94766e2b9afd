"""Sitemaps (sitemaps.org, 0.90): the addresses that a site names."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.trees import XMLSyntaxError, xml_tree

MAX_BYTES = 50 * 1024 * 1024
"""What the protocol allows one sitemap."""


def addresses(content: bytes, url: str) -> tuple[list[str], list[str]]:
    """Return the pages and the further sitemaps that a sitemap names, in order; those of its own host only.

    Raises:
        InvalidInput: `source.bad_sitemap`.
    """
    try:
        root = xml_tree(content)
    except (XMLSyntaxError, ValueError):
        raise InvalidInput("source.bad_sitemap", f"{_shown(url)} is no sitemap: it is not well-formed XML.") from None
    kind = _local(root)
    if kind not in ("urlset", "sitemapindex"):
        raise InvalidInput("source.bad_sitemap", f"{_shown(url)} is no sitemap: it names no addresses.")
    host = urlsplit(url).netloc.lower()
    places: list[Any] = [one for entry in root for one in entry if _local(one) == "loc"]
    texts = [str(one.text or "").strip() for one in places]
    named = [text for text in texts if _is_of(text, host)]
    return (named, []) if kind == "urlset" else ([], named)


def _is_of(url: str, host: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host


def _local(element: Any) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _shown(url: str) -> str:
    return url.partition("?")[0][:200]
