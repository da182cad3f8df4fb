"""What a live signal wears: read as it changes, left out where it cannot be read, given up where it breaks a run."""

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cms.contract import AssetGone
from cms.kernel.clock import FixedClock
from cms.live.holding import HeldLogo
from deploy.live_inlet import Inlet
from deploy.live_logos import Logos
from deploy.live_tape import Heard, Tape
from media.live import Measured
from media.logo import Corner, Place, Worn

SOURCE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
PLACE = Place(Corner.TOP_LEFT)


class Shelf:
    """Pictures by hash, and how often they were read."""

    def __init__(self, **held: bytes) -> None:
        self.held, self.reads = held, list[str]()

    async def read(self, sha256: str) -> bytes:
        self.reads.append(sha256)
        if sha256 not in self.held:
            raise AssetGone("publishing.asset_recalled", sha256=sha256)
        return self.held[sha256]

    def stream(self, sha256: str) -> AsyncIterator[bytes]:
        raise NotImplementedError

    async def part(self, sha256: str, start: int, length: int) -> bytes:
        raise NotImplementedError


async def test_logo_is_read_when_it_changes_and_a_picture_that_is_gone_is_tried_again() -> None:
    shelf = Shelf(a=b"A")
    logos = Logos(shelf)
    held = {SOURCE: HeldLogo("a", "image/png", PLACE), OTHER: HeldLogo("b", "image/jpeg", PLACE)}
    for _ in range(2):
        await logos.read(held)
        assert logos.worn == {SOURCE: Worn(b"A", "png_pipe", PLACE)}
    assert shelf.reads == ["a", "b", "b"]
    shelf.held["b"] = b"B"
    await logos.read(held)
    assert logos.worn[OTHER] == Worn(b"B", "jpeg_pipe", PLACE)
    await logos.read({SOURCE: HeldLogo("a", "image/png", Place(Corner.BOTTOM_LEFT))})
    assert logos.worn == {SOURCE: Worn(b"A", "png_pipe", Place(Corner.BOTTOM_LEFT))}


def test_run_that_ended_before_its_first_slot_is_followed_by_one_without_the_logo_for_this_order_alone() -> None:
    worn, order = Worn(b"A", "png_pipe", PLACE), uuid.UUID(int=3)
    inlet = Inlet(cast("Any", None), cast("Any", None), cast("Any", None), logo=worn)
    assert inlet.wears(order) == worn
    inlet.doubt(order, worn, made=1)
    assert inlet.wears(order) == worn, "what made slots is no fault of the picture"
    inlet.doubt(order, worn, made=0)
    assert inlet.wears(order) is None
    assert inlet.wears(uuid.UUID(int=4)) == worn
    inlet.logo = Worn(b"B", "png_pipe", PLACE)
    assert inlet.wears(order) == inlet.logo, "another picture has its own chance"


async def test_machine_makes_of_a_signal_what_it_bears_with_its_logo_and_its_recording() -> None:
    """Three rungs of a plain one, two with a logo, one with both: each price is counted where it is asked for."""
    found = Measured({3: 1.4, 2: 2.0}, {3: 1.2, 2: 1.31, 1: 3.0}, keeping=0.1)
    studio = cast("Any", SimpleNamespace(measured=found))

    async def keep(_: Heard) -> None:
        raise AssertionError

    tape = Tape(FixedClock(dt.datetime(2026, 11, 27, tzinfo=dt.UTC)), keep)
    inlet = Inlet(studio, cast("Any", None), tape)
    assert (len(inlet.power(recorded=False).rungs), inlet.power(recorded=False).factor) == (3, 1.4)
    inlet.logo = Worn(b"A", "png_pipe", PLACE)
    assert (len(inlet.power(recorded=False).rungs), inlet.power(recorded=False).factor) == (2, 1.31)
    assert len(inlet.power(recorded=True).rungs) == 1
    assert inlet.power(recorded=True).factor == pytest.approx(3.84 / (3.84 / 3 + 0.1))
    assert inlet.spent == 0, "nothing while it is not encoded"
    inlet._encoding = asyncio.create_task(asyncio.sleep(0))
    assert inlet.spent == 1.31
    tape.want(uuid.UUID(int=3))
    assert inlet.spent == inlet.power(recorded=True).factor
    await inlet._encoding
