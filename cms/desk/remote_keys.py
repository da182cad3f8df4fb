"""The keys of the remote that the desk shows beside a box's screen: what each is called and the code it sends.

The codes are those that plain browsers and most boxes send; `renderers.tv.keys` knows what every maker's remote sends,
and a test holds the two together.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """A key: `face` is printed on it, else its name; `names` are those of a keyboard that press it too."""

    label: str
    code: int
    face: str = ""
    look: str = ""
    names: str = ""


COLOURS: Final = (
    Key("live", 0x113, look="red"),
    Key("day", 0x114, look="green"),
    Key("columns", 0x115, look="yellow"),
    Key("info", 0x116, look="blue"),
)
ARROWS: Final = (
    Key("up", 0x26, "▲", "up", "ArrowUp"),
    Key("left", 0x25, "◀", "left", "ArrowLeft"),
    Key("ok", 0x0D, "", "ok", "Enter"),
    Key("right", 0x27, "▶", "right", "ArrowRight"),
    Key("down", 0x28, "▼", "down", "ArrowDown"),
)
WAYS: Final = (
    Key("back", 0x08, names="Backspace Escape"),
    Key("home", 0x110, names="Home"),
)
PAGES: Final = (
    Key("channel_up", 0x101, look="wide", names="+"),
    Key("page_up", 0x21, look="wide", names="PageUp"),
    Key("channel_down", 0x102, look="wide", names="-"),
    Key("page_down", 0x22, look="wide", names="PageDown"),
)
FILM: Final = (
    Key("rewind", 0x109, "◀◀"),
    Key("pause", 0x107, "▶ ❚❚", names=" "),
    Key("forward", 0x108, "▶▶"),
)
DIGITS: Final = tuple(Key(str(n), 0x30 + n, str(n), "zero" if n == 0 else "", str(n)) for n in (*range(1, 10), 0))
GROUPS: Final = {
    "colours": COLOURS,
    "ways": WAYS,
    "arrows": ARROWS,
    "pages": PAGES,
    "film": FILM,
    "digits": DIGITS,
}
