"""From a draft to an approved release, and every way off that road."""

import asyncio
import datetime as dt
import json
import uuid

import pytest
from sqlalchemy import select

from cms.content.draft import EnvelopeDraft
from cms.content.editing import autosave, create, save
from cms.content.editions import reopen
from cms.content.held import look
from cms.content.kinds import Kind
from cms.content.models import Edition
from cms.content.states import EditionState
from cms.kernel.errors import Conflict, Denied, Invalid, Refused
from cms.review.approve import prepare_approval, record_approval
from cms.review.approved import approved_release
from cms.review.decline import return_piece, withdraw
from cms.review.findings import Finding
from cms.review.history import timeline
from cms.review.inbox import waiting_for
from cms.review.models import ApprovalRow, ReleaseRow
from cms.review.slip import slip_of
from cms.review.submit import preview_piece, preview_submission, submit
from cms.trust.verify import verify_release
from tests.office import CENTRE, NEIGHBOUR, NOW, PASSWORD, STATION, Office, make_draft, make_picture

LATER = NOW + dt.timedelta(minutes=5)


async def written(office: Office, *, name: str = "author", kind: Kind = Kind.NEWS, **changes: object) -> uuid.UUID:
    actor = await office.actor(name)
    draft = make_draft(**changes)  # type: ignore[arg-type]
    async with office.db.write() as session:
        made = await create(session, actor, kind=kind, unit=office.units[STATION], draft=draft, now=NOW)
    return made.id


async def submitted(office: Office, *, by: str = "author", **changes: object) -> uuid.UUID:
    edition = await written(office, **changes)  # type: ignore[arg-type]
    await submit_again(office, edition, by=by)
    return edition


async def submit_again(office: Office, edition: uuid.UUID, *, by: str = "author") -> ReleaseRow:
    actor = await office.actor(by)
    async with office.db.write() as session:
        return await submit(session, actor, edition, press=office.press, now=NOW)


async def state(office: Office, edition: uuid.UUID) -> EditionState:
    return EditionState((await office.edition(edition)).state)


async def test_piece_when_two_people_sign_is_approved_and_its_bundle_verifies(office: Office) -> None:
    picture = await make_picture(office)
    edition = await submitted(office, cover=picture, cover_alt="运河夜景")
    await office.approve("reviewer", edition)
    assert await state(office, edition) is EditionState.SUBMITTED
    await office.approve("chief", edition)
    assert await state(office, edition) is EditionState.APPROVED
    async with office.db.read() as session:
        approved = await approved_release(session, edition)
    granted = await office.delegations()
    verified = verify_release(approved.bundle, granted, now=int(NOW.timestamp() * 1000) + 1)
    assert verified.value.content["title"] == "运河边的读书会"
    assert verified.value.envelope.units == (STATION,)
    assert verified.value.content["cover"] == picture.hex * 2
    assert {asset.rendition for asset in verified.value.assets} == {"screen-1080", "screen-cover", "web-480", "thumb"}
    assert set(verified.value.forms) == {"screen"}


async def test_author_when_they_are_a_reviewer_too_cannot_pass_their_piece(office: Office) -> None:
    edition = await submitted(office, name="reviewer", by="reviewer")
    with pytest.raises(Denied) as refused:
        await office.approve("reviewer", edition)
    assert refused.value.code == "people.denied.own"


async def test_submitter_when_they_wrote_nothing_cannot_pass_it_either(office: Office) -> None:
    edition = await submitted(office, by="second")
    with pytest.raises(Denied):
        await office.approve("second", edition)


async def test_person_when_they_passed_a_step_cannot_take_the_next(office: Office) -> None:
    edition = await submitted(office)
    await office.approve("chief", edition)
    with pytest.raises(Refused) as refused:
        await office.approve("chief", edition)
    assert refused.value.code == "review.decided_already"
    await office.approve("deputy", edition)
    assert await state(office, edition) is EditionState.APPROVED


async def test_reviewer_when_it_comes_to_the_signature_is_denied(office: Office) -> None:
    edition = await submitted(office)
    await office.approve("reviewer", edition)
    with pytest.raises(Denied) as refused:
        await office.approve("second", edition)
    assert refused.value.code == "people.denied.role"


async def test_reviewer_when_the_envelope_leaves_their_unit_is_denied(office: Office) -> None:
    edition = await submitted(office)
    with pytest.raises(Denied) as refused:
        await office.approve("neighbour", edition)
    assert refused.value.code == "people.denied.scope"


async def test_two_people_when_they_pass_one_step_at_once_take_it_once(office: Office) -> None:
    edition = await submitted(office)
    done = await asyncio.gather(
        office.approve("reviewer", edition), office.approve("second", edition), return_exceptions=True
    )
    assert sum(isinstance(one, Edition) for one in done) == 1
    assert [type(one) for one in done if not isinstance(one, Edition)] in ([Denied], [Refused])
    async with office.db.read() as session:
        assert len((await session.execute(select(ApprovalRow))).all()) == 1


async def test_approval_when_the_piece_was_submitted_anew_is_refused(office: Office) -> None:
    edition = await submitted(office)
    author, reviewer = await office.actor("author"), await office.actor("reviewer")
    async with office.db.read() as session:
        to_sign = await prepare_approval(session, reviewer, edition)
    approval = await office.signer.approve(reviewer.person, PASSWORD, to_sign.text)
    async with office.db.write() as session:
        await withdraw(session, author, edition, now=NOW)
    base = (await office.edition(edition)).revision_id
    async with office.db.write() as session:
        await save(session, author, edition, make_draft("换了标题"), base=base, now=NOW)
    await submit_again(office, edition)
    granted = await office.delegations()
    async with office.db.write() as session:
        with pytest.raises(Refused) as refused:
            await record_approval(session, reviewer, edition, approval, delegations=granted, now=NOW)
    assert refused.value.params["reason"] == "trust.signature"
    async with office.db.read() as session:
        with pytest.raises(Conflict) as changed:
            await prepare_approval(session, reviewer, edition, seen=to_sign.hash)
    assert changed.value.code == "review.release_changed"


async def test_approval_when_another_person_hands_it_in_is_denied(office: Office) -> None:
    edition = await submitted(office)
    reviewer, second = await office.actor("reviewer"), await office.actor("second")
    async with office.db.read() as session:
        text = (await prepare_approval(session, reviewer, edition)).text
    approval = await office.signer.approve(reviewer.person, PASSWORD, text)
    granted = await office.delegations()
    async with office.db.write() as session:
        with pytest.raises(Denied):
            await record_approval(session, second, edition, approval, delegations=granted, now=NOW)


async def test_approved_piece_when_saved_again_is_a_draft_without_a_release(office: Office) -> None:
    edition = await submitted(office)
    await office.approve("reviewer", edition)
    await office.approve("chief", edition)
    author = await office.actor("author")
    base = (await office.edition(edition)).revision_id
    async with office.db.write() as session:
        await save(session, author, edition, make_draft("改一个字"), base=base, now=LATER)
    assert await state(office, edition) is EditionState.DRAFT
    async with office.db.read() as session:
        with pytest.raises(Refused) as refused:
            await approved_release(session, edition)
    assert refused.value.code == "review.not_approved"


async def test_approved_piece_when_reopened_and_submitted_needs_both_steps_again(office: Office) -> None:
    edition = await submitted(office)
    await office.approve("reviewer", edition)
    await office.approve("chief", edition)
    author = await office.actor("author")
    async with office.db.write() as session:
        await reopen(session, author, edition, now=LATER)
    await submit_again(office, edition)
    await office.approve("reviewer", edition)
    async with office.db.read() as session:
        with pytest.raises(Refused):
            await approved_release(session, edition)


async def test_state_when_forced_to_approved_in_the_database_is_not_publishable(office: Office) -> None:
    edition = await submitted(office)
    await office.approve("reviewer", edition)
    async with office.db.write() as session:
        row = await session.get_one(Edition, edition)
        row.state = EditionState.APPROVED.value
    async with office.db.read() as session:
        with pytest.raises(Refused) as refused:
            await approved_release(session, edition)
    assert refused.value.code == "review.not_approved"


async def test_piece_when_returned_carries_the_opinion_and_can_be_submitted_again(office: Office) -> None:
    edition = await submitted(office)
    reviewer, author = await office.actor("reviewer"), await office.actor("author")
    async with office.db.write() as session:
        with pytest.raises(Invalid):
            await return_piece(session, reviewer, edition, opinion="  ", now=LATER)
    async with office.db.write() as session:
        block = (await look(session, edition)).revision.body["blocks"][0]["id"]
        remarks = ((block, "人数请核实"),)
        await return_piece(session, reviewer, edition, opinion="请核对", remarks=remarks, now=LATER)
    assert await state(office, edition) is EditionState.RETURNED
    async with office.db.read() as session:
        public_id = (await slip_of(session, author, edition)).public_id
        entries = await timeline(session, author, public_id)
    assert entries[0].note == "请核对"
    assert entries[0].remarks == remarks
    await submit_again(office, edition)
    assert await state(office, edition) is EditionState.SUBMITTED


async def test_author_when_returning_their_own_piece_is_denied(office: Office) -> None:
    edition = await submitted(office, name="reviewer", by="reviewer")
    actor = await office.actor("reviewer")
    async with office.db.write() as session:
        with pytest.raises(Denied):
            await return_piece(session, actor, edition, opinion="重写", now=LATER)


async def test_submission_when_checks_fail_names_each_and_changes_nothing(office: Office) -> None:
    edition = await written(office, title="", channels=())
    author = await office.actor("author")
    async with office.db.write() as session:
        with pytest.raises(Refused) as refused:
            await submit(session, author, edition, press=office.press, now=NOW)
    findings = refused.value.params["findings"]
    assert isinstance(findings, list)
    assert {(one["code"], one["field"]) for one in findings if one["severity"] == "must"} == {
        ("missing", "title"),
        ("no_channel", "channels"),
    }
    assert json.dumps(findings)
    assert await state(office, edition) is EditionState.DRAFT
    async with office.db.read() as session:
        assert (await session.execute(select(ReleaseRow))).first() is None


async def test_submission_when_a_picture_lacks_a_file_says_so(office: Office) -> None:
    picture = await make_picture(office, renditions=("thumb",))
    edition = await written(office, cover=picture, cover_alt="图")
    author = await office.actor("author")
    async with office.db.read() as session:
        shown = await preview_submission(session, author, edition, press=office.press, now=NOW)
    assert Finding("must", "asset_unready", field="cover") in shown.findings
    assert shown.release is None


async def test_submission_when_text_was_typed_and_not_saved_takes_it_along(office: Office) -> None:
    edition = await written(office)
    author = await office.actor("author")
    base = (await office.edition(edition)).revision_id
    async with office.db.write() as session:
        await autosave(session, author, edition, make_draft("最后一改"), base=base, now=NOW)
    row = await submit_again(office, edition)
    assert json.loads(row.text)["content"]["title"] == "最后一改"
    assert json.loads(row.text)["revision"] != ""
    assert (await office.edition(edition)).revision_id == row.revision_id != base


async def test_release_when_made_again_from_the_same_rows_differs_only_in_its_id(office: Office) -> None:
    edition = await submitted(office)
    author = await office.actor("author")
    async with office.db.write() as session:
        await withdraw(session, author, edition, now=NOW)
    again = await submit_again(office, edition)
    async with office.db.read() as session:
        texts = [json.loads(row.text) for row in (await session.execute(select(ReleaseRow))).scalars()]
    assert len({text.pop("release") for text in texts}) == 2
    assert texts[0] == texts[1]
    assert again.round == 2


async def test_inbox_when_a_piece_is_submitted_shows_it_to_those_whose_turn_it_is(office: Office) -> None:
    edition = await submitted(office, envelope=EnvelopeDraft(units=(CENTRE, NEIGHBOUR)))
    waits: dict[str, list[str]] = {}
    for turn in ("review", "sign"):
        waits[turn] = []
        async with office.db.read() as session:
            for name in office.people:
                found = await waiting_for(session, await office.actor(name))
                if [one.edition for one in found] == [edition] and found[0].step == turn:
                    waits[turn].append(name)
        if turn == "review":
            await office.approve("reviewer", edition)
    assert waits == {"review": ["reviewer", "second", "chief", "deputy"], "sign": ["chief", "deputy"]}


async def test_slip_when_both_signed_names_people_opinions_and_hash(office: Office) -> None:
    edition = await submitted(office)
    await office.approve("reviewer", edition)
    await office.approve("chief", edition)
    async with office.db.read() as session:
        slip = await slip_of(session, await office.actor("author"), edition)
        row = (await session.execute(select(ReleaseRow))).scalar_one()
    assert [(step.key, step.person, step.decision) for step in slip.steps] == [
        ("review", "reviewer氏", "passed"),
        ("sign", "chief氏", "passed"),
    ]
    assert slip.authors == ("author氏",)
    assert slip.hash == row.hash
    assert slip.counts
    assert all(len(step.signing_key) == 32 for step in slip.steps)


async def test_preview_when_a_picture_is_missing_draws_the_rest(office: Office) -> None:
    edition = await written(office)
    author = await office.actor("author")
    draft = make_draft("还没写完", cover=uuid.uuid4(), channels=())
    async with office.db.read() as session:
        piece = await preview_piece(session, author, edition, press=office.press, draft=draft, now=NOW)
    assert (piece.title, piece.cover, piece.release, piece.column_name) == ("还没写完", None, "", "吴江新闻")
    assert piece.channels == ("screen", "web")
