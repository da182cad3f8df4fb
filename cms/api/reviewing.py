"""Reviewing over the API: what a reviewer reads of a piece, proofs, several at once, emergencies and the look after."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from cms.api.models import State, Submitted, Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.content.queries import find
from cms.content.states import EDITABLE, EditionState
from cms.desk.reading import asked_of
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.signing import check_size, pass_one
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound
from cms.people.permissions import Action
from cms.publishing.onair.cutting import prepare_release
from cms.review.after import review_after
from cms.review.approve import current_release
from cms.review.deadlines import waits
from cms.review.inbox import waiting_for
from cms.review.proof import mark_proof
from cms.review.remarks import said_on
from cms.review.seen import is_unseen, note_seen, seen_before
from cms.review.submit import submit

Answer = Literal["good", "fault", "none"]


class WaitingLine(Given):
    """A piece that waits for the person: a `step` of its review, a `proof`, or the look `after` an emergency.

    `due` is when it should be done; `told`: it was not, and the person's own unit was told; `batch`: it may be passed
    with others.
    """

    document: str
    title: str
    kind: str
    unit: str
    track: str
    step: str
    ordinal: int
    steps: int
    hints: int
    note: str
    release: str
    submitted_by: str
    submitted_at: dt.datetime
    planned_at: dt.datetime | None
    urgent: bool
    due: dt.datetime | None
    told: bool
    batch: bool


class WaitingList(Given):
    """Emergencies first, then what was told of from below, then by deadline."""

    waiting: list[WaitingLine]


class RemarkLine(Given):
    """An opinion on a paragraph; `changed`: the paragraph is not any more what it was when this was said."""

    block: str
    person: str
    step: str
    text: str
    round: int
    at: dt.datetime
    changed: bool


class RemarkList(Given):
    """In the order of the paragraphs they were said of, oldest first."""

    remarks: list[RemarkLine]


class ReviewMay(Given):
    """What the person may do with it now; `proof` is the number of the proof they may make, 0 for none."""

    sign: bool
    send_back: bool
    proof: int
    after: bool
    why_not: str


class Review(Given):
    """What a reviewer has before them: the release by its hash, its deadline, and what is said of it.

    `reached` are the units that were told that the deadline passed; `before` is the revision to compare with.
    """

    document: str
    state: str
    release: str
    revision: str
    round: int
    submitted_at: dt.datetime
    note: str
    urgent: bool
    due: dt.datetime | None
    reached: list[str]
    before: str | None
    may: ReviewMay
    remarks: list[RemarkLine]


class ProofSent(Sent):
    """The next proof of a release: an answer for each item, and what is wrong where one is a fault."""

    release: str
    checks: dict[Annotated[str, Field(max_length=20)], Answer]
    note: Text = ""


class ProofMade(Given):
    """Which proof it is, and whether it found nothing."""

    ordinal: int
    clean: bool


class Rushing(Sent):
    """Why it cannot wait for its review."""

    reason: Text


class Looking(Sent):
    """Whether it was right to send it out; an objection needs words, and leaves the piece marked for a recall."""

    release: str
    agreed: bool
    opinion: Text = ""


class Chosen(Sent):
    """A piece and the release that was read."""

    document: str
    release: str


class PassingMany(Sent):
    """Several pieces under one password."""

    pieces: Annotated[list[Chosen], Field(max_length=100)]
    password: Annotated[str, Field(min_length=1, max_length=200)]
    opinion: Text = ""


class PassedLine(Given):
    """What became of one: its state, or the refusal."""

    document: str
    state: str | None
    code: str | None
    text: str | None
    next: str | None


class PassedMany(Given):
    """A line a piece, in the order they were sent."""

    pieces: list[PassedLine]


async def waiting(visit: Visit) -> WaitingList:
    """What waits for the person's review."""
    async with visit.deps.db.read() as session:
        found = await waiting_for(session, visit.actor)
    return WaitingList(
        waiting=[
            WaitingLine(
                document=one.public_id,
                title=one.title,
                kind=one.kind.value,
                unit=one.unit_name,
                track=one.track.value,
                step=one.step,
                ordinal=one.ordinal,
                steps=one.steps,
                hints=one.hints,
                note=one.note,
                release=one.release,
                submitted_by=one.submitted_by,
                submitted_at=one.submitted_at,
                planned_at=one.planned_at,
                urgent=one.urgent,
                due=one.due,
                told=one.told,
                batch=one.batch,
            )
            for one in found
        ]
    )


async def read_review(visit: Visit) -> Review:
    """A piece in review as its reviewer reads it; reading it notes that they saw it."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        if held.edition.round == 0 or held.state in EDITABLE:
            raise NotFound("review.no_release")
        row = await current_release(session, held.edition)
        asked = await asked_of(visit, session, held, row)
        clock = (await waits(session, [row.id])).get(row.id)
        before = await seen_before(session, visit.actor, held)
        said = _remarks(await said_on(session, held))
        is_new = await is_unseen(session, visit.actor, held)
    if is_new:
        async with visit.deps.db.write() as session:
            await note_seen(session, visit.actor, held, now=visit.now)
    return Review(
        document=held.document.public_id,
        state=held.edition.state,
        release=row.hash,
        revision=str(held.revision.id),
        round=row.round,
        submitted_at=row.submitted_at,
        note=row.note,
        urgent=bool((row.terms or {}).get("urgent")),
        due=clock.due if clock and held.state is not EditionState.PUBLISHED else None,
        reached=list(clock.reached) if clock else [],
        before=str(before.id) if before else None,
        may=ReviewMay(
            sign=asked.turn is not None,
            send_back=asked.may_return,
            proof=asked.proof,
            after=asked.after,
            why_not=asked.why_not,
        ),
        remarks=said,
    )


async def list_remarks(visit: Visit) -> RemarkList:
    """The opinions on single paragraphs of the piece."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        return RemarkList(remarks=_remarks(await said_on(session, held)))


async def add_proof(visit: Visit, sent: ProofSent) -> ProofMade:
    """Makes the next proof 校对 of the release."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        mark = await mark_proof(
            session,
            visit.actor,
            held.edition.id,
            seen=sent.release,
            checks=dict(sent.checks),
            note=sent.note,
            now=visit.now,
        )
        return ProofMade(ordinal=mark.ordinal, clean=mark.clean)


async def rush_one(visit: Visit, sent: Rushing) -> Submitted:
    """Begins an emergency publication 应急发布: frozen with its reason, for two keys and a look afterwards."""
    press = visit.deps.press(await visit.deps.keys.epoch())
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        row = await submit(
            session, visit.actor, held.edition.id, press=press, note=sent.reason, urgent=True, now=visit.now
        )
        await prepare_release(session, row.text, now=visit.now)
    return Submitted(release=row.hash, state=EditionState.SUBMITTED.value)


async def look_after(visit: Visit, sent: Looking) -> State:
    """The review after an emergency: it was right, or it has to be taken back."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        await review_after(
            session,
            visit.actor,
            held.edition.id,
            agreed=sent.agreed,
            opinion=sent.opinion,
            seen=sent.release,
            now=visit.now,
        )
        after = await find(session, visit.actor, visit.part("id"))
        return State(state=after.edition.state)


async def pass_many(visit: Visit, sent: PassingMany) -> PassedMany:
    """Passes an earlier step of several pieces, each for itself; what is refused stays, with its reason."""
    check_size(len(sent.pieces))
    return PassedMany(pieces=[await _passed(visit, one, sent) for one in sent.pieces])


async def _passed(visit: Visit, one: Chosen, sent: PassingMany) -> PassedLine:
    try:
        state = await pass_one(visit, one.document, seen=one.release, password=sent.password, opinion=sent.opinion)
    except REFUSALS as error:
        refused = refusal_of(error)
        said = visit.refusal(refused)
        return PassedLine(document=one.document, state=None, code=refused.code, text=said["text"], next=said["next"])
    return PassedLine(document=one.document, state=state.value, code=None, text=None, next=None)


def _remarks(found: Any) -> list[RemarkLine]:
    return [
        RemarkLine(
            block=block,
            person=one.person,
            step=one.step,
            text=one.text,
            round=one.round,
            at=one.at,
            changed=one.changed,
        )
        for block, said in found.items()
        for one in said
    ]


_ONE = "/api/v1/documents/{id}"
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/review", waiting, Action.REVIEW_READ, given=WaitingList),
    take("POST", "/api/v1/review/pass", pass_many, Action.REVIEW_PASS, sent=PassingMany, given=PassedMany),
    ask(f"{_ONE}/review", read_review, Action.REVIEW_READ, given=Review),
    ask(f"{_ONE}/remarks", list_remarks, Action.DOCUMENT_READ, given=RemarkList),
    take("POST", f"{_ONE}/proofs", add_proof, Action.REVIEW_PROOF, sent=ProofSent, given=ProofMade),
    take("POST", f"{_ONE}/rush", rush_one, Action.DOCUMENT_SUBMIT, sent=Rushing, given=Submitted),
    take("POST", f"{_ONE}/after-review", look_after, Action.REVIEW_SIGN, sent=Looking, given=State),
)
