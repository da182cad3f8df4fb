"""A lecture's film on the street: checked each time it is read, whole when it is shown, gone when it is recalled."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.browser.player.test_alone import browser_of
from tests.browser.player.test_swaps import recorded, weighed
from tests.chromium import SCREEN, Pages
from tests.fakes.films import FILM_AT, MIB, film_of, lecture
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, COVER, GREEN, piece
from tests.fakes.street import Colour, Street, at_least, colour_of, cropped, facts, near, paired, pixel, standing, until
from tests.vectors import world

pytestmark = pytest.mark.browser

RED = (190, 60, 50)
# A second, of films that are long only so that they do not end: most of what such a test cost was making them.
FEW = 5


async def played(page: Page) -> float:
    """Seconds of the film on the glass."""
    found: float = await page.evaluate("document.querySelector('video')?.currentTime ?? -1")
    return found


async def glowing(page: Page) -> Colour:
    """The mean colour of the middle of the film."""
    x, y = FILM_AT
    return colour_of(await page.screenshot(clip={"x": x - 200, "y": y - 50, "width": 400, "height": 100}))


async def test_lecture_plays_its_film_without_sound_from_its_own_disk(screen: Page, town: Street) -> None:
    made = lecture(town.gateway.media, "垂虹讲堂", BLUE, mib=3)
    await town.gateway.publish(issue_of([made], version=1))
    said = await until(screen, standing(made.release))
    assert said["film"] == "playing"
    town.gateway.media.files.clear()
    await asyncio.sleep(1.5)
    assert await played(screen) > 0.5
    assert near(await glowing(screen), BLUE)
    assert await screen.evaluate("document.querySelector('video').muted")
    assert town.gateway.acks("cached") == town.gateway.acks("shown") == [1]
    swaps = (await facts(screen))["swaps"]
    await asyncio.sleep(4)  # alone in its loop it begins again without a swap
    assert (await facts(screen))["swaps"] == swaps
    assert 0 <= await played(screen) < 4


async def test_films_take_turns_by_their_length_and_no_frame_between_is_black(screen: Page, town: Street) -> None:
    media = town.gateway.media
    made = [lecture(media, name, colour, seconds=2.4) for name, colour in (("甲", BLUE), ("乙", GREEN))]
    await town.gateway.publish(issue_of(made, version=1, show=1_000))
    await until(screen, at_least("swaps", 3))
    before = int((await facts(screen))["swaps"])
    frames = await recorded(screen, seconds=10)
    assert 3 <= int((await facts(screen))["swaps"]) - before <= 5
    for frame in frames:
        red, green, blue = colour_of(cropped(frame, share=FILM_AT[1] / 1920 + 0.1))
        assert 60 < (red + green + blue) // 3 < 240
    assert "fault" not in await facts(screen)


async def test_film_with_an_altered_chunk_in_its_middle_is_never_shown(screen: Page, town: Street) -> None:
    media = town.gateway.media
    good, bad = piece(media, "好的", BLUE, text="短。"), lecture(media, "坏的", BLUE, mib=3)
    name = film_of(bad)
    data = media.files[name]
    assert len(data) > 2 * MIB
    media.files[name] = data[: MIB + 77] + bytes([data[MIB + 77] ^ 1]) + data[MIB + 78 :]
    await town.gateway.publish(issue_of([good], version=1))
    await until(screen, standing(good.release))
    await town.gateway.publish(issue_of([bad, good], version=2))
    await until(screen, lambda _: town.gateway.acks("cached")[-1:] == [2])
    await asyncio.sleep(0.8)
    for _ in range(20):
        await asyncio.sleep(0.1)
        assert (await facts(screen))["release"] == good.release
        assert near(await pixel(screen, *COVER), BLUE)
    assert media.asked.count(name) == 3
    assert town.gateway.acks("cached") == [1, 2]


SPOIL = """
async (name) => {
  const { Store } = await import("/store.js");
  const store = await Store.open();
  const blob = await store.file(name);
  const at = 1.5 * 2 ** 20;
  await store.keep(name, new Blob([blob.slice(0, at), new Uint8Array(9), blob.slice(at + 9)]));
}
"""


HASHED = """
async (name) => {
  const { Store } = await import("/store.js");
  const { sha256 } = await import("/trust/crypto.js");
  const blob = await (await Store.open()).file(name);
  return blob ? sha256(await blob.arrayBuffer()) : "";
}
"""


async def mended(page: Page, film: str) -> None:
    """Waits until the browser's own copy is what was signed."""
    deadline = asyncio.get_running_loop().time() + 60
    while (found := await page.evaluate(HASHED, film)) != film:
        assert asyncio.get_running_loop().time() < deadline, found
        await asyncio.sleep(0.2)


async def test_film_that_rotted_on_the_disk_is_found_out_and_fetched_again(screen: Page, town: Street) -> None:
    media, context = town.gateway.media, screen.context
    good, film = piece(media, "好的", BLUE, text="短。"), lecture(media, "会坏的", BLUE, mib=3)
    name = film_of(film)
    await town.gateway.publish(issue_of([good, film], version=1, show=2_000))
    await until(screen, standing(film.release), within=60)
    # The box's copy, whole or rotten in its turn: it may mend the browser's, but it is not believed.
    for is_whole in (True, False):
        asked = media.asked.count(name)
        await screen.evaluate(SPOIL, name)
        assert await screen.evaluate(HASHED, name) != name
        await screen.close()
        if not is_whole:
            (town.folder / "state" / "media" / name).write_bytes(bytes(len(media.files[name])))
        screen = await context.new_page()  # with nothing in memory of what was read before
        await screen.goto(town.url)
        await mended(screen, name)
        assert is_whole or media.asked.count(name) > asked
        # Whole again, it is tried at once, not after the minute for which what fails is passed over.
        said = await until(screen, standing(film.release), within=15)
        assert said["film"] == "playing"
    await screen.close()


async def test_recall_in_the_middle_of_a_film_takes_it_off_within_three_seconds(screen: Page, town: Street) -> None:
    media = town.gateway.media
    film, good = lecture(media, "撤回", RED, seconds=30, pictures=FEW), piece(media, "留下", BLUE)
    await town.gateway.publish(issue_of([film, good], version=1))
    await until(screen, standing(film.release))
    await asyncio.sleep(1.5)
    assert await played(screen) > 0
    recalls = world.recalls(2, film.release)
    await town.gateway.publish(issue_of([film, good], version=1, seq=2, recalls=recalls))
    await until(screen, standing(good.release), within=3)
    await asyncio.sleep(0.8)
    assert near(await pixel(screen, *COVER), BLUE)
    assert await screen.evaluate("document.querySelectorAll('video').length") == 0


async def test_film_that_stands_still_is_passed_over(screen: Page, town: Street) -> None:
    media = town.gateway.media
    film, good = lecture(media, "卡住", RED, seconds=60, pictures=FEW), piece(media, "下一条", BLUE)
    await town.gateway.publish(issue_of([film, good], version=1))
    await until(screen, standing(film.release))
    await screen.evaluate("document.querySelector('video').pause()")
    await until(screen, standing(good.release), within=15)
    assert (await facts(screen))["fault"] == "film.stuck"


async def test_film_plays_after_a_restart_without_a_server(tmp_path: Path, town: Street) -> None:
    made = lecture(town.gateway.media, "垂虹讲堂", BLUE)
    async with browser_of(tmp_path / "profile") as page:
        await paired(page, town)
        await town.gateway.publish(issue_of([made], version=3))
        await until(page, standing(made.release))
    await town.gateway.close()
    async with browser_of(tmp_path / "profile") as page:
        await page.goto(town.url)
        await until(page, standing(made.release), within=10)
        await asyncio.sleep(1)
        assert await played(page) > 0
        assert near(await pixel(page, *FILM_AT), BLUE)


async def test_browser_that_cannot_check_films_shows_the_poster(pages: Pages, town: Street) -> None:
    page = await (await pages.context(SCREEN, service_workers=False)).new_page()
    await paired(page, town)
    made = lecture(town.gateway.media, "垂虹讲堂", GREEN)
    await town.gateway.publish(issue_of([made], version=1))
    said = await until(page, standing(made.release))
    await asyncio.sleep(0.8)
    assert "film" not in said
    assert near(await pixel(page, *FILM_AT), GREEN)
    assert film_of(made) not in town.gateway.media.asked


async def test_many_turns_of_films_leave_no_memory_behind(pages: Pages, town: Street) -> None:
    context = await pages.context(SCREEN)
    page = await context.new_page()
    await page.emulate_media(reduced_motion="reduce")
    await paired(page, town)
    media = town.gateway.media
    made = [lecture(media, name, colour, seconds=0.4) for name, colour in (("甲", BLUE), ("乙", GREEN))]
    await town.gateway.publish(issue_of(made, version=1, show=400))
    session = await context.new_cdp_session(page)
    # A look may fall between two films, when both stand in the page: the fullest of a few looks is compared.
    early = [await weighed(page, session, swaps=count) for count in (8, 10, 12, 14)]
    late = [await weighed(page, session, swaps=count) for count in (34, 36)]
    assert min(one["nodes"] for one in late) <= max(one["nodes"] for one in early) * 1.1 + 50
    assert late[-1]["heap"] - early[-1]["heap"] < 1_000_000
    assert await page.evaluate("document.querySelectorAll('video').length") <= 2
