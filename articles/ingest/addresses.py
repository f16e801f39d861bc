"""Which addresses may be fetched from: http, at the usual ports, and in public.

Pure: nothing is resolved and nothing is connected to. Form fields and the fetch
itself ask the same questions here. What is not public follows the IANA registries
of special-purpose addresses (RFC 6890), read as strictly as they allow: the
``is_global`` of ``ipaddress`` differs from one Python to the next and takes
multicast, 6to4 and NAT64 addresses for public.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Self
from urllib.parse import urlsplit

from .identity import http_url

#: The ports web servers use. At any other, something else may listen that takes
#: a request for an order of its own.
PORTS = frozenset({80, 443, 8080, 8443})
_DEFAULT_PORTS = {"http": 80, "https": 443}

# The first that holds an address gives the reason, so the narrower come first.
_NOT_PUBLIC_V4 = [
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "an address of this host (RFC 791)"),
        ("10.0.0.0/8", "a private address (RFC 1918)"),
        ("100.100.100.200/32", "a cloud's metadata service"),
        ("100.64.0.0/10", "an address behind a carrier's NAT (RFC 6598)"),
        ("127.0.0.0/8", "a loopback address"),
        ("168.63.129.16/32", "a cloud's platform service"),
        ("169.254.169.254/32", "a cloud's metadata service"),
        ("169.254.0.0/16", "a link-local address (RFC 3927)"),
        ("172.16.0.0/12", "a private address (RFC 1918)"),
        ("192.0.0.0/24", "an address set aside for protocols (RFC 6890)"),
        ("192.0.2.0/24", "an address for documentation (RFC 5737)"),
        ("192.88.99.0/24", "a former 6to4 relay (RFC 7526)"),
        ("192.168.0.0/16", "a private address (RFC 1918)"),
        ("198.18.0.0/15", "an address for benchmarks (RFC 2544)"),
        ("198.51.100.0/24", "an address for documentation (RFC 5737)"),
        ("203.0.113.0/24", "an address for documentation (RFC 5737)"),
        ("224.0.0.0/4", "a multicast address"),
        ("255.255.255.255/32", "the broadcast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
]
_NOT_PUBLIC_V6 = [
    (IPv6Network(network), reason)
    for network, reason in (
        ("::/128", "the unspecified address"),
        ("::1/128", "a loopback address"),
        ("::/96", "a retired form of an IPv4 address (RFC 4291)"),
        ("::ffff:0:0:0/96", "a translated IPv4 address (RFC 7915)"),
        ("64:ff9b:1::/48", "an address of a local NAT64 (RFC 8215)"),
        ("100::/64", "an address that leads nowhere (RFC 6666)"),
        ("2001::/32", "a Teredo address (RFC 4380)"),
        ("2001::/23", "an address set aside for protocols (RFC 2928)"),
        ("2001:db8::/32", "an address for documentation (RFC 3849)"),
        ("3fff::/20", "an address for documentation (RFC 9637)"),
        ("fc00::/7", "a private address (RFC 4193)"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address (RFC 3879)"),
        ("ff00::/8", "a multicast address"),
    )
]
# The only range from which public IPv6 addresses are given out (RFC 4291, 2.4).
_GIVEN_OUT_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")

_ENTRY = re.compile(r"(?P<host>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")


class Refused(ValueError):
    """An address that must not be fetched from. The message says why."""


@dataclass(frozen=True)
class Target:
    """A checked address, in the parts that a request needs.

    ``url`` is in ASCII, percent-encoded and without a fragment; ``host`` is in
    lower case, without brackets and final dot; ``path`` is what the request asks
    for, with the query. ``address`` is set if the host is a literal one.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str
    address: IPv4Address | IPv6Address | None

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials belong to (RFC 6454, section 4)."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_default = self.port == _DEFAULT_PORTS[self.scheme]
        return host if is_default else f"{host}:{self.port}"


def public_reason(address: IPv4Address | IPv6Address) -> str:
    """Why ``address`` is not public, to follow "is"; "" if it is public.

    An IPv4 address within an IPv6 one is looked at in its place: mapped (RFC
    4291), NAT64 (RFC 6052) and 6to4 (RFC 3056). Teredo, local NAT64 and the other
    forms that hold one are refused as they are.
    """
    if isinstance(address, IPv4Address):
        return next((why for net, why in _NOT_PUBLIC_V4 if address in net), "")
    if address.scope_id is not None:
        return "an address of one network interface"
    if (inner := _embedded(address)) is not None:
        reason = public_reason(inner)
        return f"{inner} in another form, {reason}" if reason else ""
    for network, reason in _NOT_PUBLIC_V6:
        if address in network:
            return reason
    return "" if address in _GIVEN_OUT_V6 else "outside of the public range 2000::/3"


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


@dataclass(frozen=True)
class _Exemption:
    """One entry: a name or a network, at one port or (None) at any."""

    name: str
    network: IPv4Network | IPv6Network | None
    port: int | None

    def covers(
        self, host: str, port: int, address: IPv4Address | IPv6Address | None
    ) -> bool:
        if self.port not in (None, port):
            return False
        if self.network is None:
            return host == self.name
        return address is not None and address in self.network


@dataclass(frozen=True)
class Allow:
    """Who is exempt from the rules of public addresses and usual ports."""

    exemptions: tuple[_Exemption, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """``host``, ``host:port`` and CIDR entries, as ``NEWSROOM_FETCH_ALLOW`` has.

        An IPv6 address with a port stands in brackets. Raises ValueError that
        names the entry.
        """
        return cls(tuple(map(_exemption, entries)))

    def permits(
        self, host: str, port: int, address: IPv4Address | IPv6Address | None
    ) -> bool:
        """Whether an entry covers ``host`` by name, or ``address`` by network."""
        return any(entry.covers(host, port, address) for entry in self.exemptions)


def _exemption(entry: str) -> _Exemption:
    try:
        return _Exemption("", ipaddress.ip_network(entry, strict=False), None)
    except ValueError:
        pass
    parts = _ENTRY.fullmatch(entry)
    try:
        if parts is None or "/" in entry:
            raise ValueError(
                "neither a host, with or without a port number, nor a network like"
                " 10.0.0.0/8"
            )
        port = int(parts["port"]) if parts["port"] else None
        if port is not None and not 0 < port < 65_536:
            raise ValueError("the port is not between 1 and 65,535")
        host = _host(http_url(f"http://{parts['host']}/"))
    except ValueError as error:
        raise ValueError(f"{entry!r}: {error}") from error
    address = _literal(host)
    network = None if address is None else ipaddress.ip_network(address)
    return _Exemption(host, network, port)


#: The exemptions of those who set none.
NONE_ALLOWED = Allow()


def check_url(url: str, allow: Allow = NONE_ALLOWED) -> Target:
    """The parts of ``url``, if it may be fetched as far as it says itself.

    http or https, no user name or password, no control characters, at most 2,000
    characters, one of ``PORTS``, a host that is a name or one plain address, and
    that address public; ``allow`` exempts from the last two. Where a name leads
    shows only when it is resolved. Raises ``Refused``.
    """
    try:
        normal = http_url(url).partition("#")[0]
    except ValueError as error:
        raise Refused(str(error)) from error
    parts = urlsplit(normal)
    host = _host(normal)
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    # Names below localhost mean the host itself, whoever resolves them (RFC 6761).
    is_local = host == "localhost" or host.endswith(".localhost")
    address = _literal(host)
    meant = IPv4Address("127.0.0.1") if is_local else address
    if not allow.permits(host, port, meant):
        if port not in PORTS:
            usual = ", ".join(map(str, sorted(PORTS)))
            raise Refused(
                f"port {port} of {host} is none of {usual};"
                f" NEWSROOM_FETCH_ALLOW could name {host}:{port}"
            )
        if meant is not None and (reason := public_reason(meant)):
            raise Refused(f"{host} is {reason}")
    path = "/" + normal.split("/", 3)[3]
    return Target(normal, parts.scheme, host, port, path, address)


def origin_of(url: str) -> tuple[str, str]:
    """What credentials belong to: scheme, host and port (RFC 6454, section 4)."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _host(normal: str) -> str:
    """The host of an address that ``http_url`` gave, without its final dot."""
    return (urlsplit(normal).hostname or "").rstrip(".")


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
