"""The recording of a signal: what is kept when, what is a stretch, and that a slow store holds nobody up."""

import asyncio
import datetime as dt
import uuid

import pytest

from cms.kernel.clock import FixedClock
from deploy.live_tape import PART_BYTES, WAITING, Heard, Tape
from media.live import LOST_MS

ORDER, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


class Shelf:
    """What was kept, and a store that can be slow."""

    def __init__(self) -> None:
        self.kept: list[Heard] = []
        self.open = asyncio.Event()
        self.open.set()

    async def keep(self, heard: Heard) -> None:
        await self.open.wait()
        self.kept.append(heard)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(dt.datetime(2026, 11, 27, 8, tzinfo=dt.UTC))


def pass_ms(clock: FixedClock, ms: int) -> None:
    clock.advance(dt.timedelta(milliseconds=ms))


async def seen() -> None:
    for _ in range(2 * WAITING):
        await asyncio.sleep(0)


async def test_what_comes_in_is_kept_every_few_seconds_while_it_still_comes(clock: FixedClock) -> None:
    shelf = Shelf()
    tape = Tape(clock, shelf.keep)
    tape.hear(b"before anybody asked")
    tape.want(ORDER)
    for number in range(12):
        tape.hear(bytes([number]))
        pass_ms(clock, 1_000)
    await seen()
    assert [one.data for one in shelf.kept] == [b"\0\1\2\3\4", b"\5\6\7\x08\x09"], "of a kill only the rest is lost"
    assert len({one.stretch for one in shelf.kept}) == 1
    assert [one.until - one.at for one in shelf.kept] == [4_000, 4_000]
    tape.hear(b"x" * PART_BYTES)
    await seen()
    assert len(shelf.kept) == 3, "a dense signal is not held in memory for seconds"
    tape.hear(b"end")
    await tape.close()
    assert [(one.order, one.data) for one in shelf.kept[3:]] == [(ORDER, b"end")]
    tape.hear(b"later")
    await tape.close()
    assert len(shelf.kept) == 4


async def test_stretch_ends_where_the_signal_was_away_its_receiver_began_anew_or_another_order_begins(
    clock: FixedClock,
) -> None:
    shelf = Shelf()
    tape = Tape(clock, shelf.keep)
    tape.want(ORDER)
    tape.hear(b"a")
    pass_ms(clock, LOST_MS)
    tape.hear(b"b")
    pass_ms(clock, LOST_MS + 1)
    tape.hear(b"after a gap")
    tape.cut()
    tape.hear(b"of a new receiver")
    tape.want(OTHER)
    tape.hear(b"of another order")
    await tape.close()
    assert [one.data for one in shelf.kept] == [b"ab", b"after a gap", b"of a new receiver", b"of another order"]
    assert len({one.stretch for one in shelf.kept}) == 4
    assert [one.order for one in shelf.kept] == [ORDER] * 3 + [OTHER]
    assert all(one.stretch == one.at for one in shelf.kept)
    assert len({one.at for one in shelf.kept}) == 4, "each has a time of its own, though they came in the same instant"


async def test_slow_store_costs_parts_that_are_counted_and_never_waits_for_the_air(clock: FixedClock) -> None:
    shelf = Shelf()
    shelf.open.clear()
    tape = Tape(clock, shelf.keep)
    tape.want(ORDER)
    for _ in range(WAITING + 2):
        tape.hear(b"x")
        tape.cut()
        pass_ms(clock, 1)
    await seen()
    shelf.open.set()
    await tape.close()
    assert [bool(one.data) for one in shelf.kept] == [True] * WAITING + [False] * 2
