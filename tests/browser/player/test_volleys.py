"""Generated attacks at the player's own readers, in the page of an installed player that goes on showing its piece.

The readers of this process refuse the same attacks by the same codes. `./yunping test faults` fires a hundred thousand.
"""

import asyncio
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from cms.trust.signed import plain
from tests.chromium import SCREEN, Pages
from tests.fakes import forging_pairing as pairing
from tests.fakes.forging import LEDGER, MARKS, NEXT_BEACON, STATE, heard
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, piece
from tests.fakes.street import Street, facts, glass, paired, remembered, standing, until
from tests.fakes.volleys import GOOD, GROUPS, Tally, code_of, shots
from tests.vectors import passkeys, texts
from tests.vectors.world import T0, by

pytestmark = pytest.mark.browser

RUN = Path(__file__).with_name("attacks.js").read_text("utf-8")
FADED_S = 1.0
AT_ONCE = 1_000


def kit() -> dict[str, Any]:
    """The screen of `tests.fakes.forging` as the page can make it."""
    start, incoming = texts.start(), heard()
    lists = {"roots": [one.value() for one in incoming.roots], "feeds": [one.value() for one in incoming.feeds]}
    single = ("delegations", "recalls", "screen", "beacon", "manifest", "player")
    told = {name: getattr(incoming, name).value() for name in single}
    return {
        **{name: start[name] for name in ("root", "screen", "key", "audience")},
        "heard": {**lists, **told},
        "bundles": {name: data.decode() for name, data in incoming.bundles.items()},
        "people": by(passkeys.GRANTED_2, "delegations").value(),
        "known": {"manifest": {"beacon": NEXT_BEACON.value()}},
        "seqs": dict(LEDGER.seqs),
        "now": T0,
    }


def good() -> list[dict[str, Any]]:
    """Everything that is attacked, as it should be."""
    marks = [{"as": mark.name, "one": mark.good.value()} for mark in MARKS]
    bundles = [{"as": "release", "one": {"text": one.text, "approvals": plain(one.approvals)}} for one in GOOD]
    devices = [pairing.next_of(phase).data or {} for phase in ("asked", "asked, paired", "waiting")]
    return [*marks, *bundles, *devices]


async def fired(page: Page, *, count: int, seed: int) -> tuple[Tally, list[str]]:
    """What the page refused, its glass looked at after every volley; and where it named another code than we do."""
    assert await page.evaluate(RUN, {"kit": kit()}) == []
    assert set(await page.evaluate(RUN, {"shots": good()})) == {None}  # what nobody bent is taken
    assert STATE.screen == kit()["screen"]
    tally, other, before = Tally(), list[str](), await glass(page)
    readable = (shot for shot in shots(count=2 * count, seed=seed) if shot.data is not None)
    waiting = islice(readable, count)
    while volley := list(islice(waiting, AT_ONCE)):
        codes = await page.evaluate(RUN, {"shots": [shot.data for shot in volley]})
        for shot, code in zip(volley, codes, strict=True):
            tally.add(shot, code)
            ours = code_of(shot)
            if shot.group != "pairing" and code != ours:
                other.append(f"{shot.kind}: {code}, here {ours}")
        assert await glass(page) == before, sorted({shot.kind for shot in volley})
    return tally, other


async def shown(pages: Pages, town: Street) -> Page:
    """An installed player with a piece on its glass."""
    page = await (await pages.context(SCREEN)).new_page()
    await paired(page, town)
    blue = piece(town.gateway.media, "垂虹桥畔夜市开市", BLUE, text="一句话。")
    await town.gateway.publish(issue_of([blue], version=1))
    await until(page, standing(blue.release))
    await asyncio.sleep(FADED_S)
    return page


async def test_players_own_readers_refuse_each_kind_of_attack_by_the_same_code(pages: Pages, town: Street) -> None:
    page = await shown(pages, town)
    before = await remembered(page)
    tally, other = await fired(page, count=1_000, seed=20261128)
    assert tally.accepted == []
    assert set(tally.groups) == set(GROUPS)
    assert other == []
    assert await remembered(page) == before


@pytest.mark.faults
@pytest.mark.timeout(1_800)
async def test_hundred_thousand_attacks_at_the_players_own_readers_draw_nothing(pages: Pages, town: Street) -> None:
    page = await shown(pages, town)
    before = await remembered(page)
    tally, other = await fired(page, count=105_000, seed=20261129)
    print(dict(tally.groups))  # noqa: T201 - the figures of the run
    assert tally.accepted == []
    assert tally.groups.total() == 105_000
    assert min(tally.groups[one] for one in GROUPS) > 3_000
    assert other == []
    assert await remembered(page) == before
    assert (await facts(page))["mode"] == "loop"
