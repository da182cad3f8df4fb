"""A thousand generated attacks on an installed player: not a pixel changes, and what it remembers stays as it was."""

import asyncio
from dataclasses import dataclass, replace
from itertools import islice

import pytest
from playwright.async_api import Page

from cms.trust.approval import Bundle
from tests.fakes.attacks import INSIDE, OUTSIDE, Target, inside, outside
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import piece
from tests.fakes.street import Street, at_least, facts, glass, remembered, until
from tests.vectors import world

pytestmark = pytest.mark.browser

WITHOUT_KEY = 700
WITH_KEY = 300
AT_ONCE = 25


@dataclass
class Shown:
    """An installed player that has seen three line-ups and shows the piece of the last."""

    page: Page
    town: Street
    blue: Bundle
    seen: tuple[world.Issue, ...]
    glass: str
    began: float

    @classmethod
    async def make(cls, page: Page, town: Street) -> "Shown":
        blue = piece(town.gateway.media, "垂虹桥畔夜市开市", (30, 90, 190), text="一句话。")
        seen = tuple(issue_of([blue], version=version) for version in (1, 2, 3))
        for issue in seen:
            await town.gateway.publish(issue)
        await until(
            page, lambda said: said.get("version") == "3" and said.get("heard") == "3" and said.get("mode") == "loop"
        )
        await asyncio.sleep(1)
        return cls(page, town, blue, seen, await glass(page), asyncio.get_running_loop().time())

    async def without_key(self, count: int) -> None:
        """Over the socket, from somebody without the guard's key: nothing is drawn, and nothing remembered."""
        said = await facts(self.page)
        before, heard, swaps = await remembered(self.page), int(said["heard"]), said["swaps"]
        for number, attack in enumerate(outside(Target(self.seen), count=count, seed=20260731), start=1):
            await self.town.gateway.send(attack.message)
            if number % 50 == 0:
                await until(self.page, at_least("heard", heard + number), within=60)
                assert await glass(self.page) == self.glass, attack.kind
        assert await remembered(self.page) == before
        # Nor was anything drawn between two looks and taken off again.
        assert (await facts(self.page))["swaps"] == swaps

    async def with_key(self, count: int) -> None:
        """Line-ups of a stolen guard key, with pieces that nobody approved properly."""
        bad = inside(self.town.gateway.media, count=count, seed=20260801)
        for version in range(4, 4 + count // AT_ONCE):
            some = list(islice(bad, AT_ONCE))
            issue = issue_of([self.blue, *(bundle for _, bundle in some)], version=version)
            ran = int((asyncio.get_running_loop().time() - self.began) * 1000)
            await self.town.gateway.publish(replace(issue, at=issue.at + ran))  # a guard's clock goes on meanwhile
            said = await until(self.page, at_least("version", version), within=60)
            assert said["release"] == self.blue.release
            assert await glass(self.page) == self.glass, sorted({kind for kind, _ in some})


async def test_thousand_attacks_change_no_pixel_and_no_memory(screen: Page, town: Street) -> None:
    shown = await Shown.make(screen, town)
    await shown.without_key(WITHOUT_KEY)
    await shown.with_key(WITH_KEY)
    assert len(OUTSIDE) + len(INSIDE) > 30
    assert (await facts(screen))["release"] == shown.blue.release
