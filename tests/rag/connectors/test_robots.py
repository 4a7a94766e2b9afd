"""What robots.txt allows (RFC 9309)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rag.connectors.robots import Robots

SITE = """
# Ours
User-agent: mcp-engine
User-agent: other
Disallow: /private   # all below
Allow: /private/but
Disallow: /*.pdf$
Disallow: /search?q=

User-agent: *
Disallow: /
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("", True),
        ("/private", False),
        ("/private/x", False),
        ("/private/but/this", True),
        ("/a/b.pdf", False),
        ("/a/b.pdf?x=1", True),
        ("/search?q=1", False),
        ("/search", True),
        ("/%70rivate", False),
    ],
)
def test_the_longest_rule_of_our_group_decides(path: str, allowed: bool) -> None:
    assert Robots(SITE, "mcp-engine").allows(path) is allowed


def test_others_have_the_group_of_everybody() -> None:
    assert not Robots(SITE, "nobody").allows("/anything")
    assert Robots("User-agent: x\nDisallow: /", "mcp-engine").allows("/anything")


def test_of_equal_rules_the_kinder_wins_and_an_empty_one_forbids_nothing() -> None:
    assert Robots("User-agent: *\nDisallow: /a\nAllow: /a", "mcp-engine").allows("/a")
    assert Robots("User-agent: *\nDisallow:", "mcp-engine").allows("/a")
    assert not Robots("\ufeffUSER-AGENT : MCP-Engine/1.0\nDISALLOW : /a", "mcp-engine").allows("/a")


@given(some.text(max_size=300), some.text(max_size=50))
def test_whatever_a_site_says_is_read(text: str, path: str) -> None:
    assert Robots(text, "mcp-engine").allows(path) in (True, False)


@given(some.text("abc/", min_size=1, max_size=20))
def test_what_is_forbidden_is_forbidden_with_all_below(path: str) -> None:
    robots = Robots(f"User-agent: *\nDisallow: /{path}", "mcp-engine")
    assert not robots.allows(f"/{path}")
    assert not robots.allows(f"/{path}/below")
