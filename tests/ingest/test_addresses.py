"""Which addresses may be fetched from."""

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.ingest.addresses import Allow, Refused, check_url, public_reason

#: Hosts that a URL may name and that are not public, with a word of the reason.
NOT_PUBLIC_HOSTS = {
    # IPv4, in the one form that is an address and in those that only some take.
    "127.0.0.1": "loopback",
    "127.0.0.1.": "loopback",
    "127.255.255.254": "loopback",
    "127.1": "four decimal numbers",
    "127.0.1": "four decimal numbers",
    "2130706433": "four decimal numbers",
    "017700000001": "four decimal numbers",
    "0x7f000001": "four decimal numbers",
    "0x7f.1": "four decimal numbers",
    "0x7f.0x0.0x0.0x1": "four decimal numbers",
    "0177.0.0.1": "four decimal numbers",
    "127.0.0.01": "four decimal numbers",
    "127.0.0.0x1": "four decimal numbers",
    "127.0.0.1.1": "four decimal numbers",
    "256.0.0.1": "four decimal numbers",
    "4294967297": "four decimal numbers",
    "0": "four decimal numbers",
    "①②⑦.⓪.⓪.①": "loopback",
    "１２７.０.０.１": "loopback",
    "127。0。0。1": "loopback",
    "127.0.0.%31": "no host name",
    "%31%32%37.0.0.1": "no host name",
    "127.0.0.1%00.example.org": "no host name",
    "0.0.0.0": "this host",
    "0.1.2.3": "this host",
    "10.0.0.1": "private",
    "10.255.255.255": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "100.64.0.1": "carrier",
    "100.127.255.255": "carrier",
    "100.100.100.200": "metadata",
    "169.254.0.1": "link-local",
    "169.254.169.254": "metadata",
    "168.63.129.16": "platform",
    "192.0.0.1": "protocols",
    "192.0.0.192": "protocols",
    "192.0.2.1": "documentation",
    "198.51.100.1": "documentation",
    "203.0.113.1": "documentation",
    "192.88.99.1": "6to4",
    "198.18.0.1": "benchmarks",
    "198.19.255.255": "benchmarks",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    # IPv6.
    "[::]": "unspecified",
    "[::1]": "loopback",
    "[0:0:0:0:0:0:0:1]": "loopback",
    "[::127.0.0.1]": "retired",
    "[::8.8.8.8]": "retired",
    "[::ffff:127.0.0.1]": "loopback",
    "[::ffff:7f00:1]": "loopback",
    "[::ffff:a9fe:a9fe]": "metadata",
    "[::ffff:10.0.0.1]": "private",
    "[::ffff:0.0.0.0]": "this host",
    "[::ffff:0:127.0.0.1]": "translated",
    "[64:ff9b::7f00:1]": "loopback",
    "[64:ff9b::a9fe:a9fe]": "metadata",
    "[64:ff9b::10.0.0.1]": "private",
    "[64:ff9b:1::7f00:1]": "local NAT64",
    "[64:ff9b:1::8.8.8.8]": "local NAT64",
    "[64:ff9b:1:ffff::1]": "local NAT64",
    "[64:ff9b:2::1]": "2000::/3",
    "[2002:7f00:1::]": "loopback",
    "[2002:a00:1::1]": "private",
    "[2002:a9fe:a9fe::]": "metadata",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]": "Teredo",
    "[2001:0:808:808::1]": "Teredo",
    "[2001:20::1]": "protocols",
    "[2001:db8::1]": "documentation",
    "[3fff::1]": "documentation",
    "[100::1]": "nowhere",
    "[5f00::1]": "2000::/3",
    "[fc00::1]": "private",
    "[fd00::1]": "private",
    "[fd00:ec2::254]": "private",
    "[fe80::1]": "link-local",
    "[fe80::1%25eth0]": "zone",
    "[fe80::1%eth0]": "zone",
    "[fec0::1]": "site-local",
    "[ff02::1]": "multicast",
    "[ff0e::1]": "multicast",
    "[4000::1]": "2000::/3",
    "[::1": "no host",
    "[::1]x": "no host",
    "[v1.fe80::1]": "no IPv6",
    # Names that mean this host whoever resolves them.
    "localhost": "loopback",
    "LOCALHOST": "loopback",
    "localhost.": "loopback",
    "feeds.localhost": "loopback",
    "ｌｏｃａｌｈｏｓｔ": "loopback",
}
#: Whole addresses that are refused before anybody is asked where they lead.
NOT_FETCHED = {
    "": "empty",
    "example.org/feed": "http://",
    "//example.org/feed": "http://",
    "http:/example.org/": "http://",
    "http:example.org": "http://",
    "http:///feed": "no host",
    "http://:80/": "no host",
    "file:///etc/passwd": "http://",
    "ftp://example.org/": "http://",
    "gopher://example.org:6379/_INFO": "http://",
    "data:text/xml,<rss/>": "http://",
    "javascript:alert(1)": "http://",
    "feed:https://example.org/": "http://",
    "jar:http://example.org!/": "http://",
    "http://reader@example.org/": "user name",
    "http://reader:secret@example.org/": "user name",
    "http://example.org@127.0.0.1/": "user name",
    "http://127.0.0.1\\@example.org/": "backslash",
    "http://example.org\\@127.0.0.1/": "backslash",
    "http://example.org#@127.0.0.1:99999/@": "",
    "http://example.org/\r\nHost: other": "control character",
    "http://exam\tple.org/": "control character",
    "http://example.org/\x00": "control character",
    "http://example.org/\x85x": "control character",
    "http://exa mple.org/": "no host name",
    "http://example.org:0/": "port",
    "http://example.org:00/": "port",
    "http://example.org:99999/": "port",
    "http://example.org:-80/": "optional port",
    "http://example.org:８０/": "optional port",
    "http://example.org:80:80/": "optional port",
    "http://example.org:22/": "port 22",
    "http://example.org:25/": "port 25",
    "http://example.org:6379/": "port 6379",
    "https://example.org:65535/": "port 65535",
    "http://8.8.8.8:25/": "port 25",
    f"http://example.org/{'a' * 2_000}": "2,000",
    f"http://{'a' * 64}.example/": "no host name",
    f"http://{'a.' * 130}example/": "253 characters",
    "http://example..org/": "no host name",
    "http://xn--/": "no host name",
    "http://example.org/\ud800": "surrogate",
}
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2001:200::1",
    "2002:808:808::1",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize(("host", "reason"), NOT_PUBLIC_HOSTS.items())
def test_a_host_that_is_not_public_is_refused(host: str, reason: str) -> None:
    """Fault 21."""
    for url in (f"http://{host}/feed", f"https://{host}:8443/feed"):
        with pytest.raises(Refused, match=reason):
            check_url(url)


@pytest.mark.parametrize(
    ("url", "reason"), [(url, reason) for url, reason in NOT_FETCHED.items() if reason]
)
def test_an_address_that_is_no_plain_web_address_is_refused(
    url: str, reason: str
) -> None:
    """Fault 23."""
    with pytest.raises(Refused, match=reason):
        check_url(url)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_lies_beside_the_refused_networks_is_public(address: str) -> None:
    assert public_reason(ip_address(address)) == ""


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_fares_the_same_in_each_of_its_ipv6_forms(
    address: IPv4Address,
) -> None:
    number = int(address)
    forms = [
        (0xFFFF << 32) + number,
        (0x64_FF9B << 96) + number,
        (0x2002 << 112) + (number << 80),
    ]

    is_public = public_reason(address) == ""

    for form in forms:
        assert (public_reason(ip_address(form.to_bytes(16, "big"))) == "") is is_public


@given(st.ip_addresses())
def test_what_the_standard_library_calls_private_is_never_public(address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved:
        embeds = address.version == 6 and (
            address.ipv4_mapped or str(address).startswith("64:ff9b::")
        )
        assert embeds or public_reason(address)


def test_a_scoped_address_is_not_public() -> None:
    assert "interface" in public_reason(ip_address("2606:4700::1111%eth0"))


def test_the_parts_of_an_address_are_those_a_request_needs() -> None:
    target = check_url(" HTTPS://Bücher.Example.:8443/größe?q=a b&r=#top ")

    assert (
        target.url == "https://xn--bcher-kva.example.:8443/gr%C3%B6%C3%9Fe?q=a%20b&r="
    )
    assert (target.scheme, target.host, target.port) == (
        "https",
        "xn--bcher-kva.example",
        8443,
    )
    assert target.path == "/gr%C3%B6%C3%9Fe?q=a%20b&r="
    assert target.authority == "xn--bcher-kva.example:8443"
    assert target.address is None


def test_the_default_port_stands_neither_in_the_address_nor_in_the_host_header() -> (
    None
):
    target = check_url("http://example.org:80")

    assert (target.url, target.authority) == ("http://example.org/", "example.org")
    assert target.origin == ("http", "example.org", 80)
    assert check_url("http://[2606:4700::1111]:8080/").authority == (
        "[2606:4700::1111]:8080"
    )


def test_a_fragment_that_looks_like_a_host_is_dropped() -> None:
    target = check_url("http://example.org#@127.0.0.1:99999/@")

    assert (target.url, target.host) == ("http://example.org/", "example.org")


@pytest.mark.parametrize(
    ("entry", "host", "port", "address", "expected"),
    [
        ("bridge.lan", "bridge.lan", 80, "10.0.0.5", True),
        ("bridge.lan", "bridge.lan", 8123, "10.0.0.5", True),
        ("Bridge.LAN.", "bridge.lan", 80, "10.0.0.5", True),
        ("bücher.example", "xn--bcher-kva.example", 80, "10.0.0.5", True),
        ("bridge.lan", "other.lan", 80, "10.0.0.5", False),
        ("bridge.lan", "sub.bridge.lan", 80, "10.0.0.5", False),
        ("bridge.lan:8123", "bridge.lan", 8123, "10.0.0.5", True),
        ("bridge.lan:8123", "bridge.lan", 80, "10.0.0.5", False),
        ("bridge.lan:80", "bridge.lan", 8123, "10.0.0.5", False),
        ("10.0.0.0/8", "any.example", 80, "10.255.0.1", True),
        ("10.0.0.1/8", "any.example", 8123, "10.255.0.1", True),
        ("10.0.0.0/8", "any.example", 80, "11.0.0.1", False),
        ("127.0.0.1", "127.0.0.1", 5000, "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", 5000, "127.0.0.2", False),
        ("127.0.0.1:5000", "localhost", 5000, "127.0.0.1", True),
        ("127.0.0.1:5000", "127.0.0.1", 5001, "127.0.0.1", False),
        ("127.0.0.1:5000", "127.0.0.1", 5000, "::ffff:127.0.0.1", False),
        ("::1", "::1", 80, "::1", True),
        ("[::1]", "::1", 80, "::1", True),
        ("[::1]:5000", "::1", 5000, "::1", True),
        ("[::1]:5000", "::1", 5001, "::1", False),
        ("fd00::/8", "any.example", 80, "fd12::1", True),
        ("fd00::/8", "any.example", 80, "10.0.0.1", False),
    ],
)
def test_an_exemption_covers_what_it_names_and_no_more(
    entry: str, host: str, port: int, address: str, expected: bool
) -> None:
    allow = Allow.parse([entry])

    assert allow.permits(host, port, ip_address(address)) is expected


def test_without_an_entry_nobody_is_exempt() -> None:
    assert not Allow.parse([]).permits("10.0.0.1", 80, ip_address("10.0.0.1"))


@pytest.mark.parametrize(
    "entry",
    [
        *("", "host:port", "host:0", "host:65536", "host:", "10.0.0.0/99"),
        *("10.0.0.0/8:80", "http://host/", "host/path", "[::1", "::1]", "[::1]:x"),
        *("*.example", "two words", "reader@host", "127.1", "[fe80::1%eth0]"),
    ],
)
def test_an_exemption_that_makes_no_sense_is_refused_by_name(entry: str) -> None:
    with pytest.raises(ValueError, match="^'") as refused:
        Allow.parse(["example.org", entry])

    assert repr(entry) in str(refused.value)


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("bridge.lan:8123", "http://bridge.lan:8123/feed"),
        ("127.0.0.1:8123", "http://127.0.0.1:8123/feed"),
        ("127.0.0.0/8", "http://127.0.0.1:8123/feed"),
        ("127.0.0.1", "http://localhost:8123/feed"),
        ("localhost", "http://localhost/feed"),
        ("[::1]:8123", "http://[::1]:8123/feed"),
    ],
)
def test_an_exempt_host_may_be_private_and_at_any_port(entry: str, url: str) -> None:
    with pytest.raises(Refused):
        check_url(url, Allow.parse(["example.org", "192.168.0.0/16"]))

    assert check_url(url, Allow.parse([entry])).url == url


def test_an_exemption_lifts_no_other_rule() -> None:
    allow = Allow.parse(["example.org", "127.0.0.1"])

    for url in ("ftp://example.org/", "http://a@example.org/", "http://127.1/"):
        with pytest.raises(Refused):
            check_url(url, allow)
