"""Where everything a remote control can reach stands on a page of 1280×720, and where each arrow leads from it.

Boxes have no layout engine worth trusting: places are absolute, inside the safe area, and the way from one to the next
is worked out here and written into the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

CARDS_AT_HOME: Final = 4
TILES: Final = 6
CARDS: Final = 10  # of a list's page: five by two
COLUMNS: Final = 20  # of the page of columns: five by four
ROWS: Final = 7  # of a day's page
DATES: Final = 9  # seven back, today, tomorrow
LINES: Final = 6  # of the channels' page
MARKS: Final = 12  # of a page of chapters: two by six
MARKS_AT_DETAIL: Final = 4
_PARTS: Final = 20  # of a bar that shows how much is over


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
    **{f"card{n}": Box(728 + n % 2 * 252, 104 + n // 2 * 224, 236, 208) for n in range(CARDS_AT_HOME)},
    **{f"tile{n}": Box(64 + n % 6 * 195, 560, 177, 64) for n in range(TILES)},
}
LIST: Final[Mapping[str, Box]] = {
    **{f"item{n}": Box(64 + n % 5 * 234, 112 + n // 5 * 236, 216, 220) for n in range(CARDS)},
    "before": Box(64, 604, 200, 64),
    "home": Box(540, 604, 200, 64),
    "after": Box(1016, 604, 200, 64),
}
TREE: Final[Mapping[str, Box]] = {
    **{f"column{n}": Box(64 + n % 5 * 234, 112 + n // 5 * 120, 216, 104) for n in range(COLUMNS)},
    "before": Box(64, 604, 200, 64),
    "home": Box(540, 604, 200, 64),
    "after": Box(1016, 604, 200, 64),
}
DETAIL: Final[Mapping[str, Box]] = {
    **{f"mark{n}": Box(656, 352 + n * 60, 560, 54) for n in range(MARKS_AT_DETAIL)},
    "play": Box(64, 604, 300, 64),
    "column": Box(388, 604, 280, 64),
    "home": Box(692, 604, 200, 64),
    # Last: it goes away when there is nothing to begin again.
    "again": Box(916, 604, 200, 64),
}
CHAPTERS: Final[Mapping[str, Box]] = {
    **{f"mark{n}": Box(64 + n // 6 * 588, 112 + n % 6 * 80, 564, 72) for n in range(MARKS)},
    "before": Box(64, 612, 200, 60),
    "home": Box(540, 612, 200, 60),
    "after": Box(1016, 612, 200, 60),
}
TEXT: Final[Mapping[str, Box]] = {
    "read": Box(64, 104, 1152, 492),
    "column": Box(64, 612, 280, 60),
    "home": Box(368, 612, 200, 60),
}
DAY: Final[Mapping[str, Box]] = {
    **{f"date{n}": Box(64, 112 + n * 62, 212, 54) for n in range(DATES)},
    **{f"row{n}": Box(300, 112 + n * 68, 916, 62) for n in range(ROWS)},
    "before": Box(300, 612, 200, 60),
    "home": Box(658, 612, 200, 60),
    "after": Box(1016, 612, 200, 60),
}
CHANNELS: Final[Mapping[str, Box]] = {
    **{f"line{n}": Box(64, 108 + n * 82, 1152, 74) for n in range(LINES)},
    "before": Box(64, 612, 200, 60),
    "home": Box(540, 612, 200, 60),
    "after": Box(1016, 612, 200, 60),
}
NOTICE: Final[Mapping[str, Box]] = {
    "read": Box(380, 506, 240, 64),
    "close": Box(660, 506, 240, 64),
}
LOST: Final[Mapping[str, Box]] = {
    "back": Box(380, 468, 240, 64),
    "home": Box(660, 468, 240, 64),
}
PAGES: Final[Mapping[str, Mapping[str, Box]]] = {
    "home": HOME,
    "list": LIST,
    "tree": TREE,
    "detail": DETAIL,
    "chapters": CHAPTERS,
    "text": TEXT,
    "day": DAY,
    "channels": CHANNELS,
    "notice": NOTICE,
    "lost": LOST,
}
# Pages of cards; the script is told by an attribute of the page.
GRIDS: Final = frozenset({"home", "list", "tree"})
_ARROWS: Final = ("l", "r", "u", "d")


@dataclass(frozen=True, slots=True)
class Reach:
    """The boxes a page really has, by which the arrows are worked out."""

    page: str
    there: Mapping[str, Box]

    def box(self, name: str, href: str) -> Markup:
        """The attributes of one: its place, its neighbours, and where OK leads."""
        ways = Markup("").join(
            Markup(' data-{}="{}{}"').format(arrow, self.mark, found)
            for arrow in _ARROWS
            if (found := neighbour(self.there, name, arrow, wraps=self.page in GRIDS)) is not None
        )
        return Markup('id="{0}{1}" class="f b-{2}-{1}" data-go="{3}"{4}').format(self.mark, name, self.page, href, ways)

    @property
    def mark(self) -> str:
        """What names begin with: a notice lies before a page that has boxes of the same names."""
        return "n-" if self.page == "notice" else "f-"


def reach(page: str, names: Sequence[str]) -> Reach:
    return Reach(page, {name: PAGES[page][name] for name in names})


def neighbour(boxes: Mapping[str, Box], name: str, arrow: str, *, wraps: bool = False) -> str | None:
    """The nearest box in a direction; one that lies straight ahead goes before any that does not.

    Where the page `wraps`, left and right go from the end of a row to the next one in the order of `boxes`, as reading
    does: so everything is reached whatever is missing. The portal's script has the same rule, for what is left of a
    page when something was taken back.
    """
    here = boxes[name]
    ranked = sorted(
        (cost, other) for other, box in boxes.items() if other != name if (cost := _cost(here, box, arrow)) is not None
    )
    if not wraps or arrow in {"u", "d"} or (ranked and not ranked[0][0][0]):
        return ranked[0][1] if ranked else None
    order = list(boxes)
    at = order.index(name) + (1 if arrow == "r" else -1)
    return order[at] if 0 <= at < len(order) else None


def stylesheet() -> str:
    """The places as rules: a page may not carry styles of its own."""
    places = "".join(
        f".b-{page}-{name}{{left:{b.left}px;top:{b.top}px;width:{b.width}px;height:{b.height}px}}\n"
        for page, boxes in PAGES.items()
        for name, b in boxes.items()
    )
    return places + "".join(f".done-{n}{{width:{n * 100 // _PARTS}%}}\n" for n in range(_PARTS + 1))


def part(done: int, whole: int) -> int:
    """How far a bar is filled, as the number in its class."""
    return min(_PARTS, max(0, done * _PARTS // whole)) if whole > 0 else 0


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
