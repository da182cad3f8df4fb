"""What remote controls send: one table of key codes, for the portal's script, the manual and the desk's remote.

Browsers of boxes differ by maker and age. Each code has one meaning: one that two makers use for different keys is left
out. The digits are those of a remote (0x30) and of the pad beside a keyboard (0x60).
"""

import json
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """A meaning, what it is called on the page of keys, and the codes that say it: the first is the plain browser's."""

    does: str
    name: str
    codes: tuple[int, ...]


_ARROWS: Final = (
    Key("l", "左", (0x25,)),
    Key("u", "上", (0x26,)),
    Key("r", "右", (0x27,)),
    Key("d", "下", (0x28,)),
    Key("ok", "确认", (0x0D,)),
)
_WAYS: Final = (
    # 0x08 and 0x18 by most boxes, 340 by FiberHome's, 461 and 10009 by television sets, 27 by keyboards.
    Key("back", "返回", (0x08, 0x18, 0x1B, 340, 461, 10009)),
    Key("before", "上页", (0x21, 372)),
    Key("after", "下页", (0x22, 373)),
    Key("home", "首页", (0x110,)),
    Key("live", "直播（红）", (0x113, 403)),
    Key("day", "回看（绿）", (0x114, 404)),
    Key("columns", "点播（黄）", (0x115, 405)),
    Key("info", "信息（蓝）：资讯", (0x116, 406)),
)
_PLAYER: Final = (
    Key("pause", "播放/暂停", (0x107, 0x13, 0x20, 415, 10252)),
    Key("forward", "快进", (0x108, 417)),
    Key("rewind", "快退", (0x109, 412)),
    Key("stop", "停止", (0x10E, 413)),
    Key("next", "频道＋", (0x101, 427)),
    Key("previous", "频道－", (0x102, 428)),
)
_DIGITS: Final = tuple(Key(str(n), str(n), (0x30 + n, 0x60 + n)) for n in range(10))
# Volume is the box's: it shows its own bar when the page leaves the key alone.
LEFT_TO_THE_BOX: Final = (
    Key("", "音量＋", (0x103,)),
    Key("", "音量－", (0x104,)),
    Key("", "静音", (0x105,)),
)
# No key: the box says that its player has something to tell (KEY_IPTV_EVENT).
_EVENTS: Final = (Key("event", "播放器事件", (0x300,)),)
KEYS: Final = (*_ARROWS, *_WAYS, *_PLAYER, *_DIGITS, *_EVENTS)


def by_code() -> dict[int, str]:
    """What each code does."""
    return {code: key.does for key in KEYS for code in key.codes}


def script() -> str:
    """The table for the portal's script."""
    return f"window.yunpingKeys = {json.dumps(by_code(), separators=(',', ':'))};\n"


def table() -> str:
    """The table for the manual (docs/portal.md), which a test compares."""
    rows = ["| 按键 | 键码 |", "|---|---|"]
    for key in (*KEYS, *LEFT_TO_THE_BOX):
        codes = ", ".join(_written(code) for code in key.codes)
        rows.append(f"| {key.name}{'' if key.does else '（留给机顶盒）'} | {codes} |")
    return "\n".join(rows) + "\n"


def _written(code: int) -> str:
    """As the makers' own papers write it: hexadecimal up to the player's event, later ones in decimal."""
    return str(code) if 0x120 < code != 0x300 else f"0x{code:02X}"
