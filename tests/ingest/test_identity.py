"""Addresses: which are refused, and which are one piece."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.ingest.identity import MOST_CHARACTERS, canonical_url, http_url

#: Cases of another canonicaliser from which ours departs.
OTHER_CHOICES = {
    "http://www.example.com/do?c=1;b=2;a=3": "a semicolon parts nothing",
    "http://www.example.com/do?c=3&b=5&b=2&a=50": "repeated values keep their order",
    "http://www.example.com/do?b=&a=2": "blank values stay",
    "http://www.example.com/do?b=&c&a=2": "blank values stay",
    "http://www.example.com/do?1750,4": "a comma is not percent-encoded",
    "https://example.com/a%23b%2cc#bash": "an encoded comma is not decoded",
    "http://www.example.com/résumé?q=résumé": "text is always UTF-8",
    "http://www.example.com/résumé?country=Россия": "text is always UTF-8",
}
#: What browsers repair and we refuse.
NOT_REPAIRED = (
    "user name or password",
    "backslash",
    "control character",
    "starts with http:// or https://",
    "four decimal numbers",
    "no host name",
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" https://example.org/a ", "https://example.org/a"),
        ("HTTP://Example.ORG", "http://example.org/"),
        ("http://example.org:80/", "http://example.org/"),
        ("https://example.org:8443/", "https://example.org:8443/"),
        ("https://example.org:/?q", "https://example.org/?q"),
        ("https://example.org/a#top", "https://example.org/a#top"),
        ("https://example.org/日本 語", "https://example.org/%E6%97%A5%E6%9C%AC%20%E8%AA%9E"),
        ('https://example.org/<>"`{}|?<>"`{}|', "https://example.org/%3C%3E%22%60%7B%7D%7C?%3C%3E%22%60%7B%7D%7C"),
        ("https://example.org/it's?it's", "https://example.org/it's?it%27s"),
        ("https://example.org/50%/%e2%80%a6", "https://example.org/50%/%e2%80%a6"),
        ("https://例え.jp/", "https://xn--r8jz45g.jp/"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://xn--strae-oqa.example/", "https://xn--strae-oqa.example/"),
        ("http://[2001:0DB8::0001]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://192.0.2.7/", "http://192.0.2.7/"),
        ("http://under_score.example./", "http://under_score.example./"),
    ],
)  # fmt: skip
def test_an_address_comes_out_in_ascii(value: str, expected: str) -> None:
    assert http_url(value) == expected
    assert http_url(expected) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("example.org/a", "starts with http:// or https://"),
        ("/a", "starts with http:// or https://"),
        ("//example.org/a", "starts with http:// or https://"),
        ("javascript:alert(1)", "starts with http:// or https://"),
        ("data:text/html,x", "starts with http:// or https://"),
        ("file:///etc/passwd", "starts with http:// or https://"),
        ("ftp://example.org/", "starts with http:// or https://"),
        ("https:example.org", "starts with http:// or https://"),
        ("https://", "no host"),
        ("https:///a", "no host"),
        ("https://:80/", "no host"),
        ("https://?q", "no host"),
        ("https://user@example.org/", "user name or password"),
        ("https://user:word@example.org/", "user name or password"),
        ("https://example.org\\@evil.example/", "backslash"),
        ("https://example.org/\r\nSet-Cookie: a=b", "control character"),
        ("https://exam\tple.org/", "control character"),
        ("https://example.org/\x00", "control character"),
        ("https://example.org/\x9b", "control character"),
        ("https://exa mple.org/", "no host name"),
        ("https://exa%6dple.org/", "no host name"),
        ("https://example..org/", "no host name"),
        ("https://<b>/", "no host name"),
        ("https://" + "a" * 64 + ".org/", "no host name"),
        ("https://" + "a." * 200 + "org/", "longer than 253"),
        ("https://xn--a.example/", "no host name"),
        ("https://℀.example/", "no host name"),
        ("https://example.org:0/", "port"),
        ("https://example.org:65536/", "port"),
        ("https://example.org:" + "9" * 5000 + "/", "port"),
        ("https://example.org:80a/", "no host with an optional port"),
        ("http://127.1/", "no IPv4 address"),
        ("http://0x7f.0.0.1/", "no IPv4 address"),
        ("http://2130706433/", "no IPv4 address"),
        ("http://0177.0.0.1/", "no IPv4 address"),
        ("http://256.0.0.1/", "no IPv4 address"),
        ("http://[::1/", "no host with an optional port"),
        ("http://[1.2.3.4]/", "no IPv6 address"),
        ("http://[fe80::1%25eth0]/", "zone"),
        ("https://example.org/\ud800", "surrogate"),
    ],
)
def test_an_unfit_address_is_refused_with_its_reason(value: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        http_url(value)
    with pytest.raises(ValueError, match=reason):
        canonical_url(value)


def test_the_longest_address_has_2000_characters_once_it_is_encoded() -> None:
    start = "https://example.org/"
    assert len(http_url(start + "a" * (MOST_CHARACTERS - len(start)))) == 2_000
    with pytest.raises(ValueError, match="2,001 characters, at most 2,000"):
        http_url(start + "a" * (MOST_CHARACTERS - len(start) + 1))
    with pytest.raises(ValueError, match="at most 2,000"):
        http_url(start + "語" * 300)


def test_a_host_of_a_megabyte_is_refused_at_once() -> None:
    started = time.process_time()
    with pytest.raises(ValueError, match="longer than 253"):
        http_url("https://" + "é" * 1_000_000)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "other",
    [
        "http://example.org/news/a?id=7&page=2",
        "https://www.example.org/news/a?id=7&page=2",
        "https://WWW.EXAMPLE.ORG:443/news/a?id=7&page=2",
        "http://example.org.:80/news/a?id=7&page=2",
        "https://example.org/news/a/?id=7&page=2",
        "https://example.org/news/a?page=2&id=7",
        "https://example.org/news/./old/../a?id=7&page=2",
        "https://example.org/news/%2e/%61?id=7&page=2",
        "https://example.org/news/a?id=7&&page=2&",
        "https://example.org/news/a?id=7&page=2#comments",
        "https://example.org/news/a?id=7&page=2&utm_source=rss&UTM_Medium=feed",
        "https://example.org/news/a?fbclid=x&id=7&gclid=y&page=2&at_campaign=z",
        "https://example.org/news/a?id=7&mc_cid=1&guce_referrer_sig=2&xtor=3&page=2",
    ],
)
def test_the_same_piece_has_one_key(other: str) -> None:
    expected = "https://example.org/news/a?id=7&page=2"
    assert canonical_url(other) == canonical_url(expected) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/A", "https://example.org/a"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/a//b", "https://example.org/a/b"),
        ("https://example.org/?id=1", "https://example.org/?id=2"),
        ("https://example.org/?tag=a&tag=b", "https://example.org/?tag=b&tag=a"),
        ("https://example.org/?q=a%26b", "https://example.org/?q=a&b"),
        ("https://example.org/?ID=1", "https://example.org/?id=1"),
        ("https://example.org/#!/a", "https://example.org/#!/b"),
        ("https://example.org/a", "https://news.example.org/a"),
        ("https://example.org/a", "https://example.org:8443/a"),
        ("https://www.com/", "https://com/"),
        ("https://strasse.example/", "https://straße.example/"),
        ("https://example.org/a", "https://example.org/amp/a"),
    ],
)
def test_different_pieces_have_different_keys(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://www.example.org", "https://example.org/"),
        ("http://example.org///", "https://example.org/"),
        ("http://www.www.example.org/", "https://example.org/"),
        ("http://example.org/?utm_source=x", "https://example.org/"),
        ("http://example.org/?a=&b&c=", "https://example.org/?a&b&c"),
        ("http://example.org/?q=a%20b", "https://example.org/?q=a+b"),
        ("http://example.org/%c3%a9%7E%", "https://example.org/%C3%A9~%25"),
        ("http://example.org/%%341", "https://example.org/%2541"),
        ("http://example.org/#!", "https://example.org/"),
        ("http://example.org/#!/a", "https://example.org/#!/a"),
        ("http://example.org:443/", "https://example.org/"),
    ],
)
def test_a_key_is_written_in_one_way(url: str, expected: str) -> None:
    assert canonical_url(url) == expected
    assert canonical_url(expected) == expected


def test_a_key_that_would_be_too_long_ends_in_a_digest() -> None:
    longest = "http://example.org/" + "a" * (MOST_CHARACTERS - 19)
    key = canonical_url(longest)
    assert key.startswith("https://example.org/~")
    assert canonical_url(key) == key
    assert canonical_url(f"{longest[:-1]}b") != key


ADDRESSES = st.builds(
    "{}://{}{}/{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(
        ["www.example.org", "www.www.a.b.", "例え.jp", "192.0.2.1", "[::]"]
    ),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.text(alphabet="a/.%2eEfF~é語 '|:;@", max_size=30),
    st.just("") | st.text(alphabet="?&=a+b%2061é#;/utm_").map("?{}".format),
    st.just("") | st.text(alphabet="#!a/%zé", max_size=10).map("#{}".format),
)


@settings(deadline=None, max_examples=300)
@given(ADDRESSES)
def test_a_key_of_a_key_is_that_key(url: str) -> None:
    assert_holds_as_key(url)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.org/{text}"):
        try:
            http_url(url)
        except ValueError:
            continue
        assert_holds_as_key(url)


def assert_holds_as_key(url: str) -> None:
    fit = http_url(url)
    assert fit.isascii()
    assert http_url(fit) == fit
    key = canonical_url(url)
    assert key == canonical_url(fit) == canonical_url(key)
    assert key.startswith("https://")
    assert key.isascii()
    assert len(key) <= MOST_CHARACTERS


def whatwg_cases(shared: Path) -> list[dict[str, Any]]:
    """Cases of the URL Standard's own tests that are absolute http(s) addresses."""
    source = shared / "text/url/urltestdata.json"
    cases = json.loads(source.read_text(encoding="utf-8"))
    return [
        case
        for case in cases
        if isinstance(case, dict)
        and case["base"] in (None, "about:blank")
        and case["input"].strip().lower().startswith(("http:", "https:"))
    ]


def test_whatever_the_url_standard_refuses_is_refused(shared: Path) -> None:
    refused = [case["input"] for case in whatwg_cases(shared) if case.get("failure")]
    assert len(refused) > 100
    for value in refused:
        with pytest.raises(ValueError, match="address|host|port|surrogate"):
            http_url(value)


def test_what_is_accepted_means_what_the_url_standard_says(shared: Path) -> None:
    accepted = 0
    for case in whatwg_cases(shared):
        if case.get("failure"):
            continue
        try:
            fit = http_url(case["input"])
        except ValueError as error:
            assert any(reason in str(error) for reason in NOT_REPAIRED), case["input"]
            continue
        accepted += 1
        assert canonical_url(fit) == canonical_url(case["href"]), case["input"]
        assert_holds_as_key(fit)
    assert accepted > 60


def test_another_canonicaliser_agrees_but_for_a_few_choices(shared: Path) -> None:
    source = shared / "text/url/w3lib_canonicalize_url.json"
    cases = json.loads(source.read_text(encoding="utf-8"))
    agreed, differing = 0, set()
    for case in cases:
        url = case["args"][0]
        try:
            same = canonical_url(url) == canonical_url(case["expected"])
        except ValueError:
            continue
        agreed += same
        if not same:
            differing.add(url)
    assert agreed > 60
    assert differing <= OTHER_CHOICES.keys()
