"""Sessions of viewers: the same whichever process saw what, and nothing of anybody is left the next day."""

import datetime as dt
import itertools

from hypothesis import given, strategies as st

from cms.airing.viewing import GAP, SETTLE, Counter, Merged, Seen, Sums, merged, viewer

START = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
SALT = bytes(range(32))


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


def told(times: list[tuple[float, int]], processes: int, every: int = 15) -> tuple[int, int]:
    """Sessions and seconds of requests ``(second, process)``, in batches as the web role writes them."""
    counters = [Counter() for _ in range(processes)]
    for one in counters:
        one.salt = SALT
    standing: dict[str, Seen] = {}
    sessions = seconds = 0
    last = max(second for second, _ in times)
    for now in range(0, int(last) + 4 * every + 120, every):
        for second, process in times:
            if now - every < second <= now:
                counters[process].saw("tv", "", "10.0.0.1", "hls", at(second))
        for one in counters:
            after = merged(standing, one.taken().get("tv", {}), now=at(now))
            standing = dict(after.open)
            sessions, seconds = sessions + after.sums.sessions, seconds + after.sums.seconds
    assert not standing
    return sessions, seconds


# A player asks every few seconds, or has stopped.
PAUSES = st.one_of(st.integers(1, 300), st.integers(1_000, 2_500)).map(lambda tenths: tenths / 10)


@given(st.lists(st.tuples(PAUSES, st.integers(0, 2)), min_size=1, max_size=12))
def test_sessions_when_several_processes_saw_them_are_those_of_one(asked: list[tuple[float, int]]) -> None:
    times = list(itertools.accumulate(pause for pause, _ in asked))
    seen = [(at, process) for at, (_, process) in zip(times, asked, strict=True)]
    assert told(seen, 3) == told([(at, 0) for at in times], 1)
    assert told(seen, 3)[0] == 1 + sum(pause > GAP.total_seconds() for pause, _ in asked[1:])


def test_session_when_the_list_is_asked_for_within_a_minute_goes_on_and_later_is_another() -> None:
    assert told([(second, 0) for second in range(0, 600, 4)], 1) == (1, 596)
    assert told([(0.0, 0), (4.0, 0), (200.0, 0), (204.0, 0)], 1) == (2, 8)


def test_session_when_it_is_over_leaves_its_seconds_only() -> None:
    standing = {"a": Seen(at(0), at(100)), "b": Seen(at(0), at(170))}
    assert merged(standing, {}, now=at(101) + GAP + SETTLE) == Merged({"b": standing["b"]}, Sums(0, 100))


def test_viewer_is_told_by_token_else_by_address_and_player_and_only_for_a_day() -> None:
    one = viewer(SALT, "", "10.0.0.1", "hls")
    assert one == viewer(SALT, "", "10.0.0.1", "hls")
    assert len({one, viewer(SALT, "", "10.0.0.1", "vlc"), viewer(SALT, "", "10.0.0.2", "hls")}) == 3
    assert viewer(SALT, "t", "10.0.0.1", "hls") == viewer(SALT, "t", "10.0.0.9", "vlc")
    assert one != viewer(bytes(32), "", "10.0.0.1", "hls")
    assert "10.0.0.1" not in one


def test_counter_without_a_salt_counts_nobody_and_gives_back_what_was_not_written() -> None:
    counter = Counter()
    counter.saw("tv", "", "a", "b", at(0))
    assert counter.taken() == {}
    counter.salt = SALT
    counter.saw("tv", "", "a", "b", at(0))
    batch = counter.taken()
    counter.saw("tv", "", "a", "b", at(4))
    counter.give_back(batch)
    assert [list(found.values()) for found in counter.taken().values()] == [[Seen(at(0), at(4))]]
