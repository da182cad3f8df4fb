"""The heartbeat by a clock that is given: who is silent is asked once and dropped in time, who speaks is left alone."""

from typing import Any, cast

import pytest
from hypothesis import given, strategies as st
from websockets.protocol import OPEN

from screens import wheel
from screens.connection import ScreenConnection
from screens.frames import PING
from screens.wheel import LATE, PING_AFTER, PULSE, SILENT, SOON, TICK, Wheel


class Peer:
    """As much of a connection as a wheel touches; its transport notes what is written."""

    lane = -1
    paused = False
    state = OPEN
    subprotocol = "yunping.screen.2"

    def __init__(self, now: float) -> None:
        self.heard_at = self.told_at = now
        self.late_since = 0.0
        self.group = None
        self.protocol = self.transport = self
        self.written: list[bytes] = []
        self.is_aborted = False

    def is_closing(self) -> bool:
        return self.is_aborted

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def abort(self) -> None:
        self.is_aborted = True


def _added(turning: Wheel, now: float) -> Peer:
    peer = Peer(now)
    turning.add(cast("ScreenConnection", peer))
    return peer


def _until(turning: Wheel, peer: Peer, what: Any, *, start: float, within: float) -> float:
    """Seconds after `start` when something became true of the peer."""
    for tick in range(int(within / TICK)):
        turning.tick(now := start + tick * TICK)
        if what(peer):
            return now - start
    raise AssertionError(peer.written)


@given(st.integers(0, wheel.SLOTS))
def test_silent_screen_is_asked_once_and_dropped_within_thirty_seconds_of_its_last_word(turned: int) -> None:
    turning = Wheel()
    for tick in range(turned):
        turning.tick(tick * TICK)
    peer = _added(turning, 0.0)
    asked = _until(turning, peer, lambda one: PING in one.written, start=0.0, within=40)
    assert PING_AFTER <= asked < PING_AFTER + 1
    peer.heard_at = 20.5  # it answers, and then never again
    assert not peer.is_aborted
    dropped = _until(turning, peer, lambda one: one.is_aborted, start=asked, within=60) + asked - 20.5
    assert SILENT < dropped < SILENT + 1
    assert peer.written.count(PING) == 2
    assert turning.dropped == 1


@given(st.lists(st.floats(0.1, PING_AFTER - 1), min_size=3, max_size=12))
def test_screen_that_speaks_is_neither_asked_nor_dropped(pauses: list[float]) -> None:
    turning, now, due = Wheel(), 0.0, 0.0
    peer = _added(turning, 0.0)
    for pause in pauses:
        due += pause
        while now < due:
            turning.tick(now)
            now += TICK
        peer.heard_at = now
    assert PING not in peer.written
    assert not peer.is_aborted
    assert peer.written.count(PULSE) <= sum(pauses) / wheel.QUIET + 1


def test_reader_that_is_late_for_too_long_is_dropped_although_it_answers() -> None:
    turning = Wheel()
    peer = _added(turning, 0.0)
    for tick in range(400):
        peer.heard_at = tick * TICK
        peer.late_since = 1.0 if tick >= 10 else 0.0
        turning.tick(tick * TICK)
        if peer.is_aborted:
            assert 1.0 + LATE < tick * TICK < 1.0 + LATE + SOON + 1
            return
    pytest.fail("it was never dropped")


def test_connection_that_left_is_not_looked_at_any_more() -> None:
    turning = Wheel()
    peer = _added(turning, 0.0)
    turning.remove(cast("ScreenConnection", peer))
    turning.remove(cast("ScreenConnection", peer))
    for tick in range(1000):
        turning.tick(tick * TICK)
    assert not peer.written
    assert not peer.is_aborted
