from __future__ import annotations

import pytest

from mcp_engine.errors import InvalidInput
from rag.parsing.formats.dispatch import parse
from rag.parsing.parsed import ParsedDocument

PAGE = b"""<!DOCTYPE html><html><head><title> The
 title </title><style>p { color: red }</style></head><body>
<script>document.write("no")</script><h1>Fish &amp; chips</h1>
<p>One&nbsp;two
three,<br>four <b>fi</b>ve.</p><!-- no --><p hidden>no</p><noscript>no</noscript>
<ul><li>first<li><p>second</p></ul>
<table><tr><th>Name<th>Price</tr><tr><td><p>Fish</p></td><td>&pound;5</td></tr></table>
<pre>  keep
    this</pre>The end.</body></html>"""


def html(source: str | bytes) -> ParsedDocument:
    return parse(source if isinstance(source, bytes) else source.encode(), filename="page.html")


def test_a_page_reads_as_its_reader_sees_it() -> None:
    document = html(PAGE)
    assert document.text == (
        "Fish & chips\n\nOne two three,\nfour five.\n\n- first\n\n- second\n\n"
        "Name: Fish; Price: £5\n\n  keep\n    this\n\nThe end."
    )
    assert document.title == "The title"
    assert document.headings == (0,)
    assert document.media_type == "text/html"


def test_headings_point_at_their_text() -> None:
    document = html("<p>Before.</p><h2>Über uns</h2><p>Text.</p><div><h3> Zwei </h3>Mehr.</div>")
    assert [document.text[start:].split("\n")[0] for start in document.headings] == ["Über uns", "Zwei"]


def test_a_layout_table_is_no_row() -> None:
    text = html("<table><tr><td><h1>Menu</h1></td><td><ul><li>a</ul><p>Body.</p></td></tr></table>").text
    assert text == "Menu\n\n- a\n\nBody."


@pytest.mark.parametrize(
    "source",
    [
        "<meta charset=windows-1251><p>Привет".encode("cp1251"),
        "\ufeff<p>Привет".encode("utf-16"),
        "<p>Привет".encode(),
        "<?xml version='1.0' encoding='utf-8'?><html xmlns='http://www.w3.org/1999/xhtml'><p>Привет</p></html>".encode(),
    ],
)
def test_the_declared_encoding_is_used(source: bytes) -> None:
    assert html(source).text == "Привет"


def test_an_unknown_declared_encoding_falls_back() -> None:
    assert html("<meta charset='no-such'><p>Grüße".encode()).text == "Grüße"


def test_elements_of_xhtml_that_close_in_themselves_swallow_nothing() -> None:
    source = (
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x.js"/></head>'
        '<body><p><a id="x"/>One<br/>two <img src="x.png" alt="no"/>three.</p><hr class="x"/><div/>'
        "<p>Four.</p></body></html>"
    )
    assert html(source).text == "One\ntwo three.\n\nFour."


def test_no_file_is_pulled_in_by_an_entity() -> None:
    source = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>before &x; after</p>'
    assert "root:" not in html(source).text


def test_nul_and_surrogates_become_replacement_characters() -> None:
    text = html(b"<p>a\0b &#0; &#xD800; c").text
    assert "\0" not in text
    assert text.startswith("a\ufffdb")
    text.encode()


@pytest.mark.parametrize("source", ["<html><body><script>x()</script></body></html>", "<!-- -->", "<p> </p>"])
def test_a_page_without_text_is_refused(source: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        html(source)
    assert caught.value.code == "document.no_text"


def test_deep_nesting_is_read_or_refused_but_never_cut() -> None:
    assert html("<div>" * 1500 + "deep" + "</div>" * 1500).text == "deep"
    with pytest.raises(InvalidInput) as caught:
        html("<p>seen</p>" + "<div>" * 100_000 + "deep")
    assert caught.value.code == "document.corrupt"
