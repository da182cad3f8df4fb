"""From a line-up to the body a guard signs."""

import datetime as dt

from hypothesis import given, strategies as st

from cms.contract import Entry, ManifestDraft, Slot
from cms.kernel.clock import FixedClock, to_ms
from cms.trust.manifest import read_manifest
from cms.trust.signed import text_of
from screens.district import District
from screens.manifest import LIFETIME, manifest_body, same_content
from screens.signer import Trust

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
RELEASES = tuple(f"{number:064x}" for number in range(6))


def trust() -> Trust:
    return District(FixedClock(NOW))._trust


def draft(loops: list[list[int]], bundled: set[int]) -> ManifestDraft:
    step = dt.timedelta(minutes=10)
    slots = tuple(
        Slot(
            NOW + step * place,
            NOW + step * (place + 1),
            tuple(Entry(RELEASES[one], dt.timedelta(seconds=8.5)) for one in loop),
        )
        for place, loop in enumerate(loops)
    )
    return ManifestDraft("street", ("a",), slots, {RELEASES[one]: ("ab" * 32, 7) for one in bundled})


loops = st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=6)


@given(loops, st.sets(st.integers(0, 5)))
def test_manifest_when_made_from_any_line_up_is_one_a_player_reads(line: list[list[int]], bundled: set[int]) -> None:
    body = manifest_body(draft(line, bundled), version=7, trust=trust(), now=NOW)
    assert read_manifest(text_of(body)) == body
    shown = {show.release for slot in body.timeline for show in slot.loop}
    assert shown == {one.release for one in body.releases}  # nothing is fetched that is not shown
    assert shown == {RELEASES[one] for loop in line for one in loop if one in bundled}
    assert all(show.show == 8_500 for slot in body.timeline for show in slot.loop)
    assert body.expires_at == to_ms(NOW + LIFETIME)


def test_manifest_when_only_newer_shows_the_same_and_otherwise_not() -> None:
    line = draft([[1, 2]], {1, 2})
    held = trust()
    one = manifest_body(line, version=1, trust=held, now=NOW)
    later = manifest_body(line, version=2, trust=held, now=NOW + dt.timedelta(hours=1))
    other = manifest_body(draft([[2, 1]], {1, 2}), version=3, trust=held, now=NOW)
    assert same_content(one, later)
    assert not same_content(one, other)
