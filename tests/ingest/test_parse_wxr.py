"""WXR: the published posts of a WordPress export, read as a stream."""

import io
from typing import Any

import pytest

from articles.ingest import parse
from articles.ingest.entries import Record, Refused, Unreadable

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>Harbour &amp;amp; Coast</title>
<link>https://coast.example</link>
<language>en-US</language>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_login>desk</wp:author_login>
<wp:author_display_name><![CDATA[News Desk]]></wp:author_display_name></wp:author>
"""
TAIL = "</channel></rss>\n"
PUBLISHED = "<wp:post_type>post</wp:post_type><wp:status>publish</wp:status>"


def read(text: str | bytes, **about: str) -> list[Record | Refused]:
    data = text.encode() if isinstance(text, str) else text
    return list(parse.read(io.BytesIO(data), "wxr", **about))


def post(inside: str, state: str = PUBLISHED) -> str:
    return f"<item><link>https://coast.example/1/</link>{inside}{state}</item>\n"


def one(inside: str) -> dict[str, Any]:
    (record,) = read(HEAD + post(inside) + TAIL)
    assert isinstance(record, Record)
    return record.data


def test_a_published_post_becomes_a_record() -> None:
    (record,) = read(
        HEAD
        + post("""<title><![CDATA[Ministers &amp; envoys]]></title>
        <pubDate>Sun, 01 Mar 2026 00:30:00 +0000</pubDate>
        <dc:creator><![CDATA[desk]]></dc:creator>
        <guid isPermaLink="false">https://coast.example/?p=1</guid>
        <content:encoded><![CDATA[<!-- wp:paragraph --><p>Text</p>]]></content:encoded>
        <excerpt:encoded><![CDATA[Short]]></excerpt:encoded>
        <wp:post_date>2026-03-01 09:30:00</wp:post_date>
        <wp:post_date_gmt>2026-03-01 00:30:00</wp:post_date_gmt>
        <category domain="category" nicename="p"><![CDATA[Politics]]></category>
        <category domain="post_tag" nicename="j"><![CDATA[R&amp;D]]></category>
        <category domain="post_tag" nicename="t"><![CDATA[Trade]]></category>
        <category domain="post_format" nicename="l"><![CDATA[Link]]></category>""")
        + TAIL
    )
    assert record.line == 13
    assert record.data == {
        "url": "https://coast.example/1/",
        "title": "Ministers & envoys",
        "source": "Harbour & Coast",
        "published": "2026-03-01 00:30:00Z",
        "category": "Politics",
        "summary": "Short",
        "body": "<!-- wp:paragraph --><p>Text</p>",
        "author": "News Desk",
        "language": "en-US",
        "external_id": "https://coast.example/?p=1",
        "tags": ["Politics", "R&D", "Trade"],
    }


@pytest.mark.parametrize(
    "state",
    [
        "",
        "<wp:post_type>post</wp:post_type>",
        "<wp:post_type>post</wp:post_type><wp:status>draft</wp:status>",
        "<wp:post_type>post</wp:post_type><wp:status>private</wp:status>",
        "<wp:post_type>post</wp:post_type><wp:status>future</wp:status>",
        "<wp:post_type>page</wp:post_type><wp:status>publish</wp:status>",
        "<wp:post_type>attachment</wp:post_type><wp:status>inherit</wp:status>",
        f"{PUBLISHED}<wp:post_password>secret</wp:post_password>",
    ],
)
def test_everything_else_is_passed_over(state: str) -> None:
    found = read(HEAD + post("", state) + post("<title>T</title>") + TAIL)
    assert [each.data and each.data.get("title") for each in found] == ["T"]


def test_an_empty_password_is_none() -> None:
    state = f"{PUBLISHED}<wp:post_password></wp:post_password>"
    assert len(read(HEAD + post("", state) + TAIL)) == 1


def test_paragraphs_of_the_classic_editor_are_marked() -> None:
    body = "One\nline <b>x</b>\n\n<ul><li>a</li></ul>\r\n\r\nTwo"
    fields = one(f"<content:encoded><![CDATA[{body}]]></content:encoded>")
    assert fields["body"] == (
        "<p>One\nline <b>x</b></p>\n<ul><li>a</li></ul>\n<p>Two</p>"
    )


def test_the_date_falls_back_to_the_published_one() -> None:
    fields = one(
        "<wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt>"
        "<pubDate>Sun, 01 Mar 2026 00:30:00 +0000</pubDate>"
    )
    assert fields["published"] == "Sun, 01 Mar 2026 00:30:00 +0000"


def test_the_category_that_means_none_is_none() -> None:
    fields = one('<category domain="category">Uncategorized</category>')
    assert "category" not in fields
    assert "tags" not in fields


def test_a_given_source_wins_over_the_sites_title() -> None:
    (record,) = read(HEAD + post("") + TAIL, source="Given")
    assert record.data is not None
    assert record.data["source"] == "Given"


def test_an_unknown_login_is_the_byline() -> None:
    assert one("<dc:creator>harbour</dc:creator>")["author"] == "harbour"


def test_a_post_without_a_link_is_refused() -> None:
    (refused,) = read(f"{HEAD}<item><title>T</title>{PUBLISHED}</item>{TAIL}")
    assert isinstance(refused, Refused)
    assert (refused.line, refused.reason) == (13, "the item has no link")


def test_control_characters_do_not_break_the_file() -> None:
    assert one("<title>One\x03 two\x00</title>")["title"] == "One two"


def test_a_file_that_is_cut_off_is_told_after_its_whole_posts() -> None:
    text = HEAD + post("<title>T</title>") * 3
    found: list[Record | Refused] = []
    with pytest.raises(Unreadable, match="the file is cut off at line 15") as stop:
        found.extend(parse.read(io.BytesIO(text[:-30].encode()), "wxr"))
    assert len(found) == 2
    assert stop.value.line == 15


def test_broken_xml_is_told_with_its_line_after_what_came_before() -> None:
    text = HEAD + post("") + post("<title>a & b</title>") + TAIL
    found: list[Record | Refused] = []
    with pytest.raises(Unreadable, match="the XML is broken at line 14") as stop:
        found.extend(parse.read(io.BytesIO(text.encode()), "wxr"))
    assert len(found) == 1
    assert stop.value.line == 14


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        (" ", "the file is cut off"),
        ("url,title", "the XML is broken"),
        ("<rss><channel><title>T</title></channel></rss>", "no WordPress export"),
        ("<feed><entry/></feed>", "no WordPress export"),
    ],
)
def test_what_is_no_export_is_unreadable(text: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(text)


def test_utf_16_is_named() -> None:
    with pytest.raises(Unreadable, match="UTF-16"):
        read((HEAD + TAIL).encode("utf-16"))


def test_declared_entities_are_refused() -> None:
    doctype = '?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(Unreadable, match="declares XML entities"):
        read((HEAD + post("<title>&a;</title>") + TAIL).replace("?>", doctype, 1))


def test_a_post_without_an_end_is_not_held_for_ever() -> None:
    flood = Flood(f"<wp:comment>{'x' * 1_000}</wp:comment>" * 100, HEAD + "<item>")
    with pytest.raises(Unreadable, match="one post is longer than 16 MB"):
        list(parse.read(flood, "wxr"))  # type: ignore[arg-type]
    assert flood.taken < 17 * 2**20


def test_a_long_export_is_read_by_small_blocks() -> None:
    text = post(f"<title>T</title><content:encoded>{'x' * 500}</content:encoded>")
    source = Flood(text, HEAD)
    for count, _ in zip(
        range(1, 5_001),
        parse.read(source, "wxr"),  # type: ignore[arg-type]
        strict=False,
    ):
        assert source.taken - count * len(text) <= 256 * 1024


class Flood(io.RawIOBase):
    """A text that never ends, counting the bytes that were taken."""

    def __init__(self, text: str, head: str) -> None:
        self._rest, self._text = head.encode(), text.encode()
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or self._text
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        self.taken += len(part)
        return len(part)
