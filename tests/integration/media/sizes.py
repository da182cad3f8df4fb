"""The house's ladder with fewer pixels: what is claimed of stretches, order, times and bytes holds at any size.

A usual run encodes at these; the soak run encodes at the house's own sizes, as the library's tests always do.
"""

import contextlib
from collections.abc import Iterator
from typing import Final

from media import ladder, package

FULL: Final = "full"
SMALL: Final = "small"
_SIZES: Final = {"1080": (480, 270), "720": (320, 180), "480": (214, 120)}


@contextlib.contextmanager
def ladder_of(size: str) -> Iterator[None]:
    """While it lasts, every rung is that large; `FULL` is the house's own."""
    if size == FULL:
        yield
        return
    before = {name: (rung.width, rung.height) for name, rung in ladder.LADDER.items()}
    known = dict(package._known)
    package._known.clear()
    _resize(_SIZES)
    try:
        yield
    finally:
        _resize(before)
        package._known.clear()
        package._known.update(known)


def _resize(sizes: dict[str, tuple[int, int]]) -> None:
    # The rungs themselves, which are frozen and stand in default arguments, too.
    for name, (width, height) in sizes.items():
        object.__setattr__(ladder.LADDER[name], "width", width)
        object.__setattr__(ladder.LADDER[name], "height", height)
