"""三审三校 as people meet it: plans frozen at submit, distinct people, proofs, deadlines, batches and emergencies."""

import asyncio
import datetime as dt
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from cms.audit.models import AuditEvent
from cms.content.draft import EnvelopeDraft
from cms.content.editing import create, save
from cms.content.held import hold, look
from cms.content.kinds import Kind
from cms.content.models import Edition
from cms.content.move import move
from cms.content.states import EditionState, Verb
from cms.kernel.clock import from_ms
from cms.kernel.db import Database
from cms.kernel.errors import Conflict, Denied, Invalid, Refused
from cms.kernel.ids import uuid7
from cms.notices.inbox import notices_of
from cms.people.models import Membership
from cms.people.roles import Role
from cms.review.after import open_after_review, review_after
from cms.review.approve import current_release
from cms.review.approved import approved_release
from cms.review.batch import prepare_batch
from cms.review.books import current_book, save_book, versions
from cms.review.deadlines import escalate_due, waits
from cms.review.decline import return_piece
from cms.review.history import timeline
from cms.review.inbox import Track, waiting_for
from cms.review.models import Deadline, ReviewStep, Seat
from cms.review.plans import CHECKS, THREE_AND_THREE, TWO_STEPS, Book, By, Rule, RuleStep
from cms.review.proof import mark_proof
from cms.review.remarks import said_on
from cms.review.seen import note_seen, seen_before
from cms.review.slip import slip_of
from cms.review.submit import submit
from cms.trust.limits import URGENT_MS
from cms.trust.verify import verify_release
from tests.office import CENTRE, INSTITUTE, NOW, STATION, Office, make_draft, make_office

CLEAN = dict.fromkeys(CHECKS, "good")
HOUR = dt.timedelta(hours=1)
TOLD = ("nobody", "chief", "colleague")


@pytest.fixture
async def office(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Office]:
    await asyncio.to_thread(shutil.copy, _sqlite_template, tmp_path / "r.sqlite")
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'r.sqlite'}")
    yield await make_office(database)
    await database.close()


async def use(office: Office, book: Book) -> None:
    chief = await office.actor("chief")
    async with office.db.write() as session:
        seen = (await current_book(session)).version
        await save_book(session, chief, book, seen=seen, note="试行", now=NOW)


async def written(office: Office, title: str = "运河边的读书会", **changes: object) -> uuid.UUID:
    author = await office.actor("author")
    async with office.db.write() as session:
        draft = make_draft(title, **changes)  # type: ignore[arg-type]
        made = await create(session, author, kind=Kind.NEWS, unit=office.units[STATION], draft=draft, now=NOW)
    return made.id


async def send(office: Office, edition: uuid.UUID, *, urgent: bool = False, note: str = "") -> str:
    author = await office.actor("author")
    async with office.db.write() as session:
        row = await submit(session, author, edition, press=office.press, urgent=urgent, note=note, now=NOW)
        return row.hash


async def proof(office: Office, name: str, edition: uuid.UUID, seen: str, note: str = "", **checks: str) -> None:
    actor = await office.actor(name)
    async with office.db.write() as session:
        await mark_proof(session, actor, edition, seen=seen, checks={**CLEAN, **checks}, note=note, now=NOW)


async def state(office: Office, edition: uuid.UUID) -> EditionState:
    return EditionState((await office.edition(edition)).state)


async def refused(doing: object, *kinds: type[Exception]) -> str:
    with pytest.raises(kinds or (Refused, Denied, Invalid, Conflict)) as error:
        await doing  # type: ignore[misc]
    return str(error.value.code)  # type: ignore[attr-defined]


async def test_piece_takes_three_people_and_three_proofs_and_all_of_them_are_others(office: Office) -> None:
    await use(office, THREE_AND_THREE)
    for name, role in (("colleague", Role.PROOFREADER), ("nobody", Role.PROOFREADER), ("second", Role.DIRECTOR)):
        await hired(office, name, role)
    edition = await written(office)
    seen = await send(office, edition)
    assert await refused(proof(office, "author", edition, seen), Denied)
    await proof(office, "colleague", edition, seen)
    assert await refused(proof(office, "colleague", edition, seen)) == "review.proofed_already"
    assert await refused(proof(office, "second", edition, "0" * 64), Conflict) == "review.release_changed"
    assert await refused(proof(office, "second", edition, seen, links="")) == "review.proof_open"
    assert await refused(proof(office, "second", edition, seen, links="fault")) == "review.proof_note"

    await office.approve("reviewer", edition)
    assert await refused(proof(office, "reviewer", edition, seen)) == "review.decided_already"
    assert await refused(office.approve("reviewer", edition), Denied) == "people.denied.role"  # 部门主任 it must be
    await office.approve("second", edition)
    assert await refused(office.approve("chief", edition)) == "review.proofs_missing"
    await proof(office, "nobody", edition, seen, links="none")
    await proof(office, "deputy", edition, seen)
    assert await refused(office.approve("deputy", edition)) == "review.proofed_already"
    assert await state(office, edition) is EditionState.SUBMITTED
    await office.approve("chief", edition)
    assert await state(office, edition) is EditionState.APPROVED
    async with office.db.read() as session:
        approved = await approved_release(session, edition)
        slip = await slip_of(session, await office.actor("author"), edition)
    verify_release(approved.bundle, await office.delegations(), now=int(NOW.timestamp() * 1000) + 1)
    assert [one.person for one in slip.steps] == ["reviewer氏", "second氏", "chief氏"]
    assert [one.person for one in slip.proofs] == ["colleague氏", "nobody氏", "deputy氏"]


async def hired(office: Office, name: str, role: Role, unit: str = STATION) -> None:
    async with office.db.write() as session:
        member = {"person_id": office.people[name], "unit_id": office.units[unit], "role": role.value}
        session.add(Membership(id=uuid7(NOW), granted_at=NOW, **member))


async def test_proof_with_a_fault_keeps_the_piece_from_the_signature_until_it_is_sent_again(office: Office) -> None:
    await use(office, Book((Rule(TWO_STEPS.steps, proofs=1),), reviewer_proofs=True))
    edition = await written(office)
    seen = await send(office, edition)
    await proof(office, "reviewer", edition, seen, "第二段“渡口”误作“度口”", typos="fault")
    await office.approve("reviewer", edition)  # this office lets a reviewer proofread
    assert await refused(office.approve("chief", edition)) == "review.proof_faults"
    chief = await office.actor("chief")
    async with office.db.write() as session:
        await return_piece(session, chief, edition, opinion="请按校对修改", seen=seen, now=NOW)
    again = await send(office, edition)
    await proof(office, "reviewer", edition, again)
    await office.approve("reviewer", edition)
    await office.approve("chief", edition)
    assert await state(office, edition) is EditionState.APPROVED


async def test_database_refuses_an_author_at_a_step_and_one_person_at_two(office: Office) -> None:
    edition = await written(office)
    await send(office, edition)
    await office.approve("reviewer", edition)

    async def step(person: str, ordinal: int) -> None:
        async with office.db.write() as session:
            row = await current_release(session, await session.get_one(Edition, edition))
            values = {"step": "sign", "decision": "passed", "opinion": "", "remarks": [], "at": NOW}
            who = office.people[person]
            session.add(ReviewStep(id=uuid7(NOW), release_id=row.id, ordinal=ordinal, person_id=who, **values))

    for person in ("author", "reviewer", "chief"):  # the last one has no seat at all
        with pytest.raises(IntegrityError):
            await step(person, 2)

    async def second_seat() -> None:
        async with office.db.write() as session:
            row = await current_release(session, await session.get_one(Edition, edition))
            session.add(Seat(release_id=row.id, person_id=office.people["author"], seat="step"))

    with pytest.raises(IntegrityError):
        await second_seat()


async def test_plan_when_changed_after_the_submission_counts_for_the_next_one(office: Office) -> None:
    edition = await written(office)
    await send(office, edition)
    await use(office, THREE_AND_THREE)
    await office.approve("reviewer", edition)
    await office.approve("chief", edition)
    assert await state(office, edition) is EditionState.APPROVED
    other = await written(office, channels=("screen", "wechat"))
    with pytest.raises(Refused):  # wechat is no channel of this installation
        await send(office, other)
    third = await written(office)
    await send(office, third)
    async with office.db.read() as session:
        slip = await slip_of(session, await office.actor("author"), third)
    assert ([one.key for one in slip.steps], slip.plan.book) == (["first", "second", "sign"], 1)


async def test_step_of_a_higher_level_is_not_taken_below_it(office: Office) -> None:
    rule = Rule((RuleStep("review"), RuleStep("sign", By.CHIEF, "centre")))
    await use(office, Book((rule,)))
    await hired(office, "nobody", Role.CHIEF, INSTITUTE)
    edition = await written(office)
    await send(office, edition)
    await office.approve("reviewer", edition)
    assert await refused(office.approve("nobody", edition)) == "people.denied.scope"
    await office.approve("chief", edition)


async def test_book_when_two_save_at_once_keeps_the_first_and_only_the_whole_district_may(office: Office) -> None:
    await use(office, THREE_AND_THREE)
    chief = await office.actor("chief")

    async def keep(actor: object, book: Book, seen: int) -> None:
        async with office.db.write() as session:
            await save_book(session, actor, book, seen=seen, now=NOW)  # type: ignore[arg-type]

    assert await refused(keep(chief, Book((TWO_STEPS,)), 0), Conflict) == "review.book_changed"
    assert await refused(keep(chief, Book((TWO_STEPS, TWO_STEPS)), 1), Invalid) == "review.plan_twice"
    assert await refused(keep(chief, Book(()), 1), Invalid) == "review.plan_everything"
    await hired(office, "nobody", Role.CHIEF, INSTITUTE)
    assert await refused(keep(await office.actor("nobody"), Book((TWO_STEPS,)), 1), Denied)
    async with office.db.read() as session:
        assert [(one.number, one.person, one.note) for one in await versions(session)] == [(1, "chief氏", "试行")]


async def test_deadline_when_it_passes_climbs_the_tree_and_is_told_where_it_arrives(office: Office) -> None:
    await hired(office, "nobody", Role.CHIEF, INSTITUTE)
    await hired(office, "colleague", Role.REVIEWER)
    edition = await written(office)
    await send(office, edition)
    later = NOW + 25 * HOUR
    assert await escalate_due(office.db, owner="a", now=NOW + 23 * HOUR) == 0
    assert await escalate_due(office.db, owner="a", now=later) == 1
    assert await escalate_due(office.db, owner="b", now=later) == 0

    async def told(name: str) -> bool:
        async with office.db.read() as session:
            (one,) = await waiting_for(session, await office.actor(name))
            return one.told

    assert [await told(name) for name in ("colleague", "nobody", "chief")] == [False, True, False]
    assert await escalate_due(office.db, owner="a", now=later + 25 * HOUR) == 1
    assert [await told(name) for name in ("nobody", "chief")] == [True, True]
    assert await escalate_due(office.db, owner="a", now=later + 50 * HOUR) == 1  # the root hears it once more
    assert await escalate_due(office.db, owner="a", now=later + 200 * HOUR) == 0
    async with office.db.read() as session:
        author = await office.actor("author")
        public_id = (await slip_of(session, author, edition)).public_id
        told_of = [one for one in await timeline(session, author, public_id) if one.kind == "escalation"]
        record = (await session.scalars(select(AuditEvent).where(AuditEvent.action == "review.escalate"))).all()
        notices = {who: [one.times for one in await notices_of(session, await office.actor(who))] for who in TOLD}
    assert notices == {"nobody": [1], "chief": [2], "colleague": []}
    assert [one.details["unit"] for one in told_of] == ["单位320509", "单位320509", "单位04"]
    assert [one.details["reached"] for one in record] == [INSTITUTE, CENTRE, CENTRE]

    await office.approve("reviewer", edition)
    async with office.db.read() as session:
        row = await current_release(session, await session.get_one(Edition, edition))
        assert (await waits(session, [row.id]))[row.id].reached == ()
        assert await notices_of(session, await office.actor("chief")) == []


async def test_deadline_when_the_step_is_taken_or_the_piece_returned_says_nothing(office: Office) -> None:
    edition = await written(office)
    await send(office, edition)
    await office.approve("reviewer", edition)
    await office.approve("chief", edition)
    other = await written(office)
    await send(office, other)
    reviewer = await office.actor("reviewer")
    async with office.db.write() as session:
        await return_piece(session, reviewer, other, opinion="重写", now=NOW)
    assert await escalate_due(office.db, owner="a", now=NOW + 1000 * HOUR) == 0
    async with office.db.read() as session:
        assert {row.state for row in (await session.scalars(select(Deadline))).all()} == {"done"}


async def test_batch_takes_read_earlier_steps_only(office: Office) -> None:
    edition = await written(office)
    seen = await send(office, edition)
    reviewer, chief = await office.actor("reviewer"), await office.actor("chief")

    async def prepare(actor: object, hash_: str = seen) -> None:
        async with office.db.read() as session:
            await prepare_batch(session, actor, edition, seen=hash_)  # type: ignore[arg-type]

    assert await refused(prepare(reviewer)) == "review.batch_unread"
    async with office.db.write() as session:
        for actor in (reviewer, chief):
            await note_seen(session, actor, await look(session, edition), now=NOW)
    assert await refused(prepare(reviewer, "0" * 64)) == "review.release_changed"
    async with office.db.read() as session:
        assert [one.batch for one in await waiting_for(session, reviewer)] == [True]
    await prepare(reviewer)
    await office.approve("reviewer", edition)
    async with office.db.read() as session:
        assert [one.batch for one in await waiting_for(session, chief)] == [False]
    assert await refused(prepare(chief)) == "review.batch_sign"


async def test_changes_are_shown_against_what_i_saw_and_opinions_say_whether_the_text_followed(office: Office) -> None:
    edition = await written(office)
    seen = await send(office, edition)
    author, reviewer, second = [await office.actor(name) for name in ("author", "reviewer", "second")]
    async with office.db.write() as session:
        held = await look(session, edition)
        first, block = held.revision, held.revision.body["blocks"][0]["id"]
        await note_seen(session, reviewer, held, now=NOW)
        remarks = ((block, "人数请核实"),)
        lost = (("b_zzzzzzzzzzzz", "没有这一段"),)
        with pytest.raises(Conflict, match="remark_lost"):
            await return_piece(session, reviewer, edition, opinion="请改", remarks=lost, seen=seen, now=NOW)
    async with office.db.write() as session:
        await return_piece(session, reviewer, edition, opinion="请改", remarks=remarks, seen=seen, now=NOW)
    for words in ("二十一位居民", "二十二位居民"):
        async with office.db.write() as session:
            held = await look(session, edition)
            body = {**held.revision.body, "blocks": [{**held.revision.body["blocks"][0], "text": [{"t": words}]}]}
            await save(session, author, edition, make_draft(body=body), base=held.revision.id, now=NOW)
    await send(office, edition)
    async with office.db.write() as session:
        held = await look(session, edition)
        for again in (False, True):  # also after the page was opened again
            mine, others = await seen_before(session, reviewer, held), await seen_before(session, second, held)
            assert mine is not None
            assert mine.id == first.id, again
            assert others is not None
            await note_seen(session, reviewer, held, now=NOW)
        said = (await said_on(session, held))[block]
    assert [(one.person, one.text, one.changed) for one in said] == [("reviewer氏", "人数请核实", True)]


async def test_emergency_goes_out_on_two_keys_for_a_day_and_a_third_person_looks_afterwards(office: Office) -> None:
    edition = await written(office, envelope=EnvelopeDraft(not_after=NOW + 100 * HOUR))
    assert await refused(send(office, edition, urgent=True)) == "review.reason_missing"
    seen = await send(office, edition, urgent=True, note="燃气泄漏，沿河居民请撤离")
    for name in ("reviewer", "author"):
        assert await refused(office.approve(name, edition), Denied)
    await office.approve("chief", edition)
    assert await refused(office.approve("chief", edition)) == "review.decided_already"
    await office.approve("deputy", edition)
    async with office.db.read() as session:
        approved = await approved_release(session, edition)
    granted = await office.delegations()
    release = verify_release(approved.bundle, granted, now=int(NOW.timestamp() * 1000) + 1).value
    assert (release.class_, from_ms(release.envelope.not_after or 0)) == ("urgent", NOW + URGENT_MS * HOUR / 3_600_000)

    publisher = await office.actor("publisher")
    async with office.db.write() as session:
        held = await hold(session, edition)
        await move(session, held, Verb.PUBLISH_URGENT, actor=publisher, now=NOW)
        await open_after_review(session, held, approved.row, now=NOW)
    assert await state(office, edition) is EditionState.PUBLISHED_PENDING_REVIEW

    async def look_at(name: str, opinion: str = "同意", *, agreed: bool = True) -> None:
        actor = await office.actor(name)
        async with office.db.write() as session:
            await review_after(session, actor, edition, agreed=agreed, opinion=opinion, seen=seen, now=NOW)

    for name in ("chief", "deputy", "author"):
        assert await refused(look_at(name))
    await hired(office, "nobody", Role.CHIEF, CENTRE)
    async with office.db.read() as session:
        waiting = await waiting_for(session, await office.actor("nobody"))
        assert [(one.track, one.urgent) for one in waiting] == [(Track.AFTER, True)]
        assert await waiting_for(session, await office.actor("chief")) == []
    assert await escalate_due(office.db, owner="a", now=NOW + 13 * HOUR) == 1
    assert await refused(look_at("nobody", "", agreed=False)) == "review.opinion_missing"
    await look_at("nobody")
    assert await state(office, edition) is EditionState.PUBLISHED
    assert await refused(look_at("nobody"))
    async with office.db.read() as session:
        slip = await slip_of(session, await office.actor("author"), edition)
    assert slip.after is not None
    assert (slip.after.person, slip.after.agreed, slip.note) == ("nobody氏", True, "燃气泄漏，沿河居民请撤离")
