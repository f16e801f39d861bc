"""Feeds: items as records, with lenience for what nobody here can mend."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest

from articles.ingest import parse
from articles.ingest.entries import LIMITS, Record, Refused, Unreadable
from articles.ingest.parse.streams import MAX_FEED
from articles.ingest.parse.syndication import byline

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel>
<title>Pacific &amp;amp; Ledger</title>
<link>https://ledger.example/news/</link>
<language>en_gb</language>
{items}
</channel></rss>"""
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="pt-BR">
<title type="html">Harbour &amp;amp; Coast</title>
<link href="https://coast.example/"/>
{items}
</feed>"""


def read(data: str | bytes, form: str = "rss", **about: str) -> list[Record | Refused]:
    data = data.encode() if isinstance(data, str) else data
    return list(parse.read(io.BytesIO(data), form, **about))


def rss(item: str, **about: str) -> dict[str, Any]:
    """The fields of the one item of an RSS feed, its link given."""
    return one(
        RSS.format(items=f"<item><link>https://ledger.example/1</link>{item}</item>"),
        **about,
    )


def atom(entry: str, **about: str) -> dict[str, Any]:
    link = '<link href="https://coast.example/1"/>'
    return one(ATOM.format(items=f"<entry>{link}{entry}</entry>"), "atom", **about)


def json_feed(item: dict[str, Any], **feed: Any) -> dict[str, Any]:
    url = {"url": "https://wire.example/1"}
    return one(
        json.dumps(
            {"version": "https://jsonfeed.org/version/1.1", "title": "Wire"}
            | feed
            | {"items": [url | item]}
        ),
        "jsonfeed",
    )


def one(data: str, form: str = "rss", **about: str) -> dict[str, Any]:
    (record,) = read(data, form, **about)
    assert isinstance(record, Record)
    return record.data


def test_an_rss_item_becomes_a_record() -> None:
    assert rss("""
        <title>Ministers &lt;i&gt;meet&lt;/i&gt; &amp;amp; talk</title>
        <guid isPermaLink="false"> tag:1 </guid>
        <pubDate>Sun, 01 Mar 2026 09:30:00 +0900</pubDate>
        <category>Politics</category>
        <dc:creator>The Foreign Desk</dc:creator>
        <description>&lt;p&gt;They met.&lt;/p&gt;</description>
        <content:encoded><![CDATA[<p>They met <b>again</b>.</p>]]></content:encoded>
        <media:thumbnail url="/thumb.jpg"/>
    """) == {
        "url": "https://ledger.example/1",
        "title": "Ministers meet & talk",
        "source": "Pacific & Ledger",
        "published": "Sun, 01 Mar 2026 09:30:00 +0900",
        "category": "Politics",
        "summary": "<p>They met.</p>",
        "body": "<p>They met <b>again</b>.</p>",
        "author": "The Foreign Desk",
        "language": "en-gb",
        "external_id": "tag:1",
        "image_url": "https://ledger.example/thumb.jpg",
        "tags": ["Politics"],
    }


def test_an_atom_entry_becomes_a_record() -> None:
    assert atom("""
        <title type="text">a &lt;b&gt; c</title>
        <id>urn:1</id>
        <published>2026-03-01T09:30:00+09:00</published>
        <updated>2026-03-02T09:30:00+09:00</updated>
        <author><name>News Desk</name><email>desk@coast.example</email></author>
        <author><name>Harbour Desk</name></author>
        <category term="jp" label="Japan"/><category term="Trade"/>
        <summary>1 &lt; 2</summary>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Text</p>
        </div></content>
        <link rel="enclosure" type="image/png" href="/big.png"/>
    """) == {
        "url": "https://coast.example/1",
        "title": "a <b> c",
        "source": "Harbour & Coast",
        "published": "2026-03-01T09:30:00+09:00",
        "updated": "2026-03-02T09:30:00+09:00",
        "summary": "<p>1 &lt; 2</p>",
        "body": "<p>Text</p>",
        "author": "News Desk, Harbour Desk",
        "language": "pt-BR",
        "external_id": "urn:1",
        "image_url": "https://coast.example/big.png",
        "tags": ["Japan", "Trade"],
    }


def test_a_json_feed_item_becomes_a_record() -> None:
    item = {
        "id": 7,
        "title": "Ministers &amp; envoys",
        "content_text": "One <b>\n\nTwo",
        "summary": "1 < 2",
        "date_published": "2026-03-01T09:30:00+09:00",
        "authors": [{"name": "News Desk"}, {"name": "Harbour Desk"}],
        "tags": ["Japan"],
        "image": "/a.jpg",
    }
    assert json_feed(item, language="ja", home_page_url="https://wire.example/") == {
        "url": "https://wire.example/1",
        "title": "Ministers & envoys",
        "source": "Wire",
        "published": "2026-03-01T09:30:00+09:00",
        "category": "Japan",
        "summary": "1 &lt; 2",
        "body": "<p>One &lt;b&gt;</p><p>Two</p>",
        "author": "News Desk, Harbour Desk",
        "language": "ja",
        "external_id": "7",
        "image_url": "https://wire.example/a.jpg",
        "tags": ["Japan"],
    }


def test_json_feed_1_0_has_one_author_and_may_link_elsewhere() -> None:
    fields = json_feed(
        {"url": None, "external_url": "https://o.example/", "content_html": "<p>x</p>"},
        author={"name": "News Desk"},
    )
    assert fields["author"] == "News Desk"
    assert fields["url"] == "https://o.example/"
    assert fields["body"] == "<p>x</p>"


def test_json_feed_values_of_other_types_are_absent() -> None:
    wrong = {"title": ["x"], "tags": "x", "authors": "x", "image": 1, "summary": {}}
    assert json_feed(wrong).keys() == {"url", "source"}


def test_items_carry_the_lines_where_they_begin() -> None:
    item = "<item>\n<link>https://ledger.example/1</link></item>"
    assert [each.line for each in read(RSS.format(items=f"{item}\n\n{item}"))] == [
        8,
        11,
    ]


def test_items_carry_their_numbers_where_lines_are_not_clear() -> None:
    item = "<item><link>https://ledger.example/1</link></item>"
    another = '<x:item xmlns:x="https://x.example/ns">of something else</x:item>'
    found = read(RSS.format(items=item + another + item))
    assert [each.line for each in found] == [1, 2]


@pytest.mark.parametrize(
    "link", ["", "<link/>", "<link>  </link>", '<guid isPermaLink="false">1</guid>']
)
def test_an_item_without_a_link_is_refused_with_its_data(link: str) -> None:
    (refused,) = read(RSS.format(items=f"<item><title>One</title>{link}</item>"))
    assert isinstance(refused, Refused)
    assert refused.reason == "the item has no link"
    assert refused.data is not None
    assert refused.data["title"] == "One"
    assert '"title": "One"' in refused.raw


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "mailto:a@b.c"],
)
def test_a_link_that_is_not_http_counts_as_none(link: str) -> None:
    image = f'<media:content url="{link}" medium="image"/>'
    item = f"<item><link>{link}</link>{image}</item>"
    (refused,) = read(RSS.format(items=item))
    assert isinstance(refused, Refused)
    assert link.partition(":")[0] in refused.reason
    assert "is no http or https address" in refused.reason
    assert "image_url" not in rss(image)


def test_a_permanent_guid_is_a_link() -> None:
    assert one(RSS.format(items="<item><guid>https://ledger.example/9</guid></item>"))[
        "url"
    ] == ("https://ledger.example/9")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/a?x=1&amp;y=2", "https://ledger.example/a?x=1&y=2"),
        ("b", "https://ledger.example/news/b"),
        ("//other.example/c", "https://other.example/c"),
    ],
)
def test_relative_links_stand_on_the_feeds_own(link: str, url: str) -> None:
    assert one(RSS.format(items=f"<item><link>{link}</link></item>"))["url"] == url


def test_relative_links_stand_on_the_feeds_address_where_it_is_known() -> None:
    items = "<item><link>b</link></item>"
    fields = one(RSS.format(items=items), base="https://feeds.example/x/feed.rss")
    assert fields["url"] == "https://feeds.example/x/b"


def test_atom_links_stand_on_xml_base() -> None:
    entry = '<entry xml:base="https://o.example/d/"><link href="e"/></entry>'
    assert one(ATOM.format(items=entry), "atom")["url"] == "https://o.example/d/e"


def test_only_a_sole_category_is_the_category() -> None:
    assert rss("<category>R&amp;D</category>")["category"] == "R&D"
    fields = rss("<category>One</category><category>Two</category>")
    assert "category" not in fields
    assert fields["tags"] == ["One", "Two"]


def test_tags_that_are_none_are_left_out_and_the_rest_is_bounded() -> None:
    names = ["---", "x" * 101, *(f"tag {number}" for number in range(80))]
    fields = rss("".join(f"<category>{name}</category>" for name in names))
    assert fields["tags"] == [f"tag {number}" for number in range(50)]


def test_an_items_own_source_wins_over_the_given_and_that_over_the_feeds() -> None:
    assert rss("", source="Given")["source"] == "Given"
    own = '<source url="https://o.example/feed">Own</source>'
    assert rss(own, source="Given")["source"] == "Own"


def test_long_fields_are_cut_and_a_long_id_left_out() -> None:
    fields = rss(
        f"<title>{'t' * 600}</title><dc:creator>{'a' * 300}</dc:creator>"
        f"<guid isPermaLink='false'>{'g' * 501}</guid>"
    )
    assert fields["title"] == "t" * (LIMITS["title"] - 1) + "…"
    assert len(fields["author"]) == LIMITS["author"]
    assert "external_id" not in fields


def test_a_summary_as_long_as_a_text_is_the_text() -> None:
    fields = rss(f"<description>{'word ' * 5_000}</description>")
    assert "summary" not in fields
    assert len(fields["body"]) > LIMITS["summary"]


def test_a_pictures_description_is_not_the_text() -> None:
    fields = rss(
        "<description>The story</description>"
        "<media:content url='/a.jpg' type='image/jpeg'>"
        "<media:description>A harbour</media:description></media:content>"
    )
    assert fields["summary"] == "The story"
    assert "body" not in fields
    assert fields["image_url"] == "https://ledger.example/a.jpg"


@pytest.mark.parametrize(
    ("images", "url"),
    [
        (
            "<media:content url='/s.jpg' medium='image' width='100'/>"
            "<media:content url='/l.jpg' medium='image' width='900'/>",
            "/l.jpg",
        ),
        (
            "<media:content url='/huge.jpg' type='image/jpeg' width='9000'/>"
            "<media:content url='/m.jpg' type='image/jpeg' width='800'/>",
            "/m.jpg",
        ),
        (
            "<media:content url='/v.mp4' medium='video'/>"
            "<media:thumbnail url='/t.jpg'/>",
            "/t.jpg",
        ),
        ("<media:content url='/n.jpg' width='many'/>", "/n.jpg"),
        ("<enclosure url='/e.png' type='image/png' length='1'/>", "/e.png"),
        ("<enclosure url='/e.mp3' type='audio/mpeg' length='1'/>", None),
        ("<media:thumbnail url='javascript:x'/><enclosure url='/e.webp'/>", "/e.webp"),
    ],
)
def test_the_best_image_is_taken(images: str, url: str | None) -> None:
    expected = f"https://ledger.example{url}" if url else None
    assert rss(images).get("image_url") == expected


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("<pubDate>2026-03-01</pubDate>", "2026-03-01"),
        (
            "<pubDate>Sun, 01 Mar 2026 09:30:00 CET</pubDate>",
            "2026-03-01T09:30:00+00:00",
        ),
        ("<pubDate>Invalid Date</pubDate>", None),
        ("<pubDate>Thu, 01 Jan 0001 00:00:00 GMT</pubDate>", None),
        ("<pubDate>Fri, 31 Dec 9999 23:59:59 GMT</pubDate>", None),
        ("<pubDate/>", None),
        ("<dc:date>2026-03-01T09:30:00Z</dc:date>", "2026-03-01T09:30:00Z"),
    ],
)
def test_a_date_that_cannot_be_is_left_out(date: str, published: str | None) -> None:
    assert rss(date).get("published") == published


@pytest.mark.parametrize(
    ("language", "expected"), [("ja", "ja"), ("zh_Hant", "zh-Hant"), ("English!", None)]
)
def test_a_language_that_is_none_is_left_out(language: str, expected: str) -> None:
    feed = RSS.replace("en_gb", language)
    item = "<item><link>https://ledger.example/1</link></item>"
    assert one(feed.format(items=item)).get("language") == expected


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("News Desk", "News Desk"),
        ("desk@ledger.example (News Desk)", "News Desk"),
        ('"News Desk" <desk@ledger.example>', "News Desk"),
        ("News Desk (desk@ledger.example)", "News Desk"),
        ("desk@ledger.example", ""),
        ("  ", ""),
    ],
)
def test_a_byline_is_a_name_and_never_an_address(author: str, name: str) -> None:
    assert byline(author) == name
    escaped = author.replace("<", "&lt;")
    assert rss(f"<author>{escaped}</author>").get("author", "") == name


def test_a_huge_author_costs_no_time() -> None:
    began = time.process_time()
    rss(f"<author>{'a' * 1_000_000}</author>")
    assert time.process_time() - began < 1


def test_a_huge_prolog_costs_no_time() -> None:
    began = time.process_time()
    read("\n" * 200_000 + RSS.format(items=""))
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "dirt", ["\x00", "\x08", "&#0;", "&#x8;", "&#xD800;", "&#55296;", "&#1114112;",
             "&#x110000000000;", "\u202e", "\u200b"]
)  # fmt: skip
def test_what_is_no_character_is_left_out_of_its_item_alone(dirt: str) -> None:
    fields = rss(f"<title>One{dirt}two</title><description>a{dirt}b</description>")
    assert fields["title"] == "Onetwo"
    json.dumps(fields, ensure_ascii=False).encode()
    assert "\0" not in fields["summary"]


@pytest.mark.parametrize("escape", ["\\ud800", "\\u0000"])
def test_what_is_no_character_is_left_out_of_a_json_feed_too(escape: str) -> None:
    feed = f'{{"items": [{{"url": "http://a.example/", "title": "a{escape}b"}}]}}'
    assert one(feed, "jsonfeed")["title"] == "ab"


def test_whole_items_of_an_ill_formed_feed_are_read() -> None:
    items = """<item><title>A & B &nbsp; &unknown;</title><link>/1?a=1&b=2</link>
    <guid isPermaLink="false">x?a=1&amp;b=2</guid></item>
    <item><title>C</title><link>/2</link><description><b></description></item>"""
    found = read("junk before\n" + RSS.format(items=items))
    assert [each.data and each.data["url"] for each in found] == [
        "https://ledger.example/1?a=1&b=2",
        "https://ledger.example/2",
    ]
    assert found[0].data is not None
    assert found[0].data["external_id"] == "x?a=1&b=2"


def test_an_item_that_the_end_of_the_feed_cuts_off_is_refused() -> None:
    item = "<item><link>https://ledger.example/{}</link><title>T</title></item>\n"
    whole = RSS.format(items=item.format(1) + item.format(2))
    found = read(whole[: whole.index("ledger.example/2") + 30])
    assert isinstance(found[0], Record)
    assert isinstance(found[1], Refused)
    assert found[1].reason == "the feed is cut off inside this item"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_declared_entities_are_refused_unread(encoding: str) -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    feed = RSS.format(items="<item><title>&b;</title></item>")
    data = feed.replace("?>", f"?>{bomb}").replace("UTF-8", encoding).encode(encoding)
    with pytest.raises(Unreadable, match="declares XML entities"):
        read(data)


def test_an_external_dtd_is_neither_opened_nor_missed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.dtd"
    secret.write_text("<!ELEMENT rss ANY>")
    doctype = f'<!DOCTYPE rss SYSTEM "{secret.as_uri()}">'
    item = "<item><link>https://ledger.example/1</link></item>"
    feed = RSS.format(items=item).replace("?>", f"?>{doctype}")
    assert one(feed)["url"] == "https://ledger.example/1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "shift_jis", "iso2022_jp"])
def test_encodings_are_followed(encoding: str) -> None:
    feed = RSS.replace("UTF-8", encoding).format(
        items="<item><link>https://ledger.example/1</link><title>日本</title></item>"
    )
    (record,) = read(feed.encode(encoding))
    assert record.data is not None
    assert record.data["title"] == "日本"


def test_a_feed_of_more_than_20_mb_is_unreadable_and_says_what_to_do() -> None:
    data = RSS.encode() + b" " * MAX_FEED
    for form in ("rss", "atom", "jsonfeed"):
        with pytest.raises(Unreadable, match="more than 20 MB.*NDJSON"):
            read(data, form)


@pytest.mark.parametrize(
    ("data", "form", "reason"),
    [
        ("hello", "rss", "no RSS or Atom feed: .* --input-format"),
        ("", "atom", "no RSS or Atom feed"),
        ("<html><body>Log in</body></html>", "rss", "no RSS or Atom feed"),
        ("[]", "jsonfeed", "a feed is an object"),
        ("{}", "jsonfeed", "it has no list “items”"),
        ('{"items": {}}', "jsonfeed", "it has no list “items”"),
        ('{\n"items": [}', "jsonfeed", "not JSON at line 2, column 11: a value"),
        ("[" * 100_000, "jsonfeed", "nested too deep"),
    ],
)
def test_what_is_no_feed_is_unreadable(data: str, form: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(data, form)


def test_a_json_feed_that_is_not_utf_8_is_unreadable_with_its_line() -> None:
    with pytest.raises(Unreadable, match="byte 0xe9 on line 2") as stop:
        read(b'{\n"title": "caf\xe9"}', "jsonfeed")
    assert stop.value.line == 2


def test_json_feed_items_of_another_kind_are_refused_alone() -> None:
    deep = "[" * 400 + "]" * 400
    feed = f'{{"items": [3, {deep}, {{"url": "http://a.example/", "id": 1e999}}]}}'
    found = read(feed, "jsonfeed")
    assert [type(each) for each in found] == [Refused, Refused, Record]
    assert [each.line for each in found] == [1, 2, 3]


def test_an_empty_feed_has_no_records() -> None:
    assert read(RSS.format(items="")) == []
    assert read(ATOM.format(items=""), "atom") == []
    assert read('{"items": []}', "jsonfeed") == []


def sample(folder: Path, pattern: str, size: int) -> list[Path]:
    files = sorted(path for path in folder.rglob(pattern) if path.is_file())
    return files[:: max(1, len(files) // size)]


def test_no_feed_of_the_corpora_crashes_the_reader(shared: Path) -> None:
    files = [
        *sample(shared / "feeds/feedparser/tests", "*.xml", 120),
        *sample(shared / "feeds/feedparser/tests/illformed", "*.xml", 20),
        *sample(shared / "feeds/gofeed/testdata", "*.xml", 40),
    ]
    found = 0
    for path in files:
        try:
            items = list(parse.read(io.BytesIO(path.read_bytes()), name=path.name))
        except Unreadable as error:
            assert str(error)
            continue
        found += len(items)
        for item in items:
            json.dumps(item.data, ensure_ascii=False).encode()
            assert item.line >= 1
    assert len(files) > 150
    assert found > 100


def test_no_prefix_of_a_feed_crashes_the_reader(shared: Path) -> None:
    (path,) = (shared / "feeds/gofeed").rglob("universal/atom10_feed.xml")
    data = path.read_bytes()
    for end in range(0, len(data), max(1, len(data) // 40)):
        try:
            read(data[:end], "atom")
        except Unreadable as error:
            assert "no RSS or Atom feed" in str(error)
