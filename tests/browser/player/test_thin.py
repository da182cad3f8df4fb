"""A thin line by day: what the rules hold back holds up nothing else, and no emergency and no recall is held back."""

import io
import json
import random
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page

from cms.trust.approval import Bundle
from cms.trust.signed import text_of
from tests.browser.player.test_trouble import refusals
from tests.fakes.gateway import Media, issue_of
from tests.fakes.pieces import BLUE, content_of, listed, piece
from tests.fakes.street import Street, standing, until
from tests.vectors import world

pytestmark = pytest.mark.browser

# Only on the weekday after the one on which the guard of these tests stands.
CLOSED: dict[str, Any] = {
    "zone": "Asia/Shanghai",
    "windows": [{"days": [4], "on": 60, "off": 120}],
    "budget": None,
    "spread": 0,
    "share": False,
    "neighbours": [],
}
SMALL = 64 * 2**10


def large(media: Media, title: str, **changes: Any) -> tuple[Bundle, str]:
    """A piece whose picture is large enough to be held back, and the picture's name."""
    noise = Image.frombytes("RGB", (400, 400), random.Random(title).randbytes(480_000))
    out = io.BytesIO()
    noise.save(out, "PNG")
    asset = listed(out.getvalue())
    assert asset.size > SMALL
    media.put(out.getvalue())
    content = content_of(title, cover=asset.of, paragraphs=1, text="短。")
    return world.bundle_of(
        text_of(world.release(title, content=content, assets=(asset,), **changes)), "qian", "sun"
    ), asset.sha256


async def ruled(screen: Page, town: Street, policy: dict[str, Any] | None) -> None:
    await town.gateway.send({"t": "line", "policy": policy or {**CLOSED, "windows": []}})
    kept, clock = (town.folder / "state" / name for name in ("line.json", "clock.json"))
    wanted = [4] if policy else None
    await until(screen, lambda _: kept.exists() and clock.exists() and _days(kept.read_text()) == wanted)


def _days(text: str) -> list[int] | None:
    windows = ((json.loads(text) or {}).get("policy") or {}).get("windows") or [{}]
    found: list[int] | None = windows[0].get("days")
    return found


async def test_line_that_is_closed_holds_back_large_pictures_alone_and_neither_emergency_nor_recall(
    screen: Page, town: Street
) -> None:
    gateway, media = town.gateway, town.gateway.media
    blue = piece(media, "垂虹桥畔夜市开市", BLUE, text="短。")
    await gateway.publish(issue_of([blue], version=1))
    await until(screen, standing(blue.release))
    await ruled(screen, town, CLOSED)

    news, picture = large(media, "白天不下载的图")
    await gateway.publish(issue_of([news], version=2))
    said = await until(screen, lambda _: "hands.held" in refusals(town))
    assert (said["mode"], said["release"]) == ("loop", blue.release)  # nothing else to show: the last good one stays

    note = piece(media, "只有字的通知", text="停水通知。")
    await gateway.publish(issue_of([news, note], version=3))
    await until(screen, standing(note.release))

    ends = {"not_after": world.T0 + world.HOUR, "offline": None}
    alarm, warning = large(media, "台风红色预警", class_="urgent", envelope=ends)
    await gateway.publish(issue_of([news, note, alarm], version=4))
    await until(screen, standing(alarm.release), within=10)
    assert media.sent.get(picture, 0) == 0
    assert media.sent[warning] > SMALL

    recalls = world.recalls(2, alarm.release, note.release)
    await gateway.publish(issue_of([news, blue], version=5, recalls=recalls))
    await until(screen, standing(blue.release), within=10)
    assert media.sent.get(picture, 0) == 0

    await ruled(screen, town, None)
    await until(screen, standing(news.release), within=30)
    assert media.sent[picture] > SMALL
