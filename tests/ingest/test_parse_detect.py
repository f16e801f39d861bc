"""What a file is taken for, by its name and its beginning."""

import io

import pytest

from articles.ingest import parse
from articles.ingest.entries import Record, Unreadable

WXR = b"""<?xml version="1.0" encoding="UTF-8" ?>
<!-- An export. <feed> -->
<?xml-stylesheet href="x.xsl"?>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/">"""


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("a.ndjson", b"", "ndjson"),
        ("a.jsonl", b"[", "ndjson"),
        ("A.CSV", b"", "csv"),
        ("a.tsv", b"", "csv"),
        ("a.rss", b"", "rss"),
        ("a.rdf", b"", "rss"),
        ("a.atom", b"", "atom"),
        ("a.wxr", b"", "wxr"),
        ("/some/where/a.b.json", b"[]", "json"),
        ("a.json", b" \n [{", "json"),
        ("a.json", b"\xef\xbb\xbf[{", "json"),
        ("a.json", b'{"url": "u"}\n{"url": "v"}\n', "ndjson"),
        ("a.json", b'{"url": "u"}', "ndjson"),
        ("a.json", b'{"url": "' + b"x" * 70_000, "ndjson"),
        ("a.json", b'{"url": "u", "title": oops}\n{"url": "v"}\n', "ndjson"),
        ("a.json", b'{\n  "url": "u"\n}\n', "json"),
        ("a.json", b'{"url": "u",\n "title": "T"}\n', "json"),
        ("a.json", b'{"version": "https://jsonfeed.org/version/1", "i', "jsonfeed"),
        (
            "a.json",
            b'{\n "title": "T",\n "version" : "https:\\/\\/jsonfeed.org\\/version',
            "jsonfeed",
        ),
        (
            "a.json",
            b'{"body": "\\"version\\": \\"https://jsonfeed.org/version/1\\""}\n',
            "ndjson",
        ),
        ("a.xml", b"<rss version='2.0'>", "rss"),
        (
            "a.xml",
            b"\n<?xml version='1.0'?>\n<!DOCTYPE rss [<!-- > -->]>\n<rss>",
            "rss",
        ),
        ("a.xml", b"<rdf:RDF xmlns:rdf='x'>", "rss"),
        ("a.xml", b"<channel>", "rss"),
        ("a.xml", b"<feed xmlns='http://www.w3.org/2005/Atom'>", "atom"),
        ("a.xml", b"<atom:feed xmlns:atom='http://www.w3.org/2005/Atom'>", "atom"),
        ("a.xml", WXR, "wxr"),
        ("a.xml", "<rss version='2.0'>".encode("utf-16"), "rss"),
        ("a.xml", "<feed>".encode("utf-16-be"), "atom"),
        ("a.xml", "<feed>".encode("utf-32"), "atom"),
        ("-", b"[", "json"),
        ("-", b'{"url": "u"}\n', "ndjson"),
        ("-", WXR, "wxr"),
        ("-", b"title;URL;tags\n", "csv"),
        ("-", b"url\n", "csv"),
        ("archive.2026", b"\xef\xbb\xbfurl,title\r\nhttp://a/,A\r\n", "csv"),
    ],
)
def test_the_format_is_told(name: str, head: bytes, expected: str) -> None:
    assert expected in parse.FORMATS
    assert parse.detect(name, head) == expected


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("-", b"just some words\n"),
        ("a.txt", b"title,link\n"),
        ("a.xml", b"<opml version='2.0'>"),
        ("a.xml", b"<?xml version='1.0'?>\n<!-- nothing"),
        ("a.xml", b"nothing of the kind"),
        ("-", b"\x89PNG\r\n\x1a\n"),
    ],
)
def test_what_is_not_clear_asks_for_the_format_by_its_option(
    name: str, head: bytes
) -> None:
    with pytest.raises(Unreadable, match="name it with --input-format, one of ndjson"):
        parse.detect(name, head)


@pytest.mark.parametrize(
    ("name", "head", "reason"),
    [
        ("a.json", b"", "the file is empty"),
        ("a.ndjson", b"\x1f\x8b\x08", "compressed; unpack it first"),
        ("a.zip", b"PK\x03\x04", "unpack the archive first"),
        ("a.xlsx", b"PK\x03\x04", "save a workbook's sheet as CSV UTF-8"),
        ("a.xml", b"<!DOCTYPE html>\n<html lang='en'>", "this is a web page"),
        ("a.html", b"<!doctype html><html>", "this is a web page"),
        ("a.json", '{"url": "u"}'.encode("utf-16"), "this file is UTF-16"),
        ("a.json", '[{"url"'.encode("utf-16-le"), "this file is UTF-16"),
    ],
)
def test_what_cannot_be_read_is_told_why(name: str, head: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        parse.detect(name, head)


def test_reading_detects_by_itself() -> None:
    (record,) = parse.read(io.BytesIO(b"url,title\nhttp://a/,A\n"))
    assert isinstance(record, Record)


def test_a_name_wins_over_the_content() -> None:
    (refused,) = parse.read(io.BytesIO(b"url,title\n"), name="a.ndjson")
    assert not isinstance(refused, Record)


def test_a_format_that_is_none_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="docx is none of ndjson"):
        parse.read(io.BytesIO(), "docx")


def test_a_head_that_was_looked_at_is_read_again() -> None:
    data = bytes(range(256)) * 1024
    head, stream = parse.peeked(io.BytesIO(data))
    assert head == data[: len(head)]
    assert stream.read() == data
