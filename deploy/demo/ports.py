"""Where the demo's simulators of platforms answer; apart, so that a start reads nothing else for it."""

from collections.abc import Mapping
from typing import Final

WECHAT: Final = "wechat"
DOUYIN: Final = "douyin"
IPTV: Final = "iptv"
APP: Final = "app"
PORTS: Final[Mapping[str, int]] = {WECHAT: 9071, DOUYIN: 9072, APP: 9073, IPTV: 9074}


def address(kind: str) -> str:
    """Where a simulator answers, and shows what a follower sees."""
    return f"http://127.0.0.1:{PORTS[kind]}"


def shown() -> Mapping[str, str]:
    """Where each outlet of the demo shows itself, by the name people know it by."""
    return {
        "微信": address(WECHAT),
        "微信通知": f"{address(WECHAT)}/notices",
        "抖音": address(DOUYIN),
        "城市 App ": address(APP),
        "广电运营商点播": address(IPTV),
    }


def exceptions() -> str:
    """The setting that lets accounts call the simulators."""
    return ",".join(f"127.0.0.1:{port}" for port in PORTS.values())
