"""Files by hash: a wrong byte keeps the old line-up's piece, a cut line goes on where it stopped."""

import asyncio
import io

import pytest
from PIL import Image
from playwright.async_api import Page

from cms.trust.signed import text_of
from tests.chromium import SCREEN, Pages
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, GREEN, content_of, listed, picture, piece
from tests.fakes.street import Street, at_least, facts, paired, standing, until
from tests.vectors import world

pytestmark = pytest.mark.browser

MIB = 2**20


async def test_file_that_is_not_what_was_signed_is_never_drawn(screen: Page, town: Street) -> None:
    media = town.gateway.media
    blue, green = piece(media, "好的", BLUE), piece(media, "坏的", GREEN)
    name = listed(picture(GREEN)).sha256
    media.files[name] = media.files[name][:-1] + b"\x00"
    await town.gateway.publish(issue_of([blue], version=1))
    await until(screen, standing(blue.release))
    await town.gateway.publish(issue_of([blue, green], version=2))
    await until(screen, at_least("version", 2))
    await until(screen, lambda _: media.asked.count(name) >= 3)
    await asyncio.sleep(1)
    assert (await facts(screen))["release"] == blue.release
    assert media.asked.count(name) == 3


@pytest.mark.parametrize("by", ["box", "page"])
async def test_download_cut_in_the_middle_goes_on_where_it_stopped(pages: Pages, town: Street, by: str) -> None:
    context = await pages.context(SCREEN, service_workers=by == "box")
    if by == "page":
        await context.route("**/hands", lambda route: route.fulfill(status=404))  # a box without a store of its own
    screen = await context.new_page()
    await paired(screen, town)
    media = town.gateway.media
    out = io.BytesIO()
    Image.effect_noise((1600, 1600), 90).convert("RGB").save(out, "PNG")
    data = out.getvalue()
    assert len(data) > 5 * MIB
    asset = listed(data)
    media.put(data)
    content = content_of("大图", cover=asset.of, paragraphs=1)
    made = world.bundle_of(text_of(world.release("大图", content=content, assets=(asset,))), "qian", "sun")
    media.cuts = {asset.sha256: [4 * MIB + 5000]}
    await town.gateway.publish(issue_of([made], version=1))
    await until(screen, standing(made.release), within=60)
    assert media.asked.count(asset.sha256) == 2
    # The box has every byte that came. A page loses the chunk it was at and what the browser had not handed to it yet;
    # from the start it would be all that came before the cut.
    assert 0 <= media.sent[asset.sha256] - len(data) <= (MIB if by == "box" else 4 * MIB)
    assert (town.folder / "state" / "media" / asset.sha256).exists() == (by == "box")
    await screen.close()


SPOIL = """
async (name) => {
  const { Store } = await import("/store.js");
  const store = await Store.open();
  await store.keep(name, new Blob([new Uint8Array(100)]));
}
"""


async def test_file_that_rotted_on_the_disk_is_fetched_again(screen: Page, town: Street) -> None:
    media = town.gateway.media
    blue, green = piece(media, "好的", BLUE, text="短。"), piece(media, "要坏的", GREEN, text="短。")
    name = listed(picture(GREEN)).sha256
    await town.gateway.publish(issue_of([blue, green], version=1, show=2_500))
    await until(screen, standing(blue.release))
    await screen.evaluate(SPOIL, name)
    await until(screen, lambda said: said.get("fault") == "trust.hash")
    assert (await facts(screen))["release"] == blue.release
    await until(screen, lambda _: media.asked.count(name) >= 2)
