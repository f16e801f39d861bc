"""Addresses: which are fit to keep, and which mean the same piece.

Follows RFC 3986 (sections 3 and 6) and, for what must be percent-encoded and which
hosts are none, the WHATWG URL Standard, but repairs less: a scheme without two
slashes or a backslash in place of a slash is refused.
"""

import hashlib
import ipaddress
import re
import unicodedata
from encodings.idna import nameprep
from urllib.parse import quote

MOST_CHARACTERS = 2_000

#: Parameters that say how a reader came, not what is read: the campaign and click
#: identifiers of analytics, advertising, mailing and social services.
TRACKING = frozenset(
    {
        "_ga",
        "_gl",
        "_hsenc",
        "_hsmi",
        "_openstat",
        "at_bbc_team",
        "at_format",
        "cmpid",
        "dclid",
        "ef_id",
        "epik",
        "fb_action_ids",
        "fb_action_types",
        "fb_ref",
        "fb_source",
        "fbclid",
        "gad_campaignid",
        "gad_source",
        "gbraid",
        "gclid",
        "gclsrc",
        "guccounter",
        "igsh",
        "igshid",
        "li_fat_id",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "ml_subscriber",
        "ml_subscriber_hash",
        "msclkid",
        "ns_campaign",
        "ns_fee",
        "ns_linkname",
        "ns_mchannel",
        "ns_source",
        "oly_anon_id",
        "oly_enc_id",
        "s_cid",
        "s_kwcid",
        "soc_src",
        "soc_trk",
        "srsltid",
        "ttclid",
        "twclid",
        "vero_conv",
        "vero_id",
        "wbraid",
        "wickedid",
        "xtor",
        "yclid",
    }
)
#: The same, where a service uses many names with one beginning.
TRACKING_PREFIXES = (
    "at_campaign",
    "at_custom",
    "at_link",
    "at_medium",
    "at_ptr",
    "guce_referrer",
    "hsa_",
    "matomo_",
    "mtm_",
    "piwik_",
    "pk_",
    "utm_",
)

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.IGNORECASE,
)
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_DOT = re.compile("[.\u3002]")
_NAME = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?")
# What a URL parser reads as a number makes the whole host an IPv4 address.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PERCENT = re.compile("%(?:[0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)
#: Stays as it is in path, query and fragment; all else is percent-encoded.
_KEPT = "!$%&'()*+,/:;=?@[]"
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def http_url(value: str) -> str:
    """``value`` as an absolute http or https address, in ASCII and percent-encoded.

    The scheme and host come out in lower case, an internationalised host as
    punycode, an empty path as "/". Raises ValueError with the reason, which is
    worded to follow a field's name and a colon.
    """
    value = value.strip()
    if not value:
        raise ValueError("the address is empty")
    if _CONTROL.search(value):
        raise ValueError("the address holds a line break or another control character")
    if "\\" in value:
        raise ValueError("the address holds a backslash; use a slash")
    parts = _ADDRESS.fullmatch(value)
    if parts is None:
        raise ValueError("not an absolute address that starts with http:// or https://")
    scheme = parts["scheme"].lower()
    host, port = _host_and_port(parts["authority"])
    if port == _DEFAULT_PORTS[scheme]:
        port = ""
    url = (
        f"{scheme}://{host}{':' if port else ''}{port}{_encoded(parts['path']) or '/'}"
    )
    if parts["query"] is not None:
        quoted = _encoded(parts["query"]).replace("'", "%27")
        url += f"?{quoted}"
    if parts["fragment"] is not None:
        url += f"#{_encoded(parts['fragment'])}"
    if len(url) > MOST_CHARACTERS:
        raise ValueError(
            f"the address has {len(url):,} characters, at most {MOST_CHARACTERS:,}"
        )
    return url


def canonical_url(url: str) -> str:
    """The key under which ``url`` is one piece, however it was reached.

    http counts as https, a leading "www." and a trailing slash for nothing; default
    ports, dot segments, tracking parameters and the fragment (but for "#!…", which
    old script-driven sites use as a path) are gone; parameters stand in the order
    of their names. At most 2,000 ASCII characters: what would be longer keeps its
    host, and a digest stands for the rest. Idempotent. Raises ValueError as
    ``http_url`` does. Not for linking: not every server answers to it.
    """
    parts = _ADDRESS.fullmatch(http_url(url))
    assert parts is not None
    host, port = _host_and_port(parts["authority"])
    origin = f"https://{_bare(host)}"
    # 80 of http is gone by now; 443 of http would be the default of https.
    if port not in ("", "443"):
        origin += f":{port}"
    rest = _without_dots(_normalised(parts["path"])).rstrip("/") or "/"
    if query := _canonical_query(parts["query"] or ""):
        rest += f"?{query}"
    fragment = parts["fragment"] or ""
    if fragment.startswith("!") and len(fragment) > 1:
        rest += f"#{_normalised(fragment)}"
    if len(origin) + len(rest) > MOST_CHARACTERS:
        rest = f"/~{hashlib.sha256(rest.encode()).hexdigest()}"
    return origin + rest


_WEB_ID = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


def external_key(external_id: str) -> str:
    """What stays of a source's id when its site changes scheme or host.

    Publishers who use addresses as ids change all of them on the day they move to
    https or to another host. An id that is no address is its own key.
    """
    return _WEB_ID.sub("", external_id, count=1) or external_id


def _host_and_port(authority: str) -> tuple[str, str]:
    if "@" in authority:
        raise ValueError("the address holds a user name or password")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise ValueError(f"{authority[:100]!r} is no host with an optional port")
    port = (parts["port"] or "").lstrip("0")
    if parts["port"] and not (0 < len(port) <= 5 and int(port) <= 65_535):
        raise ValueError("the port is not between 1 and 65,535")
    return _host(parts["host"]), port


def _host(host: str) -> str:
    if not host:
        raise ValueError("the address names no host")
    if host.startswith("["):
        return f"[{_ipv6(host[1:-1])}]"
    # Punycode takes quadratic time; no name has more (RFC 1035, 2.3.4).
    if len(host) > 254:
        raise ValueError("the host is longer than 253 characters")
    labels = _DOT.split(unicodedata.normalize("NFKC", host))
    try:
        name = ".".join(map(_label, labels))
    except UnicodeError as error:
        raise ValueError(f"{host!r} is no host name") from error
    if not _NAME.fullmatch(name) or len(name.rstrip(".")) > 253:
        raise ValueError(f"{host!r} is no host name")
    if _NUMBER.fullmatch(name.rstrip(".").rpartition(".")[2]):
        return _ipv4(name.rstrip("."))
    return name


def _label(label: str) -> str:
    """One part of a host name in ASCII. Raises UnicodeError if it is none."""
    if label.isascii():
        label = label.lower()
        if label.startswith("xn--"):
            meant = label[4:].encode().decode("punycode")
            if meant.isascii() or _label(meant) != label:
                raise UnicodeError("punycode that stands for nothing")
        return label
    # IDNA 2008 tells these two letters apart, where nameprep writes "ss" and "σ".
    pieces = re.split("([ßς])", label.replace("ẞ", "ß"))
    mapped = "".join(x if x in ("ß", "ς") else nameprep(x) for x in pieces)
    if mapped.isascii():
        return mapped
    return f"xn--{mapped.encode('punycode').decode()}"


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no IPv4 address of four decimal numbers"
        ) from error


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise ValueError(f"{text[:100]!r} is no IPv6 address") from error
    if address.scope_id is not None:
        raise ValueError(f"{text[:100]!r} is an IPv6 address with a zone")
    return str(address)


def _encoded(text: str) -> str:
    try:
        return quote(text, safe=_KEPT)
    except UnicodeEncodeError as error:
        raise ValueError("the address holds half a character (a surrogate)") from error


def _bare(host: str) -> str:
    host = host.rstrip(".")
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    return host


def _normalised(text: str) -> str:
    """Percent-encoding as RFC 3986, 6.2.2 normalises it; a bare "%" becomes "%25"."""

    def replace(match: re.Match[str]) -> str:
        if len(match[0]) == 1:
            return "%25"
        character = chr(int(match[0][1:], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return _PERCENT.sub(replace, text)


def _without_dots(path: str) -> str:
    """``path`` without "." and ".." segments (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)


def _canonical_query(query: str) -> str:
    pairs = []
    for pair in query.split("&"):
        name, _, value = _normalised(pair).replace("%20", "+").partition("=")
        if (name or value) and not _is_tracking(name.lower()):
            pairs.append((name, f"{name}={value}" if value else name))
    return "&".join(pair for _, pair in sorted(pairs, key=lambda pair: pair[0]))


def _is_tracking(name: str) -> bool:
    return name in TRACKING or name.startswith(TRACKING_PREFIXES)
