"""Feeds that a web page names."""

import time

import pytest

from articles.ingest.discovery import MOST_FEEDS, feed_links

URL = "https://ledger.example/news/index.html"
RSS = 'rel="alternate" type="application/rss+xml"'


def found(page: str, url: str = URL) -> list[str]:
    return feed_links(page.encode(), url=url, content_type="text/html; charset=utf-8")


@pytest.mark.parametrize(
    "link",
    [
        f'<link {RSS} href="/feed">',
        "<LINK REL=ALTERNATE TYPE='Application/RSS+XML; charset=utf-8' HREF=/feed>",
        '<link rel="feed" href="/feed">',
        '<link rel="home ALTERNATE" type="application/atom+xml" href="../feed"/>',
        '<link rel="alternate" type="application/feed+json" href="/feed">',
        '<link rel="alternate" type="text/xml" href="feed://ledger.example/feed">',
        f'<link {RSS} href="feed:https://ledger.example/feed">',
        f'<link {RSS} href="//ledger.example/feed">',
        f'<link {RSS} href="\n /feed ">',
    ],
)
def test_a_link_to_a_feed_is_found_and_made_absolute(link: str) -> None:
    (address,) = found(f"<html><head>{link}</head><body>Text</body></html>")
    assert address.endswith("://ledger.example/feed")
    assert address.startswith("https://")


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="stylesheet" type="text/css" href="/feed">',
        '<link rel="alternate" type="text/html" hreflang="ja" href="/ja">',
        '<link rel="alternate" href="/feed">',
        f"<link {RSS}>",
        f'<link {RSS} href="javascript:alert(1)">',
        f'<link {RSS} href="data:text/xml,x">',
        f'<link {RSS} href="file:///etc/passwd">',
        f'<link {RSS} href="https://user:word@ledger.example/">',
        f'<link {RSS} href="http://[::1">',
        f'<link {RSS} href="{URL}">',
        f"<!-- <link {RSS} href='/feed'> -->",
        "<a href='/feeding-time'>x</a>",
    ],
)
def test_what_is_no_feed_or_no_address_is_passed_over(link: str) -> None:
    assert found(f"<html><head>{link}</head></html>") == []


def test_feeds_come_in_the_order_of_the_page_and_once() -> None:
    page = "".join(f"<link {RSS} href='/{name}'>" for name in "bab")
    assert found(page) == ["https://ledger.example/b", "https://ledger.example/a"]


def test_links_stand_on_the_first_base_of_the_page() -> None:
    page = f"<base href='/sub/'><base href='/other/'><link {RSS} href='feed'>"
    assert found(page) == ["https://ledger.example/sub/feed"]
    page = f"<base href='javascript:x'><link {RSS} href='feed'>"
    assert found(page) == ["https://ledger.example/news/feed"]


def test_links_that_look_like_feeds_are_found_where_none_is_named() -> None:
    page = (
        "<body><a href='/about'>About</a><a href='/rss.xml?all=1'>RSS</a>"
        "<a href='https://l.example/feed/'>Feed</a></body>"
    )
    assert found(page) == [
        "https://ledger.example/rss.xml?all=1",
        "https://l.example/feed/",
    ]
    assert found(f"<link {RSS} href='/named'>{page}") == [
        "https://ledger.example/named"
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "shift_jis", "cp500"])
def test_pages_of_any_charset_are_read(encoding: str) -> None:
    page = f"<?xml version='1.0' encoding='{encoding}'?><html><link {RSS} href='/f'>"
    assert feed_links(page.encode(encoding), url=URL) == ["https://ledger.example/f"]


@pytest.mark.parametrize("page", ["", "words", "\0\0", "<", "<a href=", "{}"])
def test_what_is_no_page_names_none(page: str) -> None:
    assert found(page) == []


def test_an_address_that_is_none_is_no_base() -> None:
    assert found(f"<link {RSS} href='/feed'>", url="") == []


@pytest.mark.parametrize(
    "page",
    [
        f"<link {RSS} href=/a>" * 100_000,
        "<html>" + "<div>" * 500_000,
        "<link " + " ".join(f"a{number}=1" for number in range(100_000)) + ">",
        "<a href='/feed'>" * 500_000,
        "<" * 5_000_000,
        "<!--" * 1_000_000,
    ],
)
def test_a_page_made_to_hurt_costs_no_time(page: str) -> None:
    began = time.process_time()
    assert len(found(page)) <= 1
    assert time.process_time() - began < 2


def test_no_more_feeds_are_told_of_than_anybody_reads() -> None:
    page = "".join(f"<link {RSS} href='/{number}'>" for number in range(500))
    assert len(found(page)) == MOST_FEEDS
