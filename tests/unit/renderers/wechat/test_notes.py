"""Notes are compare-and-set: one attempt binds one post, and whoever comes late changes nothing."""

import datetime as dt

import pytest

from renderers.conformance.world import MemoryState
from renderers.wechat.notes import Notes, Record, Spare, Step, Superseded, checked_attempt

NOW = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)


async def test_attempt_binds_once() -> None:
    notes = Notes(MemoryState())
    assert await notes.claim("a1", "post")
    assert not await notes.claim("a1", "other")
    assert await notes.post_of("a1") == "post"


async def test_attempt_that_was_asked_for_is_closed() -> None:
    notes = Notes(MemoryState())
    assert await notes.post_of("a1") is None
    assert not await notes.claim("a1", "post")
    assert await notes.post_of("a1") is None


async def test_record_comes_back_and_an_old_version_changes_nothing() -> None:
    notes = Notes(MemoryState())
    assert await notes.load("p") == (Record(), 0)
    record = Record(Step.DRAFTED, key="a1", at=NOW.isoformat(), draft="d", tries=2)
    version = await notes.save("p", record, version=0)
    assert await notes.load("p") == (record, version)
    with pytest.raises(Superseded):
        await notes.save("p", Record(), version=0)
    assert record.age(NOW + dt.timedelta(hours=1)) == dt.timedelta(hours=1)
    assert Record().age(NOW) == dt.timedelta.max


async def test_spares_are_kept_once_and_bounded() -> None:
    notes = Notes(MemoryState())
    for number in (*range(60), 59):
        await notes.add_spare(Spare(f"d{number}", "p", NOW.isoformat()))
    kept = await notes.spares()
    assert len(kept) == 50
    assert kept[-1].draft == "d59"
    await notes.drop_spare("d59")
    await notes.drop_spare("unknown")
    assert len(await notes.spares()) == 49


async def test_article_knows_its_origin() -> None:
    notes = Notes(MemoryState())
    assert await notes.origin_of("x") is None
    await notes.remember_article("x", "p", "wx1")
    assert await notes.origin_of("x") == ("p", "wx1")


@pytest.mark.parametrize("attempt", ["", "a b", "a&b=1", "x" * 65, "../x", "签"])
def test_attempt_that_could_break_an_address_is_a_defect(attempt: str) -> None:
    with pytest.raises(ValueError, match="attempt"):
        checked_attempt(attempt)
