"""Pictures for the wall: of a channel once in a while, one decode at a time, and none of what cannot be shown."""

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from cms.kernel.clock import FixedClock
from deploy import stills
from deploy.stills import FRESH, Stills
from media.errors import MediaRefused
from media.sandbox import Grade, Sandbox
from tests.fakes.channel import NOW


async def test_wall_decodes_one_channel_at_a_time_and_each_once_in_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, at_once, made = FixedClock(NOW), 0, list[bytes]()

    async def picture(segment: bytes, *, sandbox: Sandbox, work: Path) -> bytes:
        nonlocal at_once
        del sandbox, work
        at_once += 1
        assert at_once == 1
        await asyncio.sleep(0)
        at_once -= 1
        made.append(segment)
        if segment == b"damaged":
            raise MediaRefused("media.video_damaged", reason="x")
        return b"jpeg of " + segment

    async def read(_kind: str, code: str) -> bytes | None:
        return {"a": b"film", "b": b"damaged"}.get(code)

    monkeypatch.setattr(stills, "first_picture", picture)
    monkeypatch.setattr(stills, "BETWEEN", 0.0)
    wall = Stills(read, Sandbox(Grade.limits_only), tmp_path, clock)
    found = await asyncio.gather(*(wall.still("tv", code) for code in ("a", "a", "b", "none", "b")))
    assert found == [b"jpeg of film", b"jpeg of film", None, None, None]
    assert made == [b"film", b"damaged"], "asked for five times"
    clock.advance(dt.timedelta(seconds=FRESH + 1))
    assert await wall.still("tv", "a") == b"jpeg of film"
    assert len(made) == 3
