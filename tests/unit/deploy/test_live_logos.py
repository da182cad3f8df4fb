"""What a live signal wears: read as it changes, left out where it cannot be read, given up where it breaks a run."""

import uuid
from collections.abc import AsyncIterator
from typing import Any, cast

from cms.contract import AssetGone
from cms.live.holding import HeldLogo
from deploy.live_inlet import Inlet
from deploy.live_logos import Logos
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
    inlet = Inlet(cast("Any", None), cast("Any", None), logo=worn)
    assert inlet.wears(order) == worn
    inlet.doubt(order, worn, made=1)
    assert inlet.wears(order) == worn, "what made slots is no fault of the picture"
    inlet.doubt(order, worn, made=0)
    assert inlet.wears(order) is None
    assert inlet.wears(uuid.UUID(int=4)) == worn
    inlet.logo = Worn(b"B", "png_pipe", PLACE)
    assert inlet.wears(order) == inlet.logo, "another picture has its own chance"
