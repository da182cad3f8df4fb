"""The office's lists: imported in two steps, frozen with each report, and a reviewer's duty to say why."""

import uuid
from dataclasses import replace

import pytest

from cms.content.draft import BylineDraft, Draft
from cms.content.editing import create
from cms.content.kinds import Kind
from cms.kernel.db import Database
from cms.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused
from cms.review import lists
from cms.review.checks import RULES_VERSION
from cms.review.list_csv import ListKind
from cms.review.models import ReleaseRow
from cms.review.submit import submit
from tests.office import NOW, STATION, Office, make_draft, make_office

WORDS = "词语,类型,级别,建议用语,类别\n大桥,禁用,须说明理由,运河大桥,规范表述\n"


@pytest.fixture
async def office(database: Database) -> Office:
    return await make_office(database)


async def submitted(office: Office, draft: Draft) -> ReleaseRow:
    author = await office.actor("author")
    async with office.db.write() as session:
        edition = await create(session, author, kind=Kind.NEWS, unit=office.units[STATION], draft=draft, now=NOW)
    async with office.db.write() as session:
        return await submit(session, author, edition.id, press=office.press, now=NOW)


async def tried(office: Office, text: str, kind: ListKind = ListKind.WORDS, mode: lists.Mode = "add") -> lists.DryRun:
    chief = await office.actor("chief")
    async with office.db.write() as session:
        return await lists.dry_run(session, chief, kind, text.encode(), mode=mode, name="词表.csv", now=NOW)


async def imported(office: Office, text: str, kind: ListKind = ListKind.WORDS, mode: lists.Mode = "add") -> int:
    run = await tried(office, text, kind, mode)
    assert run.id is not None, run.problems
    chief = await office.actor("chief")
    async with office.db.write() as session:
        return (await lists.apply(session, chief, kind, run.id, seen=run.base, now=NOW)).number


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_list_when_imported_changes_what_is_found_and_each_report_keeps_its_version(office: Office) -> None:
    draft = make_draft(title="大桥通车")
    before = await submitted(office, draft)
    assert before.rules_version == f"{RULES_VERSION}.w0n0s0"
    assert await imported(office, WORDS) == 1
    after = await submitted(office, draft)
    assert after.rules_version == f"{RULES_VERSION}.w1n0s0"
    found = [one for one in after.findings if one["code"] == "word"]
    assert [(one["field"], one["start"], one["end"], one["severity"]) for one in found] == [("title", 0, 2, "reason")]
    assert not [one for one in before.findings if one["code"] == "word"]

    # Whoever passes it says why; no step is taken without.
    with pytest.raises(Refused, match=r"review\.reason_needed"):
        await office.approve("reviewer", after.edition_id)
    assert await imported(office, "来源\n新华社\n", ListKind.SOURCES) == 1
    with pytest.raises(Refused, match=r"review\.checks_failed"):
        await submitted(office, make_draft(title="转载", byline=source_of(draft, "某自媒体")))
    row = await submitted(office, make_draft(title="转载", byline=source_of(draft, "新华社、单位017")))
    assert row.rules_version == f"{RULES_VERSION}.w1n0s1"
    await office.approve("reviewer", row.edition_id)


def source_of(draft: Draft, source: str) -> BylineDraft:
    return replace(draft.byline, source=source)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_import_when_wrong_or_late_or_foreign_changes_nothing(office: Office) -> None:
    wrong = await tried(office, "词语,级别\n布署,严重\n")
    assert wrong.id is None
    assert wrong.problems
    run = await tried(office, WORDS)
    assert run.changes.added == ("大桥",)
    assert run.changes.removed == ()
    chief, deputy = await office.actor("chief"), await office.actor("deputy")
    async with office.db.write() as session:
        other = await lists.dry_run(session, deputy, ListKind.WORDS, WORDS.encode(), mode="replace", name="", now=NOW)
        assert other.id is not None
        await lists.apply(session, deputy, ListKind.WORDS, other.id, seen=0, now=NOW)
    async with office.db.write() as session:
        assert run.id is not None
        with pytest.raises(Conflict, match=r"review\.list_moved"):
            await lists.apply(session, chief, ListKind.WORDS, run.id, seen=0, now=NOW)
        with pytest.raises(Invalid, match=r"review\.list_unchanged"):
            await lists.apply(session, chief, ListKind.WORDS, run.id, seen=1, now=NOW)
        with pytest.raises(NotFound, match=r"review\.no_import"):
            await lists.apply(session, deputy, ListKind.WORDS, run.id, seen=1, now=NOW)
        with pytest.raises(NotFound, match=r"review\.no_import"):
            await lists.apply(session, chief, ListKind.WORDS, uuid.uuid4(), seen=1, now=NOW)
        with pytest.raises(Denied):
            await lists.restore(session, await office.actor("reviewer"), ListKind.WORDS, 0, now=NOW)
        await lists.restore(session, chief, ListKind.WORDS, 0, now=NOW)
    async with office.db.read() as session:
        every = await lists.versions(session, chief, ListKind.WORDS)
        assert [(one.number, one.note) for one in every] == [(2, "← 0"), (1, ""), (0, "")]
        assert every[0].count == every[2].count
        assert list(await lists.entries_of(session, ListKind.WORDS, 2)) == list(lists.shipped(ListKind.WORDS))
