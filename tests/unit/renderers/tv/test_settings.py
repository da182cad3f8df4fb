"""What an office sets of a channel: fillers, bumpers, the freeze, entries of the day, the epoch; and bad settings."""

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from cms.contract import Entry, Slot
from cms.desk.settings_form import fields_of, settings_from
from cms.kernel.errors import Invalid
from cms.kernel.messages import catalogue
from renderers.tv.plan import Plan
from renderers.tv.settings import ChannelSettings
from schedules.linear import SLOT_MS
from tests.fakes.channel import NOW, SLOT, slot_of, time_of
from tests.fakes.lineups import Line

HOUR = dt.timedelta(hours=1)


def documents(plan: Plan, first: int, end: int) -> list[str]:
    found = [plan.on(slot) for slot in range(first, end)]
    return [f"{on.item.document[-1]}.{on.segment}" if on.item else "-" for on in found]


async def test_hole_of_a_channel_is_filled_from_a_column_and_single_pieces() -> None:
    world = Line()
    world.add(1, 3, "news")
    world.add(2, 2)
    world.set(filler=["要闻", "d000000002", "d000000009"])
    await world.render(NOW)
    plan = world.plan()
    first = slot_of(NOW)
    assert documents(plan, first, first + 7) == ["1.0", "1.1", "1.2", "2.0", "2.1", "1.0", "1.1"]
    assert plan.rule.missing == ("d000000009",)
    assert len(plan.rule.furniture) == 2


async def test_entry_of_the_day_begins_with_its_slot_between_its_bumpers() -> None:
    world = Line()
    talk, turn = world.add(1, 5), world.add(2, 7)
    world.add(3, 1, "news")
    world.add(4, 1, "culture")
    world.set(bumper_before=["news"], bumper_after=["d000000004"])
    first = slot_of(NOW)
    start, end = time_of(first + 20), time_of(first + 25)
    show = dt.timedelta(seconds=5)
    loop = (Entry(turn, show), Entry(talk, show))
    world.slots = (
        Slot(NOW, start, loop),
        Slot(start, end, (Entry(talk, show),)),
        Slot(end, end + HOUR, loop),
    )
    await world.render(NOW)
    found = documents(world.plan(), first, first + 33)
    assert found[20:25] == [f"1.{n}" for n in range(5)]
    assert (found[19], found[25], found[26], found[27]) == ("3.0", "4.0", "3.0", "2.0")
    await world.render(NOW + 22 * SLOT)
    assert documents(world.plan(), first, first + 33) == found


async def test_plan_up_to_its_freeze_stays_when_the_line_up_changes_and_says_so() -> None:
    world = Line()
    talk, other = world.add(1, 5), world.add(2, 5)
    world.set(freeze_minutes=5)
    day = (NOW, NOW + 3 * HOUR)
    world.slots = (Slot(*day, (Entry(talk, SLOT),)),)
    await world.render(NOW)
    world.slots = (Slot(*day, (Entry(other, SLOT),)),)
    await world.render(NOW + SLOT)
    plan, here = world.plan(), slot_of(NOW) + 1
    assert plan.rule.frozen == 300_000 // SLOT_MS
    frozen = documents(plan, here, here + 78)
    assert {one[0] for one in frozen} == {"1"}
    later = documents(plan, here + 83, here + 200)
    assert {one[0] for one in later} == {"2"}
    told = await world.text("t-tv/now.json", NOW + SLOT)
    assert f'"frozen_until":{(here + plan.rule.frozen) * SLOT_MS}' in told


async def test_recall_inside_the_freeze_is_not_held_up() -> None:
    world = Line()
    talk, other = world.add(1, 5), world.add(2, 5)
    world.set(freeze_minutes=60, filler=["d000000002"])
    world.slots = (Slot(NOW, NOW + 3 * HOUR, (Entry(talk, SLOT),)),)
    await world.render(NOW)
    world.recall("d000000001")
    world.slots = ()
    await world.render(NOW + SLOT)
    here = slot_of(NOW) + 1
    assert documents(world.plan(), here, here + 4) == ["-", "-", "2.0", "2.1"]
    assert other


async def test_timestamps_begin_anew_at_the_epoch_with_one_break() -> None:
    world = Line()
    talk = world.add(1, 50)
    world.set(epoch_ms=(slot_of(NOW) + 10) * SLOT_MS)
    world.slots = (Slot(NOW, NOW + HOUR, (Entry(talk, SLOT),)),)
    await world.render(NOW)
    plan, epoch = world.plan(), slot_of(NOW) + 10
    assert (plan.time(epoch - 1), plan.time(epoch), plan.time(epoch + 1)) == (epoch - 1, 0, 1)
    text = await world.text("t-tv/720.m3u8", time_of(epoch + 2))
    before, mark, after = text.partition("#EXT-X-DISCONTINUITY\n#EXT-X-MAP")
    assert mark
    assert f"720/{epoch - 1}.m4s" in before
    assert after.index(f"720/{epoch}.m4s") < after.index(f"720/{epoch + 1}.m4s")
    later = await world.text("t-tv/720.m3u8", time_of(epoch + 20))
    assert "DISCONTINUITY-SEQUENCE:1\n" in later


@pytest.mark.parametrize(
    "wrong",
    [
        {"operators": ["Telecom"]},
        {"operators": ["telecom 1", "telecom 2"]},
        {"operators": ["telecom 0"]},
        {"freeze_minutes": -1},
        {"freeze_minutes": 1441},
        {"epoch_ms": -1},
        {"filler": ["x"] * 51},
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChannelSettings.model_validate(wrong)


def test_settings_of_before_there_were_any_are_the_defaults() -> None:
    assert ChannelSettings.model_validate({"audience": {}}) == ChannelSettings()
    assert ChannelSettings(operators=("telecom 2", "unicom")).keys == {"telecom": 2, "unicom": 1}


def test_form_of_the_desk_reads_the_settings_and_says_at_which_field_one_is_wrong() -> None:
    typed = {"filler": ["公益短片"], "operators": ["telecom 2"], "signed": True, "freeze_minutes": "5"}
    kept = settings_from(ChannelSettings, typed)
    assert (kept["filler"], kept["signed"], kept["freeze_minutes"], kept["epoch_ms"]) == (["公益短片"], True, 5, 0)
    kinds = {field.name: field.kind for field in fields_of(ChannelSettings, kept)}
    assert kinds["filler"] == kinds["operators"] == "lines"
    assert (kinds["signed"], kinds["freeze_minutes"]) == ("check", "number")
    for wrong, code in (({"operators": ["电信"]}, "form"), ({"freeze_minutes": "1441"}, "range")):
        with pytest.raises(Invalid) as refused:
            settings_from(ChannelSettings, typed | wrong)
        assert refused.value.fields == {f"set-{next(iter(wrong))}": f"desk.setting.{code}"}
    texts = catalogue().keys("zh-CN") & catalogue().keys("en")
    assert all({f"tv.setting.{name}", f"tv.setting.{name}.hint"} <= texts for name in kinds)
