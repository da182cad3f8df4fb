"""Writing together: saves, autosaves, hand-overs, corrections and lists, without a silent overwrite."""

import asyncio
import datetime as dt
import uuid

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from cms.content.columns import add_column, columns, edit_column
from cms.content.draft import Draft, draft_of
from cms.content.editing import autosave, create, drop_working_copy, save, working_copy
from cms.content.editions import correct, discard, hand_over, plan
from cms.content.filters import Filters
from cms.content.held import hold
from cms.content.kinds import Kind
from cms.content.models import Document, Edition, Revision, Status
from cms.content.move import move
from cms.content.queries import counts, documents, drafts_of, editions_of, find, revision, revisions_of
from cms.content.states import EditionState, Verb
from cms.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.immutable import RowIsImmutable
from cms.people.models import Membership, Person
from cms.people.roles import Role
from tests.office import CENTRE, INSTITUTE, NEIGHBOUR, NOW, STATION, Office, make_draft

MINUTE = dt.timedelta(minutes=1)


async def written(office: Office, draft: Draft | None = None, *, by: str = "author", at: dt.datetime = NOW) -> Edition:
    actor = await office.actor(by)
    async with office.db.write() as session:
        return await create(
            session, actor, kind=Kind.NEWS, unit=office.units[STATION], draft=draft or make_draft(), now=at
        )


async def saved(office: Office, edition: Edition, draft: Draft, *, base: uuid.UUID, by: str = "author") -> Revision:
    actor = await office.actor(by)
    async with office.db.write() as session:
        return await save(session, actor, edition.id, draft, base=base, now=NOW + MINUTE)


async def published(office: Office, edition: Edition) -> None:
    """As publishing leaves an edition behind."""
    async with office.db.write() as session:
        held = await hold(session, edition.id)
        held.edition.state, held.edition.is_live, held.edition.published_at = EditionState.PUBLISHED.value, True, NOW
        held.document.first_published_at = NOW


async def test_document_when_created_has_an_edition_a_revision_and_a_status(office: Office) -> None:
    draft = make_draft()
    edition = await written(office, draft)
    async with office.db.read() as session:
        held = await find(session, await office.actor("author"), (await _document(office, edition)).public_id)
        statuses = (await session.execute(select(Status))).scalars().all()
    assert (held.edition.number, held.state, held.revision.number) == (1, EditionState.DRAFT, 1)
    assert draft_of(held.revision) == draft
    assert [(status.number, status.state) for status in statuses] == [(1, "draft")]


async def _document(office: Office, edition: Edition) -> Document:
    async with office.db.read() as session:
        return await session.get_one(Document, edition.document_id)


async def test_document_when_created_elsewhere_or_without_the_role_is_denied(office: Office) -> None:
    for name, unit in (("author", CENTRE), ("author", NEIGHBOUR), ("nobody", STATION), ("publisher", STATION)):
        actor = await office.actor(name)
        async with office.db.write() as session:
            with pytest.raises(Denied):
                await create(session, actor, kind=Kind.NEWS, unit=office.units[unit], now=NOW)


async def test_save_when_somebody_was_faster_carries_both_texts(office: Office) -> None:
    edition = await written(office)
    base = edition.revision_id
    theirs = await saved(office, edition, make_draft("对方的标题"), base=base, by="reviewer")
    with pytest.raises(Conflict) as conflict:
        await saved(office, edition, make_draft("我的标题"), base=base)
    told = conflict.value.params
    assert (told["revision"], told["number"]) == (str(theirs.id), 2)
    assert told["theirs"]["title"] == "对方的标题"  # type: ignore[index]
    assert told["mine"]["title"] == "我的标题"  # type: ignore[index]
    mine = await saved(office, edition, make_draft("我的标题"), base=theirs.id)
    assert mine.parent_id == theirs.id
    assert set(mine.authors) == {str(office.people["author"]), str(office.people["reviewer"])}


async def test_saves_when_made_at_once_on_one_base_cut_one_revision(office: Office) -> None:
    edition = await written(office)
    tries = [
        saved(office, edition, make_draft(f"标题{name}"), base=edition.revision_id, by=name)
        for name in ("author", "reviewer", "second", "chief")
    ]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Revision) for one in done) == 1
    assert sum(isinstance(one, Conflict) for one in done) == 3


async def test_save_when_nothing_changed_cuts_no_revision(office: Office) -> None:
    draft = make_draft()
    edition = await written(office, draft)
    again = await saved(office, edition, draft, base=edition.revision_id)
    assert again.id == edition.revision_id


async def test_autosave_when_typing_on_keeps_one_copy_and_changes_no_revision(office: Office) -> None:
    edition, author = await written(office), await office.actor("author")
    async with office.db.write() as session:
        await autosave(session, author, edition.id, make_draft("第一次"), base=edition.revision_id, now=NOW)
    async with office.db.write() as session:
        copy = await autosave(session, author, edition.id, make_draft("第二次"), base=edition.revision_id, now=NOW)
    assert copy.version == 2
    assert (await office.edition(edition.id)).revision_id == edition.revision_id
    await saved(office, edition, make_draft("好了"), base=edition.revision_id)
    async with office.db.read() as session:
        assert await working_copy(session, edition.document_id, author.person) is None


async def test_autosave_when_another_tab_wrote_or_a_colleague_saved_conflicts(office: Office) -> None:
    edition, author = await written(office), await office.actor("author")
    base = edition.revision_id
    async with office.db.write() as session:
        await autosave(session, author, edition.id, make_draft("甲"), base=base, now=NOW)
        await autosave(session, author, edition.id, make_draft("乙"), base=base, version=1, now=NOW)
        with pytest.raises(Conflict) as conflict:
            await autosave(session, author, edition.id, make_draft("丙"), base=base, version=1, now=NOW)
    assert conflict.value.code == "content.conflict_tab"
    await saved(office, edition, make_draft("丁"), base=base, by="reviewer")
    async with office.db.write() as session:
        with pytest.raises(Conflict) as conflict:
            await autosave(session, author, edition.id, make_draft("戊"), base=base, now=NOW)
        await drop_working_copy(session, author, edition.id)
    assert conflict.value.code == "content.conflict"


async def test_editor_when_changing_a_colleagues_piece_is_denied_until_it_is_handed_over(office: Office) -> None:
    edition, author = await written(office), await office.actor("author")
    with pytest.raises(Denied) as denied:
        await saved(office, edition, make_draft("插一句"), base=edition.revision_id, by="colleague")
    assert denied.value.code == "people.denied.not_own"
    async with office.db.write() as session:
        await autosave(session, author, edition.id, make_draft("写到一半"), base=edition.revision_id, now=NOW)
        await hand_over(session, author, edition.id, to=office.people["colleague"], now=NOW)
    now = await office.edition(edition.id)
    assert now.holder_id == office.people["colleague"]
    revision_ = await saved(office, edition, make_draft("接着写完"), base=now.revision_id, by="colleague")
    assert revision_.number == 3
    async with office.db.read() as session:
        assert (await revision(session, edition.document_id, 2)).title == "写到一半"


async def test_hand_over_when_the_colleague_may_not_write_is_refused(office: Office) -> None:
    edition, author = await written(office), await office.actor("author")
    async with office.db.write() as session:
        with pytest.raises(Refused) as refused:
            await hand_over(session, author, edition.id, to=office.people["publisher"], now=NOW)
    assert refused.value.code == "content.cannot_hold"


async def test_correction_when_a_piece_is_live_begins_a_second_edition(office: Office) -> None:
    edition, author = await written(office), await office.actor("author")
    async with office.db.write() as session:
        with pytest.raises(Refused) as refused:
            await correct(session, author, edition.document_id, now=NOW)
    assert refused.value.code == "content.edition_open"
    await published(office, edition)
    async with office.db.write() as session:
        second = await correct(session, author, edition.document_id, now=NOW)
    first = await office.edition(edition.id)
    assert (first.is_live, first.is_current, second.is_live, second.is_current) == (True, False, False, True)
    assert (second.number, second.revision_id) == (2, edition.revision_id)
    await saved(office, second, make_draft("更正后的标题"), base=second.revision_id)
    async with office.db.write() as session:
        await discard(session, author, second.id, now=NOW)
    async with office.db.read() as session:
        page = await documents(session, author, Filters())
        assert [one.number for one in await editions_of(session, edition.document_id)] == [2, 1]
    assert [(row.title, row.number, row.live) for row in page.rows] == [("运河边的读书会", 1, 1)]


async def test_second_current_or_live_edition_when_forced_is_refused_by_the_database(office: Office) -> None:
    edition, author = await written(office), await office.actor("author")
    await published(office, edition)
    async with office.db.write() as session:
        second = await correct(session, author, edition.document_id, now=NOW)
    for values in ({"is_current": True, "id": edition.id}, {"is_live": True, "id": second.id}):
        key = values.pop("id")
        with pytest.raises(IntegrityError):
            async with office.db.write() as session:
                await session.execute(update(Edition).where(Edition.id == key).values(**values))


async def test_revision_when_changed_stops_the_transaction(office: Office) -> None:
    edition = await written(office)
    with pytest.raises(RowIsImmutable):
        async with office.db.write() as session:
            (await session.get_one(Revision, edition.revision_id)).title = "偷改"


async def test_state_when_moved_by_the_system_is_only_what_the_system_does(office: Office) -> None:
    edition = await written(office)
    async with office.db.write() as session:
        with pytest.raises(Denied):
            await move(session, await hold(session, edition.id), Verb.DISCARD, actor=None, now=NOW)
        with pytest.raises(Refused):
            await move(session, await hold(session, edition.id), Verb.PUBLISH, actor=None, now=NOW)


async def test_list_when_filtered_shows_what_was_asked_for(office: Office) -> None:
    one = await written(office, make_draft("吴江新闻一则", body="小雨转晴"), at=NOW)
    two = await written(office, make_draft("100%_完成", column=None), by="reviewer", at=NOW + MINUTE)
    author, neighbour = await office.actor("author"), await office.actor("neighbour")

    async def shown(filters: Filters, *, who: str = "author") -> list[uuid.UUID]:
        async with office.db.read() as session:
            return [row.edition for row in (await documents(session, await office.actor(who), filters)).rows]

    assert await shown(Filters()) == [two.id, one.id]
    assert await shown(Filters(mine=True)) == [one.id]
    for words in ("江新", "小雨", "wjxw", "李编辑", "雨转晴"):
        assert await shown(Filters(words=words)) in ([one.id], [two.id, one.id])
    assert await shown(Filters(words="江新")) == [one.id]
    assert await shown(Filters(words="新江")) == []
    assert await shown(Filters(words="100%_")) == [two.id]
    assert await shown(Filters(words="1000_")) == []
    assert await shown(Filters(column="news")) == [one.id]
    assert await shown(Filters(kind=Kind.NOTICE)) == []
    assert await shown(Filters(unit=INSTITUTE)) == [two.id, one.id]
    assert await shown(Filters(unit=NEIGHBOUR)) == []
    assert await shown(Filters(states=frozenset({EditionState.SUBMITTED}))) == []
    assert await shown(Filters(), who="neighbour") == []
    async with office.db.read() as session:
        assert (await counts(session, author)).by_state == {EditionState.DRAFT: 2}
        assert (await counts(session, neighbour)).total == 0
        assert [row.edition for row in await drafts_of(session, author)] == [one.id]
        with pytest.raises(Denied):
            await documents(session, await office.actor("nobody"), Filters())


async def test_list_when_paged_by_key_shows_each_document_once(office: Office) -> None:
    made = [(await written(office, at=NOW + MINUTE * (number // 2))).id for number in range(7)]
    author = await office.actor("author")
    seen: list[uuid.UUID] = []
    after = None
    async with office.db.read() as session:
        while True:
            page = await documents(session, author, Filters(), after=after, limit=3)
            assert page.total == 7
            seen += [row.edition for row in page.rows]
            after = page.after
            if after is None:
                break
    assert sorted(seen) == sorted(made)


async def test_document_when_looked_for_by_a_stranger_is_denied(office: Office) -> None:
    edition = await written(office)
    public = (await _document(office, edition)).public_id
    async with office.db.read() as session:
        with pytest.raises(Denied):
            await find(session, await office.actor("neighbour"), public)
        with pytest.raises(NotFound):
            await find(session, await office.actor("author"), "0000000000")
        with pytest.raises(NotFound):
            await revision(session, edition.document_id, 9)
        assert len(await revisions_of(session, edition.document_id)) == 1


async def test_plan_when_set_is_a_wish_and_nothing_else(office: Office) -> None:
    edition, author = await written(office), await office.actor("author")
    async with office.db.write() as session:
        await plan(session, author, edition.id, planned_at=NOW + MINUTE, now=NOW)
    now = await office.edition(edition.id)
    assert (now.planned_at, now.scheduled_at, now.published_at) == (NOW + MINUTE, None, None)


async def test_column_when_unknown_is_refused_and_when_added_accepted(office: Office) -> None:
    with pytest.raises(Invalid) as refused:
        await written(office, make_draft(column="life"))
    assert refused.value.fields == {"column": "content.no_column"}
    chief, author = await office.actor("chief"), await office.actor("author")
    async with office.db.write() as session:
        added = await add_column(session, chief, code="life", name="生活", now=NOW)
        with pytest.raises(Refused):
            await add_column(session, chief, code="life", name="生活", now=NOW)
        with pytest.raises(Denied):
            await add_column(session, author, code="mine", name="我的", now=NOW)
    await written(office, make_draft(column="life"))
    async with office.db.write() as session:
        await edit_column(session, chief, added.id, name="生活服务", position=2, active=False, now=NOW)
    async with office.db.read() as session:
        assert [one.code for one in await columns(session)] == ["news"]
        assert len(await columns(session, all_of_them=True)) == 2


async def test_person_when_in_two_units_reads_both(office: Office) -> None:
    await written(office)
    async with office.db.write() as session:
        person = await session.get_one(Person, office.people["neighbour"])
        row = Membership(
            id=uuid7(NOW), person_id=person.id, unit_id=office.units[STATION], role=Role.EDITOR.value, granted_at=NOW
        )
        session.add(row)
    async with office.db.read() as session:
        assert (await documents(session, await office.actor("neighbour"), Filters())).total == 1
