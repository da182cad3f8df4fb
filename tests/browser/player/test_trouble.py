"""What no screen can help: a clock at 1970, a line-up of tomorrow's format, a film it cannot decode."""

import asyncio
import dataclasses

import pytest
from playwright.async_api import Page

from cms.trust.keys import sha256
from cms.trust.signed import text_of
from tests.chromium import SCREEN, Pages
from tests.fakes.films import asset_of
from tests.fakes.gateway import issue_of, state_message
from tests.fakes.pieces import BLUE, GREEN, content_of, listed, picture, piece
from tests.fakes.street import Street, facts, paired, standing, until
from tests.vectors import world
from tests.vectors.cases import changed, signed_text

pytestmark = pytest.mark.browser

# The box's wall clock begins at 1970; what was never set does not even run right.
UNSET = """
const Real = Date;
window.Date = class extends Real {
  constructor(...given) { given.length ? super(...given) : super(Math.round(performance.now())); }
  static now() { return Math.round(performance.now()); }
};
"""


def refusals(town: Street) -> set[str]:
    return {said["code"] for said in town.gateway.said if said["t"] == "ack" and said["state"] == "refused"}


async def test_screen_with_a_clock_at_1970_shows_tells_and_starts_again_alone(pages: Pages, town: Street) -> None:
    context = await pages.context(SCREEN)
    await context.add_init_script(UNSET)
    page = await context.new_page()
    await paired(page, town)
    blue = piece(town.gateway.media, "垂虹桥畔夜市开市", BLUE, text="短。")
    await town.gateway.publish(issue_of([blue], version=1))
    await until(page, standing(blue.release))
    await until(
        page, lambda _: any(said["t"] == "beat" and said["clock"] < -world.T0 / 2 for said in town.gateway.said)
    )
    await town.gateway.stop()
    await page.reload()
    await until(page, standing(blue.release), within=10)
    assert await page.evaluate("Date.now()") < 1_000_000
    pages.complaints.clear()  # a server that is gone


async def test_line_up_of_a_newer_format_is_refused_and_the_last_good_one_stays(screen: Page, town: Street) -> None:
    blue = piece(town.gateway.media, "垂虹桥畔夜市开市", BLUE, text="短。")
    await town.gateway.publish(issue_of([blue], version=1))
    await until(screen, standing(blue.release))
    issue = issue_of([blue], version=2)
    newer = signed_text("manifest", changed(text_of(issue.manifest()), format=9), "guard")
    await town.gateway.send(state_message(beacon=world.by(issue.beacon(newer), "guard"), manifest=newer))
    said = await until(screen, lambda _: "trust.format" in refusals(town))
    assert said["release"] == blue.release
    assert said["version"] == "1"


async def test_film_the_box_cannot_decode_is_named_and_the_loop_goes_on(screen: Page, town: Street) -> None:
    media = town.gateway.media
    good = piece(media, "好的", GREEN, text="短。")
    data = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 200  # a film by its name, of no codec there is
    media.put(data)
    poster = picture(BLUE, width=1280, height=720)
    media.put(poster)
    master = sha256(b"master" + data)
    assets = (
        asset_of(data, master=master, rendition="play-720", media_type="video/mp4"),
        dataclasses.replace(listed(poster, rendition="poster", master=master)),
    )
    content = content_of("放不了的讲座", cover=None, paragraphs=0)
    content["body"]["blocks"] = [{"id": "b_film00000001", "type": "video", "asset": master, "title": "讲座"}]
    content["durations"] = {master: 4000}
    made = world.release("放不了的讲座", class_="lecture", content=content, assets=assets)
    film = world.bundle_of(text_of(made), "qian", "sun")
    await town.gateway.publish(issue_of([film, good], version=1, show=1_000))
    await until(screen, lambda _: "film.broken" in refusals(town))
    said = await until(screen, standing(good.release))
    assert said["version"] == "1"
    assert film.release not in {one.get("showing") for one in town.gateway.said}
    # Another file of it is another try, at once and not after the minute for which what fails is passed over.
    other = world.bundle_of(text_of(made), "qian", "he")
    await town.gateway.publish(issue_of([other, good], version=2, show=1_000))
    refused = {"state": "refused", "code": "film.broken", "version": 2, "epoch": 1}
    await until(screen, lambda _: any(refused.items() <= one.items() for one in town.gateway.said))


async def test_full_disk_of_the_box_keeps_what_stood_tells_the_desk_and_ends(screen: Page, town: Street) -> None:
    blue = piece(town.gateway.media, "垂虹桥畔夜市开市", BLUE, text="短。")
    await town.gateway.publish(issue_of([blue], version=1))
    await until(screen, standing(blue.release))
    await screen.evaluate("navigator.storage.estimate = async () => ({ quota: 1_000_000, usage: 1_000_000 })")
    green = piece(town.gateway.media, "志愿者送去热粥", GREEN, text="短。")
    await town.gateway.publish(issue_of([green, blue], version=2))
    said = await until(screen, lambda _: "hands.full" in refusals(town))
    assert (said["mode"], said["release"]) == ("loop", blue.release)
    await town.gateway.publish(issue_of([green], version=3))  # and nothing else
    full = {"state": "refused", "code": "hands.full", "version": 3}
    await until(screen, lambda _: any(full.items() <= one.items() for one in town.gateway.said))
    await asyncio.sleep(1)
    said = await facts(screen)
    assert (said["mode"], said["release"]) == ("loop", blue.release)
    await screen.reload()  # and there is room again
    await until(screen, standing(green.release), within=60)
