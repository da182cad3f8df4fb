"""What an output may be told: forms and bounds of addresses, and an address with its secret left out. Pure."""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, urlsplit

from cms.kernel.errors import Invalid


class OutletKind(StrEnum):
    """How an output leaves the house."""

    UDP = "udp"
    PUSH = "push"


# Pictures of each height, and the rate that holds their peaks with sound, tables and the picture a slot begins with.
RATES: Final = {"1080": 6_500_000, "720": 3_600_000, "480": 1_700_000}
LEAST_RATE: Final = 500_000
MOST_RATE: Final = 40_000_000
SCHEMES: Final = frozenset({"rtmp", "rtmps", "srt"})
HIDDEN: Final = "•••"
_LONGEST_URL: Final = 500
_LOCAL_CONTROL: Final = ipaddress.IPv4Network("224.0.0.0/24")
_LINK_LOCAL: Final = ipaddress.IPv4Network("169.254.0.0/16")
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_HOST: Final = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}")


@dataclass(frozen=True, slots=True)
class OutletForm:
    """What an operator says of an output; `url` is empty where a push keeps the address it has."""

    kind: str
    rung: str
    active: bool
    address: str = ""
    port: str = ""
    rate: str = ""
    ttl: str = "1"
    interface: str = ""
    service: str = "1"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """An output as it may be: everything in its own type, what its kind has no use for empty."""

    kind: OutletKind
    rung: str
    active: bool
    address: str
    port: int
    rate: int
    ttl: int
    interface: str
    service: int
    url: str


def checked(form: OutletForm, *, anywhere: bool, keeps_url: bool = False) -> Checked:
    """Raises Invalid `outlets.form` naming the fields.

    Args:
        form: what was typed.
        anywhere: addresses outside private networks are allowed here.
        keeps_url: a push without an address keeps the one it has.
    """
    wrong: dict[str, str] = {}
    kind = OutletKind.PUSH if form.kind == OutletKind.PUSH else OutletKind.UDP
    if form.kind not in set(OutletKind):
        wrong["kind"] = "outlets.kind"
    if form.rung not in RATES:
        wrong["rung"] = "outlets.rung"
    if kind is OutletKind.PUSH:
        if not (keeps_url and not form.url) and not may_reach(form.url, SCHEMES, anywhere=anywhere):
            wrong["url"] = "outlets.url"
        made = Checked(kind, form.rung, form.active, "", 0, 0, 0, "", 1, form.url)
    else:
        made = _wire(form, wrong, anywhere=anywhere)
    if wrong:
        raise Invalid("outlets.form", fields=wrong)
    return made


def masked(url: str) -> str:
    """The address of a push without who pushes and with what: server and application remain."""
    parts = _split(url)
    if parts is None or parts.hostname is None:
        return HIDDEN
    port = "" if parts.port is None else f":{parts.port}"
    first = parts.path.strip("/").partition("/")[0] if parts.path.strip("/").count("/") else ""
    return f"{parts.scheme}://{parts.hostname}{port}/{first + '/' if first else ''}{HIDDEN}"


def may_send(address: str, *, anywhere: bool) -> bool:
    """Whether a stream may go to an address: groups and private networks, anything else only where it is allowed."""
    try:
        found = ipaddress.IPv4Address(address)
    except ValueError:
        return False
    if found.is_unspecified or found == ipaddress.IPv4Address("255.255.255.255") or found in _LINK_LOCAL:
        return False
    if found.is_multicast:
        return found not in _LOCAL_CONTROL
    return anywhere or found.is_private


def _wire(form: OutletForm, wrong: dict[str, str], *, anywhere: bool) -> Checked:
    address, interface = form.address.strip(), form.interface.strip()
    if not may_send(address, anywhere=anywhere):
        wrong["address"] = "outlets.address"
    if interface and not _is_own(interface):
        wrong["interface"] = "outlets.interface"
    port = _whole(form.port, 1024, 65_535, "outlets.port", wrong)
    rate = _whole(form.rate, LEAST_RATE, MOST_RATE, "outlets.rate", wrong)
    ttl = _whole(form.ttl, 1, 255, "outlets.ttl", wrong)
    service = _whole(form.service, 1, 65_535, "outlets.service", wrong)
    return Checked(OutletKind.UDP, form.rung, form.active, address, port, rate, ttl, interface, service, "")


def _is_own(interface: str) -> bool:
    try:
        found = ipaddress.IPv4Address(interface)
    except ValueError:
        return False
    return not (found.is_multicast or found.is_unspecified)


def _whole(text: str, least: int, most: int, code: str, wrong: dict[str, str]) -> int:
    text = text.strip()
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if not least <= value <= most:
        wrong[code.partition(".")[2]] = code
    return value


def may_reach(url: str, schemes: Collection[str], *, anywhere: bool) -> bool:
    """Whether an address has one of these schemes, nothing that a program could read otherwise, and is not our own."""
    parts = _split(url)
    if parts is None or len(url) > _LONGEST_URL or parts.scheme not in schemes or not parts.hostname:
        return False
    if any(ch.isspace() or not ch.isprintable() or ch in "|\\\"'" for ch in url) or not _HOST.fullmatch(parts.hostname):
        return False
    if parts.scheme == "srt" and parts.port is None:
        return False
    return anywhere or not _is_this_machine(parts.hostname)


def _is_this_machine(host: str) -> bool:
    try:
        found = ipaddress.IPv4Address(host)
    except ValueError:
        # Numbers in other clothes (127.1, 0x7f000001) are read as addresses by some, and are never a server's name.
        last = host.rstrip(".").rpartition(".")[2]
        return last in {"", "localhost"} or _NUMBER.fullmatch(last) is not None
    return found.is_loopback or found.is_unspecified or found in _LINK_LOCAL or found.is_multicast


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
