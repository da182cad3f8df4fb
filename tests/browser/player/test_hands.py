"""Remote hands on a real box: the page, the box's server, and a Chromium that is moved over its parent's pipes."""

import asyncio
import contextlib
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cms.hands.order import Order
from screens.kiosk.devtools import Devtools
from tests.fakes.gateway import issue_of
from tests.fakes.kiosk import browsing
from tests.fakes.pieces import BLUE, COVER, piece
from tests.fakes.street import Street, near, street
from tests.vectors.orders import TICKET, order, signed
from tests.vectors.world import T0

pytestmark = pytest.mark.browser
WAIT_S = 40


def kiosk(town: Street, profile: Path) -> contextlib.AbstractAsyncContextManager[Devtools]:
    return browsing(town.folder, town.url, profile)


async def until(holds: Callable[[], Any]) -> Any:
    deadline = asyncio.get_running_loop().time() + WAIT_S
    while not (found := holds()):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
    return found


async def given(town: Street, made: Order, name: str = "guard") -> None:
    await town.gateway.send({"t": "order", "order": signed(made, name).value()})


def ends(town: Street, made: Order) -> list[tuple[str, str | None]]:
    done = (one for one in town.gateway.said if one["t"] == "done" and one["order"] == made.order)
    return [(one["state"], one.get("code")) for one in done if one["state"] != "received"]


async def test_box_that_is_ordered_shows_its_glass_loads_again_and_refuses_what_is_not_for_it(tmp_path: Path) -> None:
    async with street(tmp_path / "box") as town, kiosk(town, tmp_path / "profile"):
        gateway = town.gateway
        await until(lambda: any(one["t"] == "pair" for one in gateway.said))
        gateway.pair()
        blue = piece(gateway.media, "垂虹桥畔夜市开市", BLUE)
        await until(lambda: gateway.pinned is not None)
        await gateway.publish(issue_of([blue], version=1))
        await until(lambda: 1 in gateway.acks("shown"))
        await asyncio.sleep(1.5)  # said in the first frame of its fade

        shot = order(1, action="screenshot", params={"ticket": TICKET})
        await given(town, shot)
        assert await until(lambda: ends(town, shot)) == [("done", None)]
        ticket, data = gateway.media.handed[shot.order]
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        assert (ticket, picture.width) == (f"Ticket {TICKET}", 1080)
        red, green, blue_ = picture.getpixel(COVER)  # type: ignore[misc]
        assert near((red, green, blue_), BLUE)

        log = order(2, action="logs", params={"ticket": "L" * 43})
        await given(town, log)
        assert await until(lambda: ends(town, log)) == [("done", None)]
        assert TICKET.encode() not in gateway.media.handed[log.order][1]

        before = len(gateway.media.asked)
        clear = order(3, action="cache")
        await given(town, clear)
        assert await until(lambda: ends(town, clear)) == [("done", None)]
        assert len(gateway.media.asked) == before  # what stands on the glass stays on the disk

        refused = {
            "hands.replayed": (order(2, order=order(99).order), "guard"),
            "hands.expired": (order(98, not_before=T0 - 600_000, expires_at=T0 - 1), "guard"),
            "hands.target": (order(97, screen=order(1).by), "guard"),
            "trust.signature": (order(96), "zhao"),
        }
        for code, (made, name) in refused.items():
            await given(town, made, name)
            assert await until(partial(ends, town, made)) == [("refused", code)]
        unable = order(4, action="volume", params={"level": 10})
        await given(town, unable)
        assert await until(lambda: ends(town, unable)) == [("failed", "hands.no_limb")]

        again, hellos = order(5), sum(one["t"] == "hello" for one in gateway.said)
        await given(town, again)
        assert await until(lambda: ends(town, again))  # told by the page that was loaded again
        await until(lambda: sum(one["t"] == "hello" for one in gateway.said) > hellos)
        caps = next(one["caps"] for one in reversed(gateway.said) if one["t"] == "hello")
        assert {name for name in caps if name.startswith("do_")} == {
            f"do_{action}" for action in ("screenshot", "reload", "cache", "logs", "update")
        }
