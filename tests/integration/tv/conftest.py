"""Tiny items in house format, encoded once."""

import pytest

from renderers.tv import pages
from tests.fakes.house_files import HouseItem, encoded


@pytest.fixture(scope="session", autouse=True)
def _warm() -> None:
    pages.warm()


@pytest.fixture(scope="session")
def items() -> tuple[HouseItem, ...]:
    """A slate of one segment, and items of two and of one; only the small rung is encoded."""
    wanted = ((1, "smptebars", 200), (2, "testsrc", 440), (1, "testsrc2", 660))
    return tuple(encoded(segments=n, pattern=p, tone=t, rungs=("480",)) for n, p, t in wanted)
