"""Which parts of a page are read: its content, not the site around it."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.blocks import BlockText
from rag.parsing.formats.dispatch import parse
from rag.parsing.formats.html import page_root, write_page

SITE = """<html><head><title>Vane</title></head><body>
<header><a href="/">Vane Port</a><form role="search"><label>Find</label><input></form></header>
<nav><ul><li>Home<li>Ferries<li>Lights</ul></nav>
<aside><h2>News</h2><p>A storm is coming.</p></aside>
{content}
<div role="complementary">Partners</div><footer>Imprint</footer></body></html>"""
BODY = "<header><h1>The lighthouse</h1><p>By Ada Merrow</p></header><p>It was built in 1874.</p>"
READ = "The lighthouse\n\nBy Ada Merrow\n\nIt was built in 1874."


def text(source: str) -> str:
    return parse(source.encode(), filename="page.html").text


@pytest.mark.parametrize("tag", ["main", "article", "div role='main'"])
def test_the_content_is_read_without_the_site(tag: str) -> None:
    page = SITE.format(content=f"<div>Skip</div><{tag}>{BODY}</{tag.split()[0]}><p>Cookies?</p>")
    assert text(page) == READ


def test_inside_the_content_notes_and_footers_stay_and_menus_do_not() -> None:
    content = (
        f"<main><nav>Home / Lights</nav>{BODY}<aside>Mind the steps.</aside><footer>[1] Port records.</footer>"
        "<div role='navigation'>Next page</div></main>"
    )
    assert text(SITE.format(content=content)) == f"{READ}\n\nMind the steps.\n\n[1] Port records."


def test_a_main_with_little_of_the_text_is_not_taken_alone() -> None:
    page = SITE.format(content=f"<main><p>Loading</p></main><section>{BODY}</section>")
    assert text(page) == f"Loading\n\n{READ}"


def test_several_articles_are_all_read_and_comments_within_one_do_not_make_it_several() -> None:
    assert text(SITE.format(content="<article>One.</article><article>Two.</article>")) == "One.\n\nTwo."
    nested = f"<article>{BODY}<article>A comment.</article></article><p>x</p>"
    assert text(SITE.format(content=nested)) == f"{READ}\n\nA comment."


def test_the_title_block_of_a_document_without_main_is_read() -> None:
    """As pandoc writes it; a header without the page's only h1 is the site's."""
    assert text(f"<body>{BODY}<footer>Made by pandoc</footer></body>") == READ
    assert text(f"<body>{BODY}<h1>Two</h1><p>More.</p></body>") == "It was built in 1874.\n\nTwo\n\nMore."


def test_an_element_around_main_is_no_menu_and_a_role_says_what_an_aside_is() -> None:
    assert text(f"<body><aside><main>{BODY}</main></aside><aside role='note'>Mind.</aside></body>") == READ
    assert text("<body><p>Text.</p><aside role='note'>Mind.</aside></body>") == "Text.\n\nMind."


def test_a_hidden_main_is_no_content() -> None:
    assert text(f"<body><main hidden><p>{'Not shown. ' * 50}</p></main><div>{BODY}</div></body>") == READ


def test_a_page_of_nothing_but_menus_is_read_whole() -> None:
    assert text(SITE.format(content="<main></main>")).startswith("Vane Port\n\nFind\n\n- Home")


def test_the_chapter_of_a_book_is_read_whole() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="b.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "b.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
            '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        )
        archive.writestr("a.xhtml", "<html><body><p>Text.</p><aside>A footnote.</aside></body></html>")
    assert parse(target.getvalue(), filename="book.epub").text == "Text.\n\nA footnote."


TAGS = st.sampled_from(
    ("div", "main", "article", "section", "aside", "nav", "header", "footer", "h1", "h2", "p", "div hidden",
     "div role=main", "div role=banner", "aside role=note", "blockquote"),
)  # fmt: skip
WORDS = st.text("abc", min_size=0, max_size=3)


def _element(tag: str, inner: list[str]) -> str:
    return f"<{tag}>{' '.join(inner)}</{tag.split()[0]}>"


PAGES = st.recursive(
    WORDS, lambda inner: st.builds(_element, TAGS, st.lists(inner, max_size=4)), max_leaves=25
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(PAGES)
def test_any_page_keeps_a_part_of_its_text_in_order_and_headings_stay_exact(source: str) -> None:
    root = page_root(f"<html><body>{source}</body></html>", filename="page.html")
    whole = BlockText("page.html")
    write_page(root, whole)
    words = whole.text().split()
    try:
        document = parse(f"<html><body>{source}</body></html>".encode(), filename="page.html")
    except InvalidInput:
        assert not words, "a page with text came out empty"
        return
    rest = iter(words)
    assert all(word in rest for word in document.text.split())
    for start in document.headings:
        assert start == 0 or document.text[start - 1] == "\n"
        assert not document.text[start].isspace()
