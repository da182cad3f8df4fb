"""Where the demo's simulators of the platforms answer; apart, so that a start reads nothing else for it."""

from collections.abc import Mapping
from typing import Final

WECHAT: Final = "wechat"
DOUYIN: Final = "douyin"
IPTV: Final = "iptv"
PORTS: Final[Mapping[str, int]] = {WECHAT: 9071, DOUYIN: 9072, IPTV: 9073}


def address(kind: str) -> str:
    """Where a simulator answers, and shows what a follower sees."""
    return f"http://127.0.0.1:{PORTS[kind]}"


def exceptions() -> str:
    """The setting that lets accounts call the simulators."""
    return ",".join(f"127.0.0.1:{port}" for port in PORTS.values())
