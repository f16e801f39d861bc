"""What is told to be settled stays as it is in a turn that is really taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.ingest.sanitise import _sanitised, html
from articles.ingest.settled import LINK_REL, is_settled

BASE = "https://example.org/news/a"
CHARACTERS = "ab.,\"'()é日\u200d\u0301🚀\n\t;#-  <>&\xa0\x85"
WORDS = st.text(CHARACTERS, max_size=6).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
)
ADDRESSES = st.sampled_from(
    [
        "https://example.com/a",
        "https://example.com/?a=1&amp;b=2",
        "https://example.com/a/../b",
        "https://example.com",
        "https://EXAMPLE.com/",
        "https://example.com:443/",
        "http://0x7f.1/",
        "http://192.0.2.1/",
        "https://xn--a/",
        "https://example.com/%zz",
        "https://example.com/'a",
        "//example.com/",
        "mailto:a@example.com",
    ]
)
LINKS = st.builds(
    lambda href, text: f'<a href="{href}" rel="{LINK_REL}">{text}</a>', ADDRESSES, WORDS
)


def within(names: list[str], inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, text: f"<{name}>{text}</{name}>", st.sampled_from(names), inner
    )


def run(parts: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    return st.lists(parts, max_size=most).map("".join)


EMPHASES = within(["em", "strong", "b", "i", "cite", "code"], WORDS)
LINES = run(WORDS | LINKS | EMPHASES | st.just("<br>"), 5)
GAPS = st.sampled_from(["", "", "\n", "\n\n"])
ITEMS = run(within(["li"], LINES) | GAPS, 4)
BLOCKS = (
    within(["p", "p", "h2", "h3", "h4"], LINES)
    | within(["ul", "ol"], ITEMS)
    | within(["blockquote"], run(within(["p"], LINES) | GAPS, 3))
)
#: Markup of the spelling that is known as settled, and markup that nearly is.
MARKUP = run(BLOCKS | GAPS, 4)


@given(MARKUP)
def test_settled_markup_does_not_change_in_another_turn(markup: str) -> None:
    if is_settled(markup, BASE):
        assert _sanitised(markup, BASE) == markup


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Words &amp; more.</p><p>A second one,<br>in two lines.</p>",
        '<p>See <a href="/more?a=1&b=2">more</a>, <em>today</em>.</p>\n\n<p>End.</p>',
        "<h2>Heading</h2><ul>\n<li>One</li>\n<li><b>Two</b></li>\n</ul>",
        "<blockquote><p>Said</p></blockquote><p>日米同盟 🚀</p>",
    ],
)
def test_most_markup_is_settled_after_one_turn(markup: str) -> None:
    assert is_settled(html(markup, base=BASE), BASE)


@pytest.mark.parametrize(
    "markup",
    [
        "",
        "Words",
        "<p></p>",
        "<p> </p>",
        "<p><br></p>",
        "<p><em> </em></p>",
        "<p><a>x</a></p>",
        "<p onclick=x>x</p>",
        "<p><em><b>x</b></em></p>",
        "<script>x</script>",
        "<p>a < b</p>",
        "<p>a&nbsp;b</p>",
        "<p>a\x00b</p>",
        "<p>open",
        "<p>x</p> loose",
        '<p><a href="javascript:x">x</a></p>',
        f'<p><a href="https://EXAMPLE.org/" rel="{LINK_REL}">x</a></p>',
        f'<p><a href="/relative" rel="{LINK_REL}">x</a></p>',
        '<p><a href="https://example.org/">x</a></p>',
    ],
)
def test_all_else_is_not_said_to_be_settled(markup: str) -> None:
    assert not is_settled(markup, BASE)


def test_long_and_hostile_markup_is_looked_through_once() -> None:
    for part in ("<p>x<br>", "<p>x</p>\n", "<ul><li>x</li>", "<em>x", "&amp;", "\n"):
        assert not is_settled(part * 100_000 + "<", BASE)
