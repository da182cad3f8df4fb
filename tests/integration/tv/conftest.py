"""Tiny items in house format, encoded once a session."""

from pathlib import Path

import pytest

from renderers.tv import pages
from tests.fakes.house_files import HouseItem, encoded


@pytest.fixture(scope="session", autouse=True)
def _warm() -> None:
    pages.warm()


@pytest.fixture(scope="session")
def items(tmp_path_factory: pytest.TempPathFactory) -> tuple[HouseItem, ...]:
    """A slate of one segment, and items of two and of one; only the small rung is encoded."""

    def made(segments: int, pattern: str, tone: int) -> HouseItem:
        return encoded(folder(), segments=segments, pattern=pattern, tone=tone, rungs=("480",))

    def folder() -> Path:
        return tmp_path_factory.mktemp("item")

    return made(1, "smptebars", 200), made(2, "testsrc", 440), made(1, "testsrc2", 660)
