"""A thousand generated attacks on an installed player: not a pixel changes, and what it remembers stays as it was."""

import asyncio
from itertools import islice

import pytest

from tests.chromium import SCREEN, Pages
from tests.fakes.attacks import INSIDE, OUTSIDE, Target, inside, outside
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import piece
from tests.fakes.street import Street, at_least, facts, glass, paired, remembered, until

pytestmark = pytest.mark.browser

WITHOUT_KEY = 700
WITH_KEY = 300
AT_ONCE = 25


async def test_thousand_attacks_change_no_pixel_and_no_memory(pages: Pages, town: Street) -> None:
    page = await (await pages.context(SCREEN)).new_page()
    await paired(page, town)
    gateway = town.gateway
    blue = piece(gateway.media, "垂虹桥畔夜市开市", (30, 90, 190), text="一句话。")
    seen = tuple(issue_of([blue], version=version) for version in (1, 2, 3))
    for issue in seen:
        await gateway.publish(issue)
    await until(
        page, lambda said: said.get("version") == "3" and said.get("heard") == "3" and said.get("mode") == "loop"
    )
    await asyncio.sleep(1)
    glass_before, memory_before = await glass(page), await remembered(page)

    for number, attack in enumerate(outside(Target(seen), count=WITHOUT_KEY, seed=20260731), start=1):
        await gateway.send(attack.message)
        if number % 50 == 0:
            await until(page, at_least("heard", len(seen) + number), within=60)
            assert await glass(page) == glass_before, attack.kind
    assert await remembered(page) == memory_before

    bad = inside(gateway.media, count=WITH_KEY, seed=20260801)
    for version in range(4, 4 + WITH_KEY // AT_ONCE):
        some = list(islice(bad, AT_ONCE))
        await gateway.publish(issue_of([blue, *(bundle for _, bundle in some)], version=version))
        said = await until(page, at_least("version", version), within=60)
        assert said["release"] == blue.release
        assert await glass(page) == glass_before, sorted({kind for kind, _ in some})
    assert len(OUTSIDE) + len(INSIDE) > 30
    assert (await facts(page))["release"] == blue.release
