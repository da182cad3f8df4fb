"""Which addresses outside may be reached: pure rules about URLs and IPs, against requests forged by content."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from yarl import URL

from cms.contract import OutboundRefused

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64: Final = ipaddress.ip_network("64:ff9b:1::/48")
_SIX_TO_FOUR: Final = ipaddress.ip_network("2002::/16")
_COMPATIBLE: Final = ipaddress.ip_network("::/96")
_LOCAL_NAMES = re.compile(r"(^|\.)(localhost|local|internal|intranet|lan|home|corp|localdomain|arpa)\.?$")
# Hosts that are numbers in disguise: 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 are all 127.0.0.1 to a resolver.
_DISGUISED = re.compile(r"^(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}\.?$")


@dataclass(frozen=True, slots=True)
class Policy:
    """What the one client for addresses outside may do.

    Attributes:
        exceptions: host and port of inside services that an operator named, such as a platform simulator.
    """

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] = frozenset({443})
    exceptions: frozenset[tuple[str, int]] = frozenset()


def check_url(url: str, policy: Policy) -> URL:
    """The parsed URL.

    Raises:
        OutboundRefused: `publishing.outbound_refused` for any address the policy does not allow by its looks.
    """
    if not url.isascii() or any(ch <= " " or ch in "\\\x7f" for ch in url):
        raise refused("characters")
    try:
        parsed = URL(url)
        host, port = parsed.host, parsed.port
    except ValueError as problem:
        raise refused("malformed") from problem
    if not host or port is None:
        raise refused("no_host")
    if parsed.scheme not in {"http", "https"} or parsed.user is not None or parsed.password is not None:
        raise refused("scheme")
    if (host, port) in policy.exceptions:
        return parsed
    if parsed.scheme not in policy.schemes or port not in policy.ports:
        raise refused("scheme")
    check_host(host)
    return parsed


def check_host(host: str) -> None:
    """Raises OutboundRefused for names and literals that mean this machine or its neighbours."""
    try:
        check_address(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        if _DISGUISED.fullmatch(host.lower()) or _LOCAL_NAMES.search(host.lower()) or "." not in host.rstrip("."):
            raise refused("host") from None


def check_address(address: IP) -> None:
    """Raises OutboundRefused unless the address, and any address hidden in it, is a public unicast one."""
    for one in (address, *_hidden(address)):
        # Pythons of one minor version differ in whether 6to4 (RFC 7526: deprecated) is global; here it never is.
        if (
            one in _SIX_TO_FOUR
            or not one.is_global
            or one.is_multicast
            or one.is_reserved
            or one.is_unspecified
            or one.is_loopback
        ):
            raise refused("address")


def _hidden(address: IP) -> tuple[IP, ...]:
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _NAT64 or address in _LOCAL_NAT64 or address in _COMPATIBLE:
        return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()


def refused(why: str) -> OutboundRefused:
    return OutboundRefused("publishing.outbound_refused", why=why)
