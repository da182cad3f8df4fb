"""A tag is renamed on screens and in rules at once: the same are reached, and of a merge the preview is true."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.contract import AudienceRule, Receiver
from cms.kernel.db import Database
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import public_id, uuid7
from cms.people.actor import Actor, Grant
from cms.people.models import Person, Unit
from cms.people.roles import Role
from cms.planning.models import Target
from screens.tables import Screen
from screens.tagging import preview_rename, rename_tag, renamed_rule, tags_of

NOW = dt.datetime(2026, 11, 27, 1, 0, tzinfo=dt.UTC)
ROOT, HERE, THERE = "/320509/", "/320509/04/", "/320509/05/"
TAGS: tuple[tuple[str, list[str]], ...] = (
    (HERE, ["market", "park"]),
    (HERE, ["market"]),
    (THERE, ["fair"]),
    (THERE, []),
)
RULES = {
    "stalls": ([ROOT], {"audience": {"tags": ["market"]}}),
    "fairs": ([ROOT], {"audience": {"tags": ["fair"]}}),
    "quiet": ([ROOT], {"audience": {"except_tags": ["market", "fair"]}}),
    "all": ([ROOT], {}),
}


def _operator(path: str) -> Actor:
    return Actor(uuid.UUID(int=7), "云维", path, (Grant(Role.OPERATOR, path),))


@pytest.fixture
async def fleet(sqlite: Database) -> Database:
    async with sqlite.write() as session:
        for number, path in enumerate((ROOT, HERE, THERE)):
            code = path.split("/")[-2]
            session.add(
                Unit(id=uuid.UUID(int=number), code=code, name=code, level="institute", path=path, created_at=NOW)
            )
        await session.flush()
        person = {"id": uuid.UUID(int=7), "name": "云维", "login": "yun", "unit_id": uuid.UUID(int=0)}
        session.add(Person(**person, created_at=NOW))
        for number, (unit, tags) in enumerate(TAGS):
            made = {"id": uuid7(NOW), "public": public_id(), "name": f"屏 {number}", "unit": unit, "tags": tags}
            session.add(Screen(**made, key=f"k{number}", paired_at=NOW, paired_by=uuid.uuid4(), change=0, facts="{}"))
        for code, (units, settings) in RULES.items():
            row = Target(id=uuid.uuid4(), code=code, kind="screen", name=code, unit_path=ROOT, created_at=NOW)
            row.units, row.settings, row.loop_seconds, row.active = units, settings, 900, code != "quiet"
            session.add(row)
    return sqlite


async def _reached(fleet: Database) -> dict[str, set[str]]:
    """By target, the names of the screens its rule reaches: the brute force."""
    async with fleet.read() as session:
        screens = (await session.scalars(select(Screen))).all()
        rules = (await session.scalars(select(Target))).all()
        return {
            row.code: {
                one.name
                for one in screens
                if AudienceRule.read(row.units, row.settings).reaches(
                    Receiver(str(one.id), one.unit, frozenset(one.tags))
                )
            }
            for row in rules
        }


async def test_tag_when_renamed_reaches_the_same_and_its_screens_are_signed_anew(fleet: Database) -> None:
    before = await _reached(fleet)
    async with fleet.read() as session:
        told = await preview_rename(session, _operator(ROOT), "market", " Stall ")
        assert {one.code: (one.before, one.after, one.come, one.go) for one in told.affected} == {
            "stalls": (2, 2, 0, 0),
            "quiet": (1, 1, 0, 0),
        }
    async with fleet.write() as session:
        assert await rename_tag(session, _operator(ROOT), "market", "stall", now=NOW) == 2
    assert await _reached(fleet) == before
    async with fleet.read() as session:
        found = await tags_of(session, _operator(ROOT))
        assert [(one.tag, one.screens) for one in found] == [("stall", 2), ("fair", 1), ("park", 1)]
        assert found[0].targets == ("quiet", "stalls")  # one that is off keeps its word too
        rows = (await session.scalars(select(Screen).order_by(Screen.name))).all()
        assert [one.facts is None for one in rows] == [True, True, False, False]
        events = (await session.scalars(select(AuditEvent.action))).all()
        assert events.count("screen.tag_rename") == 1


async def test_tags_when_merged_reach_what_the_preview_said(fleet: Database) -> None:
    before = await _reached(fleet)
    async with fleet.read() as session:
        told = await preview_rename(session, _operator(ROOT), "market", "fair")
    assert (told.screens, told.merges) == (2, 1)
    async with fleet.write() as session:
        await rename_tag(session, _operator(ROOT), "market", "fair", now=NOW)
    after = await _reached(fleet)
    for one in told.affected:
        was, will = before[one.code], after[one.code]
        assert (one.before, one.after, one.come, one.go) == (len(was), len(will), len(will - was), len(was - will))
    assert {one.code for one in told.affected} == {"stalls", "fairs", "quiet"}
    assert before["all"] == after["all"]


@pytest.mark.parametrize(
    ("actor", "tag", "to", "wrong", "code"),
    [
        (HERE, "market", "stall", Refused, "screens.tag_elsewhere"),  # a rule of the centre names it
        (ROOT, "nothing", "stall", NotFound, "screens.no_tag"),
        (HERE, "fair", "stall", NotFound, "screens.no_tag"),  # only on screens this person does not see
        (ROOT, "market", "集市", Invalid, "screens.tag_name"),
        (ROOT, "market", "market", Invalid, "screens.tag_name"),
    ],
)
async def test_tag_that_must_not_be_renamed_stays(
    fleet: Database, actor: str, tag: str, to: str, wrong: type[Exception], code: str
) -> None:
    async with fleet.write() as session:
        with pytest.raises(wrong) as refused:
            await rename_tag(session, _operator(actor), tag, to, now=NOW)
    assert getattr(refused.value, "code", "") == code


def test_rule_names_each_word_once_after_a_merge() -> None:
    rule = renamed_rule(AudienceRule((ROOT,), ("a", "b"), (), ("c", "a")), "a", "b")
    assert (rule.tags, rule.except_tags) == (("b",), ("c", "b"))
