"""HTML from outside: nothing active survives, nothing readable is lost."""

import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from articles.ingest import sanitise
from articles.ingest.elements import ALLOWED_ATTRIBUTES, ALLOWED_TAGS, KNOWN
from articles.ingest.sanitise import MOST_OUTPUT, article_html, html, text
from articles.ingest.text import clean

BASE = "https://example.org/news/a"
#: Attributes that may come out: the allowed ones, and the rel that is put on links.
ATTRIBUTES = ALLOWED_ATTRIBUTES | {"a": {"href", "title", "rel"}}

PICTURE = f'<img src="data:image/png;base64,{"A" * 3_000_000}">'
#: Markup that parsers in use answer with quadratic time or with a multiple of it.
AMPLIFIERS = {
    "128,000 divs": "<div>" * 128_000,
    "64,000 divs with text": "<div>x" * 64_000,
    "formatting that is reopened": "<b i>" * 1000 + "<i i>" * 1000 + "x</b>" * 1000,
    "differing formatting in paragraphs": "".join(
        f"<b a={number}><p>x" for number in range(5_000)
    ),
    "links in paragraphs": "<a href=x><p>x" * 20_000,
    "blocks in much formatting": "<p>" + "<b><i><u><s>" * 10 + "<div>x</div>" * 5_000,
    "empty paragraphs": "<p></p>" * 20_000,
    "unknown elements": "<x></x>" * 20_000,
    "list items": "<li>" * 30_000,
    "tables in tables": "<table><tr><td>" * 20_000,
    "tables in links": "<a><table>" * 20_000,
    "many attributes": "<p " + " ".join(f"x{n}=1" for n in range(100_000)) + ">x",
    "many attributes on many": ("<p " + "".join(f" x{n}" for n in range(4_000))) * 20,
    "open comments": "<!--" * 200_000 + ">",
    "open tags": "<a " * 200_000 + ">",
    "ampersands": "<p>" + "&" * 1_000_000,
    "one long word": "<p>" + "x" * 3_000_000,
    "a picture of three megabytes": PICTURE + "<p>x",
    "line breaks": "x\n\n" * 30_000,
}


def elements(markup: str) -> list[etree._Element]:
    """What stands in ``markup`` according to a parser of its own."""
    tree = etree.HTML(f"<html><body><main>{markup}</main></body></html>")
    return list(tree.iter())[3:]


def assert_is_inert(markup: str) -> None:
    for element in elements(markup):
        assert element.tag in ALLOWED_TAGS, markup
        for name, value in element.items():
            assert name in ATTRIBUTES.get(element.tag, set()), markup
            if name in ("href", "cite"):
                assert urlsplit(value).scheme in sanitise.ALLOWED_SCHEMES, markup


def assert_is_safe_and_settled(markup: str) -> None:
    assert_is_inert(markup)
    assert html(markup, base="") == markup
    assert len(markup.encode()) <= MOST_OUTPUT


def test_no_hostile_payload_leaves_anything_active(shared: Path) -> None:
    """Fault 58."""
    cases = json.loads((shared / "xss/payloads.json").read_text(encoding="utf-8"))
    assert len(cases) > 100
    for case in cases:
        assert_is_safe_and_settled(html(case["payload"], base=BASE))
        assert_is_safe_and_settled(article_html(case["payload"], base=BASE))
        assert "<script" not in html(text(case["payload"]), base=BASE)


@pytest.mark.parametrize("name", AMPLIFIERS)
def test_amplifying_markup_stays_small_and_quick(name: str) -> None:
    """Fault 45."""
    markup = AMPLIFIERS[name]
    started = time.process_time()
    out = html(markup, base=BASE)
    assert time.process_time() - started < 5
    assert len(out.encode()) <= max(MOST_OUTPUT, 2 * len(markup))
    assert_is_inert(out)
    assert html(out, base="") == out
    started = time.process_time()
    text(markup)
    assert time.process_time() - started < 5


def test_what_follows_a_picture_in_the_markup_is_not_lost() -> None:
    assert html(f"{PICTURE}<p>after</p>", base=BASE) == "<p>after</p>"
    assert text(f"{PICTURE}<p>after</p>") == "after"


def test_too_large_a_body_is_kept_as_its_plain_text() -> None:
    out = html("<p>news &amp; <b>more</b></p>" * 18_500, base=BASE)
    assert out.startswith("<p>news &amp; more news &amp; more")
    assert out.endswith("…</p>")
    assert MOST_OUTPUT / 8 < len(out.encode()) <= MOST_OUTPUT
    assert_is_safe_and_settled(out)


def test_too_large_a_body_of_wide_characters_still_fits() -> None:
    out = html("<p>" + "𠮷&lt;" * 70_000, base=BASE)
    assert_is_safe_and_settled(out)


@pytest.mark.parametrize("levels", [100, 300, 5_000])
def test_what_follows_deep_nesting_is_not_lost(levels: int) -> None:
    out = html(f"{'<b>' * levels}deep{'</b>' * levels}<p>after</p>", base=BASE)
    assert "deep" in out
    assert "after" in out
    assert_is_safe_and_settled(out)


def test_scripts_within_deep_nesting_do_not_become_text() -> None:
    markup = "<div>" * 3_000 + "seen<script>a<b>c</script><style>d</style>"
    assert html(markup, base=BASE) == "<p>seen</p>"
    assert text(markup) == "seen"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>One <b>bold</b></p>", "<p>One <b>bold</b></p>"),
        ("<p class=x id=y style='z' onclick=w>One</p>", "<p>One</p>"),
        ("<div>One</div><div>Two</div>", "<p>One</p><p>Two</p>"),
        (
            "<div>One<p>Two</p>Three</div>Four",
            "<p>One</p><p>Two</p><p>Three</p><p>Four</p>",
        ),
        ("plain", "<p>plain</p>"),
        ("<h1>Head</h1><p>x</p>", "<h2>Head</h2><p>x</p>"),
        ("<h2></h2><p><br></p><p>&nbsp;</p><p>x</p>", "<p>x</p>"),
        ("<p>a<b> </b>b<i><br></i>c</p>", "<p>a b<i><br></i>c</p>"),
        (
            "<figure><img src=x><figcaption>C</figcaption></figure>",
            "<figure><figcaption>C</figcaption></figure>",
        ),
        ("<p><img src=/a.jpg alt=A>x</p>", "<p>x</p>"),
        ("<a href=/b><img src=/a.jpg></a><p>x</p>", "<p>x</p>"),
        (
            "<script>a</script><style>b</style><noscript>c</noscript><p>x</p>",
            "<p>x</p>",
        ),
        ("<svg><text>a</text></svg><math><mi>b</mi></math><p>x</p>", "<p>x</p>"),
        (
            "<form action=/a>Name <input name=b><button>Go</button></form>",
            "<p>Name </p>",
        ),
        ("<pre>\n\n  two\n lines</pre>", "<pre>  two\n lines</pre>"),
        (
            "<time datetime='2024-05-01' title=x>May</time>",
            '<p><time datetime="2024-05-01">May</time></p>',
        ),
        ("<![CDATA[<p>x</p>]]>", "<p>x</p>"),
        ("<p>a &lt; b &amp; c</p>", "<p>a &lt; b &amp; c</p>"),
        ("<p>a\x00b\x0bc\u202ed\ud800e</p>", "<p>ab\ncd\ufffde</p>"),
        ("<!-- a --><?php b ?><p>x</p>", "<p>x</p>"),
        ("", ""),
        (" \x00 ", ""),
    ],
)
def test_markup_comes_out_readable(markup: str, expected: str) -> None:
    assert html(markup, base=BASE) == expected
    assert_is_safe_and_settled(expected)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            "<table><caption>Cap</caption><tfoot><tr><td>1</table>",
            "<p>Cap</p><table><tbody><tr><td>1</td></tr></tbody></table>",
        ),
        (
            "<table><tr><th scope=col colspan=2>A<td rowspan=1001 colspan=-1>B</table>",
            '<table><tbody><tr><th scope="col" colspan="2">A</th>'
            "<td>B</td></tr></tbody></table>",
        ),
    ],
)
def test_tables_keep_their_cells(table: str, expected: str) -> None:
    assert html(table, base=BASE) == expected


def link(address: str, words: str) -> str:
    return f'<p><a href="{address}" rel="{sanitise.LINK_REL}">{words}</a></p>'


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/b?c=1&amp;d=2", "https://example.org/b?c=1&amp;d=2"),
        ("b", "https://example.org/news/b"),
        ("//cdn.example/b", "https://cdn.example/b"),
        ("#note", "https://example.org/news/a#note"),
        (" HTTPS://Example.com/%C3%A9\n ", "https://example.com/%C3%A9"),
        ("https://example.com/a\nb c", "https://example.com/ab%20c"),
        ("mailto:desk@example.org", "mailto:desk@example.org"),
    ],
)
def test_links_become_absolute(href: str, expected: str) -> None:
    assert html(f"<p><a href='{href}'>x</a></p>", base=BASE) == link(expected, "x")


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        " \x01javascript:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "tel:+1",
        "https://user:word@example.org/",
        "https://[",
        "",
    ],
)
def test_a_link_to_anywhere_else_is_plain_text(href: str) -> None:
    out = html(f'<p><a href="{href}" title=t>x</a></p>', base="")
    assert out == "<p>x</p>"


def test_relative_links_without_a_base_are_plain_text() -> None:
    assert html("<p><a href=/b>x</a></p>", base="") == "<p>x</p>"
    assert html("<p><a href=/b>x</a></p>", base="https://[") == "<p>x</p>"


@pytest.mark.parametrize(
    ("markup", "address", "kind"),
    [
        (
            "<iframe src='//www.youtube.com/embed/x'></iframe>",
            "www.youtube.com/embed/x",
            "Video",
        ),
        (
            "<iframe src='https://maps.example/x'>y</iframe>",
            "maps.example/x",
            "Embedded content",
        ),
        ("<iframe data-src='/x'></iframe>", "example.org/x", "Embedded content"),
        ("<video><source src=v.mp4>no</video>", "example.org/news/v.mp4", "Video"),
        ("<audio src=/a.mp3 controls></audio>", "example.org/a.mp3", "Audio"),
        ("<object data=/o><p>no</p></object>", "example.org/o", "Embedded content"),
        ("<embed src=/e>", "example.org/e", "Embedded content"),
    ],
)
def test_embedded_players_become_links(markup: str, address: str, kind: str) -> None:
    host = address.partition("/")[0].removeprefix("www.")
    expected = link(f"https://{address}", f"{kind} at {host}")
    assert html(f"<div>{markup}</div>", base=BASE) == expected


@pytest.mark.parametrize(
    "markup",
    [
        "<iframe src='javascript:alert(1)'></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<object data='data:text/html,x'></object>",
        "<video onloadstart=alert(1)></video>",
    ],
)
def test_an_embedded_player_of_nothing_is_left_out(markup: str) -> None:
    assert html(f"{markup}<p>x</p>", base=BASE) == "<p>x</p>"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a < b & c", "a < b & c"),
        ("AT&T", "AT&T"),
        ("if x <y and z> w", "if x <y and z> w"),
        ("<desk@example.org> wrote", "<desk@example.org> wrote"),
        ("price&copy=2", "price&copy=2"),
        ("Fish &amp; Chips &#8211; caf&eacute; &#150;", "Fish & Chips – café –"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&lt;b&gt;", "<b>"),
        ("&nosuch; &#xFFFFFF; &#0;", "&nosuch; \ufffd \ufffd"),
        ("<p>One</p><p>Two<br>three</p>", "One Two three"),
        ("<b>H</b>ead<i>line</i>", "Headline"),
        ("<ul><li>One<li>Two</ul>", "One Two"),
        ("<p>a &amp;lt; b</p>", "a &lt; b"),
        ("x<script>alert('<p>')</script><style>y</style>", "x"),
        ("<img src=x onerror=alert(1)>Text", "Text"),
        ("<p>One\n  line</p>", "One line"),
        ("caf\u0065\u0301 \u202ex", "cafe\u0301 x"),
        ("", ""),
    ],
)
def test_plain_text_is_decoded_once(value: str, expected: str) -> None:
    assert text(value) == clean(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("One\ntwo\n\nThree", "<p>One<br>two</p>\n<p>Three</p>"),
        ("One\r\n \r\n\r\nTwo\rthree", "<p>One</p>\n<p>Two<br>three</p>"),
        ("a < b & c > d", "<p>a &lt; b &amp; c &gt; d</p>"),
        ("Tom &amp; Co.", "<p>Tom &amp; Co.</p>"),
        ("&lt;script&gt;x", "<p>&lt;script&gt;x</p>"),
        ("# Head\n\n* [x](javascript:y)", "<p># Head</p>\n<p>* [x](javascript:y)</p>"),
        ("<p>One</p>\n\n<p>Two</p>", "<p>One</p>\n\n<p>Two</p>"),
        ("", ""),
        (" \n\n ", ""),
    ],
)
def test_an_article_is_html_or_plain_text(value: str, expected: str) -> None:
    assert article_html(value, base=BASE) == expected


TAGS = sorted(KNOWN | {"svg", "mglyph", "mtext", "x-y"})
PIECES = (
    *(f"<{name}>" for name in TAGS),
    *(f"</{name}>" for name in TAGS),
    *("x", " ", "\n", "&lt;", "&", "<", "<!--", "-->", "]]>", "<![CDATA[", "'", '"'),
    *("<a href='javascript:x'>", "<p title='</p><script>'>", "\x00", "\u202e"),
)
SOUP = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@settings(deadline=None, max_examples=100)
@given(SOUP | st.text(alphabet=st.characters(exclude_categories=[])))
def test_any_text_comes_out_inert_and_settled(value: str) -> None:
    assert_is_safe_and_settled(html(value, base=BASE))
    assert_is_safe_and_settled(article_html(value, base=BASE))
    assert text(value) == clean(text(value))


def test_naughty_strings_come_out_inert_and_settled(shared: Path) -> None:
    naughty = json.loads((shared / "text/blns/blns.json").read_text(encoding="utf-8"))
    for value in naughty:
        assert_is_safe_and_settled(html(value, base=BASE))
        assert_is_safe_and_settled(article_html(value, base=BASE))
        assert text(value) == clean(text(value))


@pytest.mark.parametrize("name", ["bgsound", "embed", "keygen", "track", "wbr"])
def test_what_follows_an_element_that_holds_nothing_stays(name):
    markup = f"<p>Before <{name} src='https://a.example/x'> after.</p><p>More.</p>"
    kept = sanitise.html(markup, base="https://b.example/")
    assert "after." in kept and "More." in kept
    assert sanitise.text(markup) == "Before after. More."
    assert sanitise.html(kept, base="https://b.example/") == kept
