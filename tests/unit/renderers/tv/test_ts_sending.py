"""When datagrams go out: by a clock the test holds, then once over a real socket of this machine."""

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from renderers.tv.ts import mux
from renderers.tv.ts.frames import CLOCK
from renderers.tv.ts.pacing import LATEST_NS, SLOT_NS, Pace, SteadyClock
from renderers.tv.ts.placing import GUARD
from renderers.tv.ts.sending import BYTES, TICK_NS, Line, Sender, Wire, opened, prepared
from tests.fakes import ts_items
from tests.fakes.ts_checker import check
from tests.unit.renderers.tv.test_ts import EVENTS, SERVICE

TICK = 5_000_000
RATE = 1_000_000
SIZE = mux.size_of(RATE)
START = 460_000_000 * SLOT_NS


def sent(pace: Pace, at: int) -> int:
    due = pace.due(at, TICK)
    pace.sent(due.stop, at)
    return len(due)


def test_datagrams_of_a_slot_are_spread_over_its_time() -> None:
    pace = Pace.of(SIZE)
    counts = [sent(pace, START + n * TICK) for n in range(769)]
    assert sum(counts) == SIZE // 7
    assert max(counts) <= 1 + SIZE // 7 * TICK // SLOT_NS
    assert pace.skipped == 0


def test_after_a_short_stall_the_rest_follows_at_a_bounded_rate_and_none_is_lost() -> None:
    pace = Pace.of(SIZE)
    sent(pace, START)
    counts = [sent(pace, START + 400_000_000 + n * TICK) for n in range(200)]
    assert max(counts) == 3
    assert pace.skipped == 0
    assert pace.late_ns <= SLOT_NS // pace.per_slot
    assert sum(counts) == (400_000_000 + 199 * TICK) * pace.per_slot // SLOT_NS


def test_after_a_long_stall_what_is_over_is_not_sent() -> None:
    pace = Pace.of(SIZE)
    sent(pace, START)
    assert sent(pace, START + 5 * LATEST_NS) == 0
    assert pace.skipped == 5 * LATEST_NS * pace.per_slot // SLOT_NS
    assert sent(pace, START + 5 * LATEST_NS + SLOT_NS // pace.per_slot + 1) == 1


@given(st.lists(st.integers(-400_000_000, 400_000_000), max_size=30))
def test_clock_that_is_corrected_by_little_is_walked_to_the_right_time(steps: list[int]) -> None:
    clock, before, wrong = SteadyClock(START, 0), START, 0
    for number, step in enumerate(steps, start=1):
        wrong = max(-400_000_000, min(400_000_000, step))
        at = clock.at(START + number * TICK + wrong, number * TICK)
        assert 0.99 * TICK < at - before < 1.01 * TICK
        before = at


def test_clock_that_is_set_anew_is_followed() -> None:
    clock = SteadyClock(START, 0)
    assert clock.at(START + SLOT_NS, TICK) == START + SLOT_NS


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        found.bind(("127.0.0.1", 0))
        found.settimeout(5)
        yield found


def received(found: socket.socket, datagrams: int) -> bytes:
    data = [found.recv(2048) for _ in range(datagrams)]
    assert {len(one) for one in data} == {BYTES}
    return b"".join(data)


def test_output_is_received_whole_over_two_slots(receiver: socket.socket) -> None:
    line = opened(Wire("127.0.0.1", receiver.getsockname()[1], 1, "127.0.0.1"), RATE)
    first = START // SLOT_NS
    for slot in (first, first + 1):
        line.slots[slot] = mux.constant(ts_items.moving(slot % 5), slot, SIZE, SERVICE, EVENTS)
    wanted = line.slots[first] + line.slots[first + 1]
    got = b""
    for tick in range(2 * SLOT_NS // (4 * TICK) + 2):
        count = line.send(START + tick * 4 * TICK, 4 * TICK)
        got += received(receiver, count) if line.counts.datagrams * BYTES > len(got) else b""
    assert got[: len(wanted)] == wanted
    report = check(got[: len(wanted)])
    assert (report.continuity, report.crc) == ([], 0)
    assert line.counts.slot == first + 1
    assert line.counts.errors == 0
    line.socket.close()


SO_NO_CHECK = 11  # of Linux: without checksums it refuses to cut what it is given, as some interfaces do


def test_output_whose_kernel_does_not_cut_for_it_sends_each_datagram_itself(receiver: socket.socket) -> None:
    line = opened(Wire("127.0.0.1", receiver.getsockname()[1], 1, "127.0.0.1"), RATE)
    line.socket.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    slot = START // SLOT_NS
    line.slots[slot] = wanted = mux.constant(ts_items.moving(1), slot, SIZE, SERVICE, EVENTS)
    assert line.together > 1
    line.send(START, 40 * TICK)
    counts = [line.send(START + n * 40 * TICK, 40 * TICK) for n in range(1, 4)]
    assert min(counts) > 1
    assert received(receiver, sum(counts)) == wanted[: sum(counts) * BYTES]
    assert (line.together, line.counts.errors, line.counts.datagrams) == (1, 0, sum(counts))
    line.socket.close()


def test_calls_of_an_output_are_fewer_than_its_datagrams(receiver: socket.socket) -> None:
    line = opened(Wire("127.0.0.1", receiver.getsockname()[1], 1, "127.0.0.1"), RATE)
    slot = START // SLOT_NS
    line.slots = {slot: b"\1" * (SIZE * 188), slot + 1: b"\2" * (SIZE * 188)}
    given = CallCounter(line.socket)
    line.socket = given  # type: ignore[assignment]
    line.send(START + SLOT_NS - 40 * TICK, 40 * TICK)
    due = line.send(START + SLOT_NS + 40 * TICK, 120 * TICK)
    assert due > 10
    before, after = given.sizes
    assert before + after == due * BYTES, "one call up to the end of a slot, one after it"
    assert received(receiver, due) == b"\1" * before + b"\2" * after
    given.found.close()


class CallCounter:
    """A socket that says what it was given by each call."""

    def __init__(self, found: socket.socket) -> None:
        self.found = found
        self.sizes: list[int] = []

    def send(self, data: bytes) -> int:
        self.sizes.append(len(data))
        return self.found.send(data)


def test_output_whose_slot_was_not_made_goes_on_with_the_next_and_says_so() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        line = opened(Wire("127.0.0.1", found.getsockname()[1]), RATE)
        line.slots[START // SLOT_NS + 1] = bytes(SIZE * 188)
        for tick in range(800):
            line.send(START + tick * TICK)
        assert line.counts.missing == SIZE // 7
        assert line.counts.datagrams > 0
        line.socket.close()


def test_output_to_a_group_leaves_by_its_interface_and_reaches_as_far_as_it_is_told() -> None:
    with prepared(Wire("239.255.77.1", 5000, 7, "127.0.0.1")) as found:
        assert found.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 7
        assert found.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, 4) == b"\x7f\0\0\1"
    for address in ("239.1.1.1", "127.0.0.1"):
        with pytest.raises(OSError, match="address"):
            prepared(Wire(address, 5000, 1, "203.0.113.7"))


def test_group_is_heard_by_all_who_joined_it_and_by_nobody_else() -> None:
    group = "239.255.77.2"
    with contextlib.ExitStack() as held:
        first = joined(held, group, 0)
        port = first.getsockname()[1]
        second, other = joined(held, group, port), joined(held, "239.255.77.3", port)
        line = opened(Wire(group, port, 0, "127.0.0.1"), RATE)
        held.callback(line.socket.close)
        slot = START // SLOT_NS
        line.slots[slot] = mux.constant(ts_items.moving(1), slot, SIZE, SERVICE, EVENTS)
        wanted = line.slots[slot]
        got = [b"", b""]
        for tick in range(SLOT_NS // (4 * TICK)):
            before = line.counts.datagrams
            line.send(START + tick * 4 * TICK, 4 * TICK)
            for number, one in enumerate((first, second)):
                got[number] += b"".join(one.recv(2048) for _ in range(line.counts.datagrams - before))
        assert got[0] == got[1]
        assert got[0] == wanted[: len(got[0])]
        assert len(wanted) - len(got[0]) <= 2 * BYTES, "the last tick is the next slot's"
        assert (check(got[0]).continuity, line.counts.errors) == ([], 0)
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            other.recv(2048)


def joined(held: contextlib.ExitStack, group: str, port: int) -> socket.socket:
    """A receiver of one group on the loopback; whichever others its port has, it hears this group alone."""
    found = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    found.bind((group, port))
    member = socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
    found.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    found.settimeout(5)
    return found


def test_thread_sends_what_lies_ready_and_stops_when_told() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        found.settimeout(5)
        line: Line = opened(Wire("127.0.0.1", found.getsockname()[1]), RATE)
        slot = time.time_ns() // SLOT_NS
        line.slots.update({slot: bytes(SIZE * 188), slot + 1: bytes(SIZE * 188)})
        sender = Sender(time.time_ns)
        sender.start()
        sender.put((line,))
        assert len(found.recv(2048)) == BYTES
        sender.stop()
        assert not sender.alive
        line.socket.close()


def test_what_is_late_by_one_look_is_there_before_it_is_decoded() -> None:
    assert TICK_NS / 1e9 < GUARD / CLOCK
