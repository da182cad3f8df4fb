"""Where everything a remote control can reach stands on a page of 1280×720, and where each arrow leads from it.

Boxes have no layout engine worth trusting: places are absolute, inside the safe area, and the way from one to the next
is worked out here and written into the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

CARDS_AT_HOME: Final = 4
TILES: Final = 12
CARDS: Final = 10  # of a list's page: five by two
ROWS: Final = 7  # of a day's page


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels on the page."""

    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        return self.left + self.width // 2, self.top + self.height // 2


HOME: Final[Mapping[str, Box]] = {
    "live": Box(64, 104, 640, 360),
    **{f"card{n}": Box(728 + n % 2 * 252, 104 + n // 2 * 229, 236, 213) for n in range(CARDS_AT_HOME)},
    **{f"tile{n}": Box(64 + n % 6 * 195, 564 + n // 6 * 64, 177, 56) for n in range(TILES)},
}
LIST: Final[Mapping[str, Box]] = {
    **{f"item{n}": Box(64 + n % 5 * 234, 112 + n // 5 * 236, 216, 220) for n in range(CARDS)},
    "before": Box(64, 604, 200, 64),
    "home": Box(540, 604, 200, 64),
    "after": Box(1016, 604, 200, 64),
}
DETAIL: Final[Mapping[str, Box]] = {
    "play": Box(64, 604, 240, 64),
    "column": Box(328, 604, 280, 64),
    "home": Box(632, 604, 200, 64),
}
TEXT: Final[Mapping[str, Box]] = {
    "read": Box(64, 104, 1152, 484),
    "column": Box(64, 612, 280, 60),
    "home": Box(368, 612, 200, 60),
}
DAY: Final[Mapping[str, Box]] = {
    **{f"row{n}": Box(64, 112 + n * 68, 1152, 62) for n in range(ROWS)},
    "yesterday": Box(64, 608, 200, 60),
    "before": Box(288, 608, 200, 60),
    "home": Box(540, 608, 200, 60),
    "after": Box(792, 608, 200, 60),
    "tomorrow": Box(1016, 608, 200, 60),
}
PAGES: Final[Mapping[str, Mapping[str, Box]]] = {
    "home": HOME,
    "list": LIST,
    "detail": DETAIL,
    "text": TEXT,
    "day": DAY,
}
_ARROWS: Final = ("l", "r", "u", "d")


@dataclass(frozen=True, slots=True)
class Reach:
    """The boxes a page really has, by which the arrows are worked out."""

    page: str
    there: Mapping[str, Box]

    def box(self, name: str, href: str) -> Markup:
        """The attributes of one: its place, its neighbours, and where OK leads."""
        ways = Markup("").join(
            Markup(' data-{}="f-{}"').format(arrow, found)
            for arrow in _ARROWS
            if (found := neighbour(self.there, name, arrow)) is not None
        )
        return Markup('id="f-{0}" class="f b-{1}-{0}" data-go="{2}"{3}').format(name, self.page, href, ways)


def reach(page: str, names: Sequence[str]) -> Reach:
    return Reach(page, {name: PAGES[page][name] for name in names})


def neighbour(boxes: Mapping[str, Box], name: str, arrow: str) -> str | None:
    """The nearest box in a direction; one that lies straight ahead goes before any that does not."""
    here = boxes[name]
    ranked = sorted(
        (cost, other) for other, box in boxes.items() if other != name if (cost := _cost(here, box, arrow)) is not None
    )
    return ranked[0][1] if ranked else None


def stylesheet() -> str:
    """The places as rules: a page may not carry styles of its own."""
    return "".join(
        f".b-{page}-{name}{{left:{b.left}px;top:{b.top}px;width:{b.width}px;height:{b.height}px}}\n"
        for page, boxes in PAGES.items()
        for name, b in boxes.items()
    )


def _cost(here: Box, there: Box, arrow: str) -> tuple[bool, int] | None:
    (x, y), (other_x, other_y) = here.middle, there.middle
    across = arrow in {"l", "r"}
    ahead = {
        "l": here.left - (there.left + there.width),
        "r": there.left - (here.left + here.width),
        "u": here.top - (there.top + there.height),
        "d": there.top - (here.top + here.height),
    }[arrow]
    if ahead < 0:
        return None
    aside = (
        _apart(here.top, here.height, there.top, there.height)
        if across
        else _apart(here.left, here.width, there.left, there.width)
    )
    drift = abs(y - other_y) if across else abs(x - other_x)
    return aside > 0, ahead * 4 + aside * 12 + drift


def _apart(a: int, a_length: int, b: int, b_length: int) -> int:
    """How far two stretches are from overlapping."""
    return max(0, b - (a + a_length), a - (b + b_length))
