"""Feeds made to hurt, and feeds that are merely broken, through the worker."""

import html
import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from articles.ingest.child import (
    LIMITS,
    ChildFailed,
    Children,
    NotAFeed,
    ParsedFeed,
)
from articles.ingest.entries import LIMITS as CHARACTERS
from articles.ingest.entries import Entry
from articles.ingest.parse import feeds
from articles.ingest.parse.feeds import MOST_ITEMS
from articles.ingest.parse.items import TITLE_CHARACTERS, TITLE_WORDS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://ledger.example/feeds/news.xml"
HEAD = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Ledger</title><link>https://ledger.example/</link>
"""
TAIL = "</channel></rss>"
GOOD = "<item><title>Good</title><link>https://ledger.example/good</link></item>"


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with Children() as made:
        yield made


@pytest.fixture(scope="module")
def impatient() -> Iterator[Children]:
    """Workers that have half a second for what would take the usual ones ten."""
    with Children(limits=replace(LIMITS, seconds=0.5)) as made:
        yield made


def parse(
    children: Children,
    data: str | bytes,
    *,
    content_type: str = "text/xml",
    zone_name: str = "UTC",
) -> ParsedFeed:
    return children.parse_feed(
        data.encode() if isinstance(data, str) else data,
        url=URL,
        content_type=content_type,
        source="The Ledger",
        now=NOW,
        zone_name=zone_name,
    )


def rss(*items: str) -> str:
    return HEAD + "".join(items) + TAIL


def item(number: int, inside: str = "") -> str:
    link = f"<link>https://ledger.example/{number}</link>"
    return f"<item><title>Item {number}</title>{link}{inside}</item>"


def only(feed: ParsedFeed) -> Entry:
    (entry,) = feed.entries
    return entry


def titles(feed: ParsedFeed) -> list[str]:
    return [entry.title for entry in feed.entries]


BROKEN = {
    "an element that is never closed": item(1, "<b>") + item(2),
    "a bare ampersand": item(1, "<description>A & B</description>") + item(2),
    "an entity that nothing declares": item(
        1, "<description>&nbsp;&frob;</description>"
    )
    + item(2),
    "a namespace that nothing declares": item(1, "<x:y>z</x:y>") + item(2),
    "an attribute without quotation marks": item(1, "<a b=c>d</a>") + item(2),
    "an attribute given twice": item(1, "<a b='1' b='2'>d</a>") + item(2),
    "crossed elements": item(1, "<b><i>x</b></i>") + item(2),
    "a reference to no character": item(1, "<description>&#0;&#xd800;</description>")
    + item(2),
    "control characters": item(1, "<description>a\x01b\x0bc\x7f</description>")
    + item(2),
    "a bracket in the text": item(1, "<description>1 < 2</description>") + item(2),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_whole_items_of_malformed_xml_come_in(children: Children, broken: str) -> None:
    """Fault 38."""
    feed = parse(children, rss(broken, item(3)))
    assert titles(feed) == ["Item 1", "Item 2", "Item 3"]
    assert feed.title == "Ledger"


@pytest.mark.parametrize(
    "junk",
    [
        "\n\n  ",
        "junk ",
        "<br />\n<b>Warning</b>: fault in <b>/srv/feed</b> on line <b>3</b><br />\n",
        "<!-- cached <rss> of yesterday -->\n",
        "\ufeff\ufeff",
        "<!DOCTYPE rss>\n",
    ],
)
def test_junk_before_a_feed_is_passed_over(children: Children, junk: str) -> None:
    """Fault 38."""
    feed = parse(children, junk + rss(item(1)))
    assert titles(feed) == ["Item 1"]
    assert feed.problem == ""
    # Lines are those of what came, junk included.
    read = feeds.parse((junk + rss(item(1))).encode(), url=URL, content_type="text/xml")
    assert read.items[0].line == 5 + junk.count("\n")


def test_the_items_of_a_feed_are_told_by_their_numbers(children: Children) -> None:
    no_link = "<item><title>Good</title></item>"
    feed = parse(children, HEAD + item(1) + no_link + "\n\n" + item(2) + TAIL)
    assert [each.line for each in feed.entries] == [1, 3]
    assert [each.line for each in feed.refused] == [2]


def test_a_malformed_feed_says_what_is_wrong_and_where(children: Children) -> None:
    """Fault 38."""
    feed = parse(children, rss(item(1), "\n\n<oops>", item(2)))
    assert feed.problem == "not well-formed XML in line 7: mismatched tag"
    feed = parse(children, rss("<item><title>Bad & worse</title></item>"))
    assert feed.problem == "not well-formed XML in line 5: invalid token"
    assert parse(children, rss(item(1))).problem == ""


@pytest.mark.parametrize("left", [20, 60, 90])
def test_an_item_that_is_cut_off_stays_out_and_those_before_it_come_in(
    children: Children, left: int
) -> None:
    """Fault 39."""
    whole = rss(item(1), item(2, "<description>Longer words</description>"))
    feed = parse(children, whole[: whole.index("<title>Item 2") + left])
    assert titles(feed) == ["Item 1"]
    assert [each.reason for each in feed.refused] == [
        "the feed is cut off inside this item"
    ]
    assert "breaks off inside its last item" in feed.problem


def test_no_prefix_of_a_feed_changes_an_item_before_its_end(
    children: Children,
) -> None:
    """Fault 39."""
    data = rss(*(item(n, f"<description>Text {n}</description>") for n in range(4)))
    whole = {entry.url: entry for entry in parse(children, data).entries}
    for end in range(0, len(data), 13):
        try:
            feed = parse(children, data[:end])
        except NotAFeed:
            continue
        for entry in feed.entries:
            assert entry == whole[entry.url]


WORDS = "Zürich — “naïve” café"
LABELS = [
    ("utf-8", "iso-8859-1", ""),
    ("utf-8", "utf-8", "us-ascii"),
    ("utf-8", "", "windows-1251"),
    ("utf-8", "no-such-charset", "nor-this"),
    ("utf-8", "utf-16", ""),
    ("utf-8-sig", "iso-8859-1", "iso-8859-1"),
    ("windows-1252", "iso-8859-1", ""),
    ("windows-1252", "us-ascii", ""),
    ("windows-1252", "", ""),
    ("windows-1252", "windows-1252", "utf-8"),
    ("windows-1252", "windows-1251", "windows-1252"),
    ("utf-16", "utf-16", ""),
    ("utf-16", "utf-8", "utf-8"),
    ("utf-16-le", "", ""),
    ("utf-16-be", "utf-16", "utf-8"),
    ("utf-32", "utf-32", ""),
    ("utf-32-le", "", ""),
    ("utf-32-be", "", "iso-8859-1"),
]


@pytest.mark.parametrize(("charset", "declared", "header"), LABELS)
def test_the_text_is_right_whatever_the_labels_say(
    children: Children, charset: str, declared: str, header: str
) -> None:
    """Fault 40."""
    declaration = f' encoding="{declared}"' if declared else ""
    feed = rss(item(1, f"<description>{WORDS}</description>")).replace(
        ' encoding="utf-8"', declaration
    )
    kind = f"application/rss+xml; charset={header}" if header else ""
    entry = only(parse(children, feed.encode(charset), content_type=kind))
    assert entry.summary == WORDS


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("cp500", "Zurich"),
        ("iso2022_jp", "日本の港"),
        ("shift_jis", "日本の港"),
        ("euc_jp", "日本の港"),
        ("euc_kr", "한국의 항구"),
        ("gb2312", "中国的港口"),
        ("big5", "港口"),
        ("koi8-r", "Порт"),
        ("windows-1251", "Порт"),
        ("iso-8859-15", "40 €"),
    ],
)
def test_declared_charsets_are_read(
    children: Children, charset: str, words: str
) -> None:
    """Faults 40 and 41."""
    feed = rss(item(1, f"<description>{words}</description>"))
    data = feed.replace("utf-8", charset).encode(charset)
    assert only(parse(children, data)).summary == words


def test_a_slip_in_a_long_text_does_not_change_its_charset(children: Children) -> None:
    feed = rss(item(1, f"<description>{'日本 ' * 50}X</description>")).encode()
    entry = only(parse(children, feed.replace(b"X", b"\xe3\x81")))
    assert entry.summary.startswith("日本 日本")
    assert "æ" not in entry.summary


@pytest.mark.parametrize("codec", ["punycode", "unicode_escape", "zip", "rot13", "hex"])
def test_a_codec_that_is_no_charset_is_none(children: Children, codec: str) -> None:
    feed = rss(item(1)).replace("utf-8", codec).encode() + b"<!-- \xff -->"
    assert only(parse(children, feed)).title == "Item 1"


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine, and who has connected to it."""
    callers: list[str] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def hear() -> None:
            while True:
                try:
                    connection, caller = server.accept()
                except OSError:
                    return
                callers.append(str(caller))
                connection.close()

        hearing = threading.Thread(target=hear)
        hearing.start()
        yield server.getsockname()[1], callers
        server.shutdown(socket.SHUT_RDWR)
        hearing.join()


LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10)
)
DOCTYPES = {
    "billion laughs": f"<!DOCTYPE rss [{LAUGHS}]>",
    "quadratic blowup": f'<!DOCTYPE rss [<!ENTITY l9 "{"x" * 100_000}">]>',
    "a file": '<!DOCTYPE rss [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    "an address": '<!DOCTYPE rss [<!ENTITY l9 SYSTEM "http://127.0.0.1:PORT/">]>',
    "a parameter entity": (
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:PORT/"> %p;]>'
    ),
    "in lower case": '<!DOCTYPE rss [<!entity l9 "x">]>',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-be"])
@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES)
def test_a_feed_that_declares_entities_is_refused_unread(
    children: Children, listener: tuple[int, list[str]], doctype: str, encoding: str
) -> None:
    """Fault 42."""
    port, callers = listener
    doctype = doctype.replace("PORT", str(port))
    feed = rss(item(1, f"<description>{'&l9;' * 1_000}</description>"))
    feed = feed.replace("?>", f"?>{doctype}", 1)
    began = time.monotonic()
    with pytest.raises(NotAFeed, match="declares XML entities"):
        parse(children, feed.encode(encoding))
    assert time.monotonic() - began < 1
    assert callers == []


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:PORT/rss.dtd">',
        '<!DOCTYPE rss PUBLIC "-//N//DTD RSS//EN" "http://127.0.0.1:PORT/rss.dtd">',
        '<?xml-stylesheet href="http://127.0.0.1:PORT/style.xsl" type="text/xsl"?>',
        '<!DOCTYPE rss [<!ELEMENT rss ANY> <!ATTLIST rss a CDATA "b">]>',
    ],
)
def test_what_stands_before_the_root_is_neither_read_nor_asked_for(
    children: Children, listener: tuple[int, list[str]], doctype: str
) -> None:
    """Fault 42."""
    port, callers = listener
    doctype = doctype.replace("PORT", str(port))
    include = (
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude"'
        f' href="http://127.0.0.1:{port}/"/>'
    )
    feed = rss(item(1, include)).replace("?>", f"?>{doctype}", 1)
    assert titles(parse(children, feed)) == ["Item 1"]
    assert callers == []


def test_an_article_about_entities_is_no_declaration_of_any(
    children: Children,
) -> None:
    text = '<![CDATA[How <!DOCTYPE a [<!ENTITY b "c">]> works]]>'
    feed = parse(children, rss(item(1, f"<description>{text}</description>")))
    assert titles(feed) == ["Item 1"]


ATTRIBUTES = " ".join(f'a{number}="1"' for number in range(60_000))
HEAVY = {
    "200,000 elements deep": item(1, "<a>" * 200_000 + "</a>" * 200_000),
    "200,000 elements never closed": item(1, "<a>" * 200_000),
    "60,000 attributes": item(1, f"<x {ATTRIBUTES}/>"),
    "2,000,000 tags never finished": "<a " * 2_000_000,
    "3,000,000 broken references": item(1, "&#" * 3_000_000),
    "200,000 items in one another": "<item>" * 200_000,
    "1,000 bases on one another": f"<item xml:base='{'a/' * 500}'><link>x</link>"
    * 1_000,
}


@pytest.mark.parametrize("heavy", HEAVY.values(), ids=HEAVY)
def test_a_feed_of_great_weight_ends_at_the_limit_and_hurts_itself_alone(
    impatient: Children, heavy: str
) -> None:
    """Fault 43."""
    began = time.monotonic()
    try:
        feed = parse(impatient, rss(heavy, GOOD))
    except ChildFailed as failure:
        assert failure.kind in {"timeout", "memory"}  # noqa: PT017
    else:
        assert len(feed.entries) <= MOST_ITEMS
    assert time.monotonic() - began < 4
    assert titles(parse(impatient, rss(GOOD))) == ["Good"]


LIGHT = {
    "2,000,000 references": f"<description>{'&#97;' * 1_900_000}</description>",
    "60,000 attributes in the text": (
        f"<description><![CDATA[<p {ATTRIBUTES}>x]]></description>"
    ),
    "an author of 32 KB": f"<author>{'a' * 32_000}</author>",
    "an author of 1 MB": f"<author>{'a@b.c (' * 150_000}</author>",
    "a creator of 1 MB": f"<dc:creator>{'a@' * 500_000}</dc:creator>",
    "a date of 1 MB": f"<pubDate>{'2026-' * 200_000}</pubDate>",
    "a language of 1 MB": f"<description xml:lang='{'x' * 1_000_000}'>y</description>",
    "a name of an entity of 5 MB": f"<description>&{'a' * 5_000_000};</description>",
    "128,000 divisions": f"<description><![CDATA[{'<div>' * 128_000}]]></description>",
    "50,000 lists in lists": (
        f"<description><![CDATA[{'<ul><li>' * 50_000}]]></description>"
    ),
    "elements that adopt one another": (
        "<description><![CDATA["
        + "<b i>" * 1_000
        + "<i i>" * 1_000
        + "x</b>" * 1_000
        + "]]></description>"
    ),
    "a text of 8 MB": f"<description>{'word ' * 1_600_000}</description>",
    "9,000,000 brackets": f"<description>{'>' * 9_000_000}</description>",
}


@pytest.mark.parametrize("light", LIGHT.values(), ids=LIGHT)
def test_a_feed_that_was_to_be_heavy_is_read_in_no_time(
    children: Children, light: str
) -> None:
    """Faults 43 and 44."""
    began = time.monotonic()
    feed = parse(children, rss(item(1, light), GOOD))
    assert time.monotonic() - began < 3
    assert titles(feed) == ["Item 1", "Good"]
    entry = feed.entries[0]
    assert len(entry.body) <= CHARACTERS["body"]
    assert len(entry.author) <= CHARACTERS["author"]
    assert len(entry.summary) <= CHARACTERS["summary"]


def test_of_50_000_items_the_newest_thousand_are_kept(children: Children) -> None:
    # The newest stand in the middle, as no heuristics of first or last would find.
    """Fault 46."""
    ages = [abs(number - 25_000) for number in range(50_000)]
    items = (
        item(number, f"<pubDate>{date(age)}</pubDate>")
        for number, age in enumerate(ages)
    )
    began = time.monotonic()
    feed = parse(children, rss(*items))
    assert time.monotonic() - began < 10
    assert feed.total == 50_000
    assert len(feed.entries) == MOST_ITEMS
    kept = [int(entry.title.removeprefix("Item ")) for entry in feed.entries]
    assert kept == sorted(kept)
    assert max(ages[number] for number in kept) <= MOST_ITEMS / 2
    assert feed.problem == ""


def date(age: int) -> str:
    """A moment, ``age`` minutes before one of this year."""
    days, minutes = divmod(age, 1_440)
    clock = f"{23 - minutes // 60:02}:{59 - minutes % 60:02}:00"
    return f"2026-01-{28 - days % 28:02}T{clock}Z" if days < 28 else ""


@pytest.mark.parametrize("count", [999, 1_000, 1_001])
def test_of_items_without_dates_the_first_thousand_are_kept(
    children: Children, count: int
) -> None:
    feed = parse(children, rss(*(item(number) for number in range(count))))
    assert feed.total == count
    assert titles(feed) == [f"Item {n}" for n in range(min(count, MOST_ITEMS))]


def test_the_newest_items_of_a_long_json_feed_are_kept(children: Children) -> None:
    items = [
        {
            "url": f"https://ledger.example/{number}",
            "title": f"Item {number}",
            "date_published": f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z",
        }
        for number in range(1_200)
    ]
    feed = parse(children, json_feed(*items))
    assert feed.total == 1_200
    assert titles(feed) == [f"Item {number}" for number in range(200, 1_200)]


def json_feed(*items: object) -> str:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Ledger"}
    return json.dumps(feed | {"items": items})


PARTS = {
    "guid": '<guid isPermaLink="false">an id</guid>',
    "link": "<link>https://ledger.example/1</link>",
    "title": "<title>Ministers meet</title>",
    "date": "<pubDate>2026-03-01T09:30:00Z</pubDate>",
}
COMBINATIONS = [
    frozenset(chosen)
    for size in range(len(PARTS) + 1)
    for chosen in itertools.combinations(PARTS, size)
]


@pytest.mark.parametrize(
    "parts", COMBINATIONS, ids=lambda parts: "+".join(sorted(parts)) or "-"
)
def test_an_item_is_read_with_whatever_it_has(
    children: Children, parts: frozenset[str]
) -> None:
    """Fault 47."""
    inside = "".join(PARTS[name] for name in PARTS if name in parts)
    feed = parse(children, rss(f"<item>{inside}</item>", GOOD))
    assert titles(feed)[-1] == "Good"
    assert feed.total == 2
    if {"link", "title"} <= parts:
        entry = feed.entries[0]
        assert entry.url == "https://ledger.example/1"
        assert entry.external_id == ("an id" if "guid" in parts else "")
        assert (entry.published is not None) == ("date" in parts)
    else:
        (refused,) = feed.refused
        missing = "the item has no link" if "link" not in parts else "the item is empty"
        assert missing in refused.reason


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ("<guid>https://ledger.example/g</guid>", "https://ledger.example/g"),
        (
            '<guid isPermaLink="false">https://ledger.example/g</guid>',
            "https://ledger.example/g",
        ),
        (
            '<link>javascript:x</link><guid isPermaLink="false">HTTPS://l.example/</guid>',
            "https://l.example/",
        ),
        (
            '<guid isPermaLink="false">7</guid><enclosure url="/e.mp3"/>',
            "https://ledger.example/e.mp3",
        ),
        (
            '<link>/l</link><guid>https://l.example/</guid><enclosure url="/e"/>',
            "https://ledger.example/l",
        ),
    ],
)
def test_an_item_lies_at_its_link_else_its_id_else_what_it_encloses(
    children: Children, inside: str, url: str
) -> None:
    """Fault 47."""
    assert (
        only(parse(children, rss(f"<item><title>T</title>{inside}</item>"))).url == url
    )


def test_an_item_without_a_title_is_called_by_its_first_words(
    children: Children,
) -> None:
    """Fault 47."""
    link = "<link>https://ledger.example/1</link>"
    words = [f"word{number}" for number in range(40)]
    text = f"<![CDATA[<p>{' '.join(words)}</p>]]>"
    feed = rss(f"<item>{link}<description>{text}</description></item>")
    title = only(parse(children, feed)).title
    assert title == f"{' '.join(words[:TITLE_WORDS])}…"
    feed = rss(f"<item>{link}<description>{'港' * 100}</description></item>")
    assert only(parse(children, feed)).title == f"{'港' * TITLE_CHARACTERS}…"
    feed = rss(f"<item>{link}<content:encoded>Short</content:encoded></item>")
    assert only(parse(children, feed)).title == "Short"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00+00:00"),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("Tue, 31 Mar 2026 12:00:00 GMT", "2026-03-31T12:00:00+00:00"),
        ("2028-01-01T00:00:00Z", None),
        ("Invalid Date", None),
        ("Sun, 01 Mar 26 09:30:00 GMT", "2026-03-01T09:30:00+00:00"),
        ("Sun, 01 Mar 2026 24:00:00 GMT", "2026-03-02T00:00:00+00:00"),
        ("Sun, 01 Mar 2026 09:30:00 -0000", "2026-03-01T09:30:00+00:00"),
        ("Sun, 01 Mar 2026 09:30:00 EST", "2026-03-01T14:30:00+00:00"),
        ("2026-03-01T09:30:00", "2026-03-01T00:30:00+00:00"),
        ("2026-03-01", "2026-02-28T15:00:00+00:00"),
        ("일 3월 2026", None),
        ("So, 01 Mär 2026 09:30:00 +0100", None),
        ("dim., 01 mars 2026 09:30:00 +0100", None),
        ("вс, 01 мар 2026 09:30:00 +0300", None),
        ("2026年3月1日", None),
        ("1772357400", None),
        ("x" * 500, None),
    ],
)
def test_a_date_is_kept_as_written_and_read_where_it_can_be(
    children: Children, written: str, moment: str | None
) -> None:
    """Fault 56."""
    feed = rss(item(1, f"<pubDate>{written}</pubDate>"))
    entry = only(parse(children, feed, zone_name="Asia/Tokyo"))
    assert entry.published_raw == written[:100]
    assert entry.published == (datetime.fromisoformat(moment) if moment else None)


@pytest.mark.parametrize(
    ("published", "updated", "changed"),
    [
        ("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z", "2026-02-02T00:00:00+00:00"),
        ("2026-02-01T00:00:00Z", "2026-02-01T01:00:00+01:00", None),
        ("2026-02-01T00:00:00Z", "never", None),
        ("", "2026-02-02T00:00:00Z", None),
    ],
)
def test_when_a_piece_was_changed_is_told_if_it_was(
    children: Children, published: str, updated: str, changed: str | None
) -> None:
    dates = f"<published>{published}</published>" * bool(published)
    entry = only(
        parse(
            children,
            '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title>'
            f'<link href="/1"/>{dates}<updated>{updated}</updated></entry></feed>',
        )
    )
    assert entry.updated == (datetime.fromisoformat(changed) if changed else None)
    piece = {"url": "/1", "title": "T", "date_modified": updated}
    piece |= {"date_published": published} if published else {}
    again = only(parse(children, json_feed(piece)))
    assert again.updated == entry.updated
    assert again.published == entry.published


PAYLOADS = [
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "vbscript:x",
    "//other.example/x",
    "relative",
    "http://[::1",
    "https://user:word@ledger.example/",
    "http:\\\\ledger.example\\x",
    "",
]
FIELDS = {
    "link": "<link>{}</link>",
    "guid": "<guid>{}</guid>",
    "enclosure": "<enclosure url='{}' type='image/png'/>",
    "comments": "<comments>{}</comments>",
    "image": "<media:thumbnail url='{}'/><media:content url='{}' medium='image'/>",
    "source": "<source url='{}'>Another</source>",
    "category": "<category domain='{}'>Japan</category>",
    "text": "<description>&lt;a href='{}'>x&lt;/a> y</description>",
}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_every_address_that_is_kept_is_absolute_http_or_https(
    children: Children, payload: str
) -> None:
    """Fault 57."""
    escaped = html.escape(payload)
    items = [
        f"<item><title>{name}</title>{markup.format(escaped, escaped)}{link}</item>"
        for name, markup in FIELDS.items()
        for link in ("", "<link>https://ledger.example/1</link>")
    ]
    feed = parse(children, rss(*items))
    assert len(feed.entries) >= len(FIELDS) - 1
    for entry in feed.entries:
        for address in filter(None, (entry.url, entry.canonical_url, entry.image_url)):
            assert address.startswith(("http://", "https://"))
            assert "word@" not in address
        assert "script:" not in entry.body
        assert entry.source == "The Ledger"


def test_a_feeds_own_addresses_are_http_or_none(children: Children) -> None:
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>'
        '<link href="{0}"/><link rel="self" href="{1}"/></feed>'
    )
    found = parse(children, feed.format("javascript:x", "file:///etc/passwd"))
    assert (found.site_url, found.self_url) == ("", "")
    found = parse(children, feed.format("/", "/feeds/atom"))
    assert found.site_url == "https://ledger.example/"
    assert found.self_url == "https://ledger.example/feeds/atom"


def test_links_in_a_text_stand_on_xml_base(children: Children) -> None:
    entry = (
        '<entry xml:base="https://other.example/d/"><title>T</title>'
        '<link href="https://ledger.example/1"/>'
        '<content type="html">&lt;a href="e">x&lt;/a></content></entry>'
    )
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>'
    assert 'href="https://other.example/d/e"' in only(parse(children, feed)).body
    text = "<![CDATA[<a href='/e'>x</a>]]>"
    feed = rss(item(1, f"<content:encoded>{text}</content:encoded>"))
    assert 'href="https://ledger.example/e"' in only(parse(children, feed)).body


SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>Words"


def test_no_field_of_a_feed_keeps_active_content(children: Children) -> None:
    """Fault 58."""
    text = html.escape(SCRIPT)
    names = ("title", "author", "dc:creator", "category", "guid", "description",
             "content:encoded", "language", "source", "dc:title")  # fmt: skip
    inside = "".join(f"<{name}>{text}</{name}>" for name in names)
    link = "<link>https://ledger.example/1</link>"
    feed = rss(f"<language>{text}</language><item>{inside}{link}</item>")
    entry = only(parse(children, feed.replace("<title>Ledger", f"<title>{text}")))
    assert "Words" in entry.title
    assert "alert" not in f"{entry.title}{entry.summary}{entry.author}"
    assert "onerror" not in entry.body
    assert "<script" not in entry.body
    assert entry.language == ""
    assert not any("<" in tag for tag in entry.tags)


@pytest.mark.parametrize(
    "dirt", ["\0", "\u202e", "\u200b", "\ufffe", "&#0;", "&#x202e;", "\x1b", "\x9d"]
)
def test_what_no_database_or_eye_takes_is_gone(children: Children, dirt: str) -> None:
    """Fault 60."""
    inside = f"<description>a{dirt}b</description><category>c{dirt}d</category>"
    entry = only(parse(children, rss(item(1, inside))))
    assert entry.summary.replace(" ", "") == "ab"
    assert [tag.replace(" ", "") for tag in entry.tags] == ["cd"]


def test_a_title_of_1_mb_is_cut_and_emoji_stay_whole(children: Children) -> None:
    """Fault 60."""
    long = f"<item><title>{'title ' * 170_000}</title><link>/1</link></item>"
    family = "👩‍👩‍👧 at home"
    feed = parse(
        children, rss(long, f"<item><title>{family}</title><link>/2</link></item>")
    )
    assert len(feed.entries[0].title) <= CHARACTERS["title"]
    assert feed.entries[0].title.endswith("…")
    assert feed.entries[1].title == family


def test_a_feed_speaks_for_nobody_but_its_own_source(children: Children) -> None:
    inside = '<source url="https://wire.example/feed">The Wire</source>'
    assert only(parse(children, rss(item(1, inside)))).source == "The Ledger"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ('{"version": "https://jsonfeed.org/version/1.1", "items": [NaN', "not JSON"),
        ("[" * 10_000, "nested too deep"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "nested too deep"),
        ("[]", "a feed is an object"),
        ("{}", "not JSON Feed"),
        ('{"version": "https://jsonfeed.org/version/1.1"}', "no list “items”"),
        ('{"version": 1.1, "items": 3}', "no list “items”"),
        ('{"version": "2", "items": []}', "not JSON Feed"),
        ('{"error": "log in"}', "not JSON Feed"),
    ],
)
def test_json_that_is_no_feed_is_none(
    children: Children, data: str, reason: str
) -> None:
    """Fault 61."""
    with pytest.raises(NotAFeed, match=reason):
        parse(children, data, content_type="application/feed+json")


def test_json_feed_items_of_wrong_types_are_refused_alone(children: Children) -> None:
    """Fault 61."""
    good = {"url": "https://ledger.example/1", "title": "Good"}
    wrong: list[object] = [
        None,
        3,
        "text",
        [],
        {},
        {"url": ["x"], "title": {}},
        {"url": 3.5e300, "title": True},
        {"url": "https://ledger.example/2", "title": [], "tags": {}, "authors": 7},
        {"url": "https://ledger.example/3", "title": "x", "date_published": {}},
    ]
    feed = parse(children, json_feed(good, *wrong))
    assert titles(feed)[0] == "Good"
    assert titles(feed)[-1] == "x"
    assert len(feed.entries) + len(feed.refused) == 10
    assert all(each.reason for each in feed.refused)


def test_of_keys_given_twice_the_last_one_counts_and_nan_is_no_number(
    children: Children,
) -> None:
    """Fault 61."""
    item = '{"url": "https://l.example/", "id": NaN, "title": "A", "title": "B"}'
    data = f'{{"version": "https://jsonfeed.org/version/1", "items": [{item}]}}'
    assert only(parse(children, data)).title == "B"


def test_numbers_of_a_million_digits_cost_no_time(children: Children) -> None:
    began = time.monotonic()
    parse(children, json_feed().replace("[]", f"[{'1' * 5_000_000}]"))
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "the answer is empty"),
        (" \n\t ", "the answer is empty"),
        ("\ufeff", "the answer is empty"),
        ("<!DOCTYPE html><title>Log in</title>", "a web page, not a feed"),
        ("<html><body><rss></body></html>", "a web page, not a feed"),
        ("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "a web"),
        ("<div>Not found</div>", "a web page, not a feed"),
        ("<opml><body/></opml>", "XML of another kind, <opml>, not a feed"),
        ("<urlset/>", "XML of another kind, <urlset>, not a feed"),
        ("Not Found", "no feed"),
        ("\x89PNG\r\n\x1a\n\0\0\0", "no feed"),
        ("%PDF-1.7", "no feed"),
        ("<", "no feed"),
        ("<" * 1_000_000, "no feed"),
        ("<!--" * 200_000, "no feed"),
    ],
)
def test_what_is_no_feed_says_so_whatever_its_label(
    children: Children, data: str, reason: str
) -> None:
    """Faults 35 and 36."""
    with pytest.raises(NotAFeed, match=reason) as refusal:
        parse(children, data, content_type="application/rss+xml")
    assert refusal.value.feeds == []


@pytest.mark.parametrize("label", ["text/html", "application/json", "", "x" * 9_000])
def test_a_feed_is_one_whatever_its_label(children: Children, label: str) -> None:
    assert titles(parse(children, rss(GOOD), content_type=label)) == ["Good"]
    feed = json_feed({"url": "https://ledger.example/1", "title": "Good"})
    assert titles(parse(children, feed, content_type=label)) == ["Good"]


@pytest.mark.parametrize(
    ("says", "minutes"),
    [
        ("<ttl>60</ttl>", 60),
        ("<ttl>soon</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>0</ttl>", None),
        (f"<ttl>{'9' * 50}</ttl>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", 60),
        (
            "<sy:updatePeriod> daily </sy:updatePeriod>"
            "<sy:updateFrequency>4</sy:updateFrequency>",
            360,
        ),
        (
            "<sy:updatePeriod>hourly</sy:updatePeriod>"
            "<sy:updateFrequency>0</sy:updateFrequency>",
            60,
        ),
        ("<sy:updatePeriod>now and then</sy:updatePeriod>", None),
        ("", None),
    ],
)
def test_how_long_a_feed_asks_to_be_left_alone(
    children: Children, says: str, minutes: int | None
) -> None:
    module = ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    feed = rss(says, GOOD).replace("<channel>", f"<channel{module}>")
    assert parse(children, feed).ttl_minutes == minutes
