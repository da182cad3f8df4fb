"""What is done with a piece besides writing it: saving, its small verbs, its history, its checks, its deliveries."""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import BodyPartReader
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from cms.api.models import Note, State, Text
from cms.api.resources import Given, Resource, Sent, ask, bring, take
from cms.api.shapes import Done, Nothing
from cms.content import editions
from cms.content.draft import read_draft
from cms.content.editing import drop_working_copy, save
from cms.content.held import Held, look
from cms.content.queries import find
from cms.desk import labels, pieces
from cms.desk.uploads import blocks_of
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from cms.planning.schedule import unschedule
from cms.publishing.deliveries import retry
from cms.publishing.proofs import keep_proof
from cms.publishing.tasks import confirm
from cms.review.decline import return_piece, withdraw
from cms.review.findings import finding_json
from cms.review.history import timeline
from cms.review.submit import preview_submission

_ONE = "/api/v1/documents/{id}"


class Saving(Sent):
    """What is written, on top of revision `base`."""

    base: str
    draft: dict[str, Any]


class Saved(Given):
    """The revision it became."""

    revision: str
    number: int


class Returning(Sent):
    """Why it goes back, and what is remarked on which block; `release` is the one that was read, if it matters."""

    opinion: Text
    release: str | None = None
    remarks: dict[str, Text] = Field(default_factory=dict, max_length=500)


class HistoryLine(Given):
    """A saved revision, or something that was done to an edition."""

    at: dt.datetime
    kind: str
    person: str
    edition: int | None
    revision: int
    verb: str | None
    state: str | None
    step: str
    note: str


class History(Given):
    """Newest first."""

    history: list[HistoryLine]


class Check(Given):
    """Something the machine found; `must` stops a submission."""

    severity: str
    code: str
    field: str
    block: str
    text: str
    next: str


class Checks(Given):
    """What would be said of the piece if it were submitted now, and who would review it."""

    findings: list[Check]
    steps: list[str]


class Confirming(Sent):
    """Where what was done by hand can be seen."""

    url: str = ""


async def save_one(visit: Visit, sent: Saving) -> Saved:
    """Cuts a revision; 409 with the newer one when somebody saved meanwhile."""
    draft, base = read_draft(sent.draft), as_uuid(sent.base)
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        revision = await save(session, visit.actor, held.edition.id, draft, base=base, now=visit.now)
    return Saved(revision=str(revision.id), number=revision.number)


async def drop_copy(visit: Visit, _sent: Nothing) -> Done:
    """Throws away what was typed since the last save."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        await drop_working_copy(session, visit.actor, held.edition.id)
    return Done(id=visit.part("id"))


def _verb(
    summary: str, act: Callable[[AsyncSession, Visit, Held, str], Awaitable[object]]
) -> Callable[[Visit, Note], Awaitable[State]]:
    """A use case that moves an edition and needs no more than a word about why."""

    async def moved(visit: Visit, sent: Note) -> State:
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, visit.part("id"))
            await act(session, visit, held, sent.note)
            after = await find(session, visit.actor, visit.part("id"))
            return State(state=after.edition.state)

    moved.__doc__ = summary
    return moved


withdraw_one = _verb(
    "Takes the piece back from review.",
    lambda session, visit, held, note: withdraw(session, visit.actor, held.edition.id, note=note, now=visit.now),
)
reopen_one = _verb(
    "Opens a signed piece for writing again; its approvals are void.",
    lambda session, visit, held, _note: editions.reopen(session, visit.actor, held.edition.id, now=visit.now),
)
correct_one = _verb(
    "Begins a new edition of what is out.",
    lambda session, visit, held, _note: editions.correct(session, visit.actor, held.document.id, now=visit.now),
)
unschedule_one = _verb(
    "Takes a promised time back.",
    lambda session, visit, held, _note: unschedule(session, visit.actor, held.edition.id, now=visit.now),
)


async def discard_one(visit: Visit, sent: Note) -> State:
    """Drops a draft for good."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        edition = await editions.discard(session, visit.actor, held.edition.id, note=sent.note, now=visit.now)
        return State(state=(await look(session, edition.id)).edition.state)


async def return_one(visit: Visit, sent: Returning) -> State:
    """Sends the piece back to its author, with an opinion and remarks."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        edition = await return_piece(
            session,
            visit.actor,
            held.edition.id,
            opinion=sent.opinion,
            remarks=tuple(sent.remarks.items()),
            seen=sent.release,
            now=visit.now,
        )
    return State(state=edition.state)


async def history_of(visit: Visit) -> History:
    """Everything that happened to the piece."""
    async with visit.deps.db.read() as session:
        found = await timeline(session, visit.actor, visit.part("id"))
    return History(
        history=[
            HistoryLine(
                at=one.at,
                kind=one.kind,
                person=one.person,
                edition=one.edition,
                revision=one.revision,
                verb=one.verb.value if one.verb else None,
                state=one.state.value if one.state else None,
                step=one.step,
                note=one.note,
            )
            for one in found
        ]
    )


async def checks_of(visit: Visit) -> Checks:
    """What the machine finds in the piece as the person would go on writing it."""
    press = visit.deps.press(await visit.deps.keys.epoch())
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        draft, _, _ = await pieces.typed(session, visit, held)
        found = await preview_submission(session, visit.actor, held.edition.id, press=press, draft=draft, now=visit.now)
    said = [labels.findings(visit, [one])[0] for one in found.findings]
    return Checks(
        findings=[
            Check(
                severity=raw["severity"],
                code=raw["code"],
                field=raw["field"],
                block=raw["block"],
                text=words["text"],
                next=words["next"],
            )
            for raw, words in zip(map(finding_json, found.findings), said, strict=True)
        ],
        steps=[step.key for step in found.plan.steps],
    )


async def retry_delivery(visit: Visit, _sent: Nothing) -> Done:
    """Tries a delivery that failed once more."""
    async with visit.deps.db.write() as session:
        row = await retry(session, visit.actor, visit.uuid("delivery"), now=visit.now)
    return Done(id=str(row.id))


async def confirm_delivery(visit: Visit, sent: Confirming) -> Done:
    """Says that a person did at the platform what the delivery asked for."""
    if len(sent.url) > 1000:
        raise Invalid("api.body", fields={"url": "api.field"}, names="url")
    async with visit.deps.db.write() as session:
        row = await confirm(
            session, visit.actor, visit.uuid("delivery"), url=sent.url, channels=visit.deps.channels, now=visit.now
        )
    return Done(id=str(row.id))


async def confirm_with_proof(visit: Visit, part: BodyPartReader) -> Done:
    """Says the same and shows a picture for it: what a take-down asks for where its platform deletes nothing itself."""
    deps, delivery, url = visit.deps, visit.uuid("delivery"), visit.query("url")
    proof = await keep_proof(deps.db, deps.workshop, visit.actor, delivery, blocks_of(part))
    async with deps.db.write() as session:
        row = await confirm(
            session, visit.actor, delivery, url=url[:1001], proof=proof, channels=deps.channels, now=visit.now
        )
    return Done(id=str(row.id))


_RETRY, _CONFIRM = "/api/v1/deliveries/{delivery}/retry", "/api/v1/deliveries/{delivery}/confirm"
RESOURCES: tuple[Resource, ...] = (
    take("POST", f"{_ONE}/revisions", save_one, Action.DOCUMENT_EDIT, sent=Saving, given=Saved),
    take("DELETE", f"{_ONE}/working-copy", drop_copy, Action.DOCUMENT_EDIT, sent=Nothing, given=Done),
    take("POST", f"{_ONE}/withdraw", withdraw_one, Action.DOCUMENT_WITHDRAW, sent=Note, given=State),
    take("POST", f"{_ONE}/reopen", reopen_one, Action.DOCUMENT_EDIT, sent=Note, given=State),
    take("POST", f"{_ONE}/discard", discard_one, Action.DOCUMENT_DISCARD, sent=Note, given=State),
    take("POST", f"{_ONE}/correct", correct_one, Action.DOCUMENT_CORRECT, sent=Note, given=State),
    take("POST", f"{_ONE}/return", return_one, Action.REVIEW_RETURN, sent=Returning, given=State),
    take("POST", f"{_ONE}/unschedule", unschedule_one, Action.PUBLISHING_SCHEDULE, sent=Note, given=State),
    ask(f"{_ONE}/history", history_of, Action.DOCUMENT_READ, given=History),
    ask(f"{_ONE}/checks", checks_of, Action.DOCUMENT_READ, given=Checks),
    take("POST", _RETRY, retry_delivery, Action.PUBLISHING_RETRY, sent=Nothing, given=Done),
    take("POST", _CONFIRM, confirm_delivery, Action.PUBLISHING_RETRY, sent=Confirming, given=Done),
    bring(f"{_CONFIRM}/proof", confirm_with_proof, Action.PUBLISHING_RETRY, given=Done, queries=("url",)),
)
