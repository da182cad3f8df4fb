"""Pieces over the API, from the first word to the recall."""

import datetime as dt

from cms.api import models
from cms.api.resources import Resource, ask, take
from cms.content.draft import BylineDraft, Draft, draft_json, read_draft, read_title
from cms.content.editing import autosave, create
from cms.content.filters import Filters
from cms.content.found import COUNTED
from cms.content.held import look
from cms.content.kinds import Kind
from cms.content.queries import DocumentRow, documents, find
from cms.content.states import EditionState
from cms.desk import labels, pieces
from cms.desk.confirming import confirm_second
from cms.desk.cursors import read_cursor, write_cursor
from cms.desk.routing import SIGNED_IN
from cms.desk.signing import sign_step
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from cms.people.units import unit_at
from cms.planning.schedule import reschedule, schedule
from cms.publishing.deliveries import Line, panel
from cms.publishing.publish import publish_now
from cms.publishing.recall import recall
from cms.review.submit import submit

_PAGE = 50


async def session_of(visit: Visit) -> models.Session:
    """The person behind the cookie, and their token."""
    actor = visit.actor
    return models.Session(
        name=actor.name, unit=actor.unit, roles=sorted(actor.roles), token="" if visit.by_token else visit.csrf
    )


async def list_them(visit: Visit) -> models.DocumentList:
    """Pieces the person may read, newest change first."""
    state = visit.query("state")
    if state and state not in {one.value for one in EditionState}:
        raise Invalid("api.body", fields={"state": "api.field"}, names="state")
    filters = Filters(
        states=frozenset({EditionState(state)} if state else ()),
        words=visit.query("q"),
        column=visit.query("column") or None,
        mine=visit.query("mine") == "1",
    )
    async with visit.deps.db.read() as session:
        page = await documents(session, visit.actor, filters, after=read_cursor(visit.query("after")), limit=_PAGE)
    lines = [line_of(row) for row in page.rows]
    after = write_cursor(page.after) or None
    return models.DocumentList(documents=lines, total=page.total, at_least=page.total >= COUNTED, next=after)


def line_of(row: DocumentRow) -> models.DocumentLine:
    """A piece as lists give it."""
    return models.DocumentLine(
        id=row.public_id,
        title=row.title,
        kind=row.kind.value,
        state=row.state.value,
        column=row.column or "",
        unit=row.unit,
        author=row.author,
        edition=row.number,
        live_edition=row.live,
        updated_at=row.updated_at,
        scheduled_at=row.scheduled_at,
        published_at=row.published_at,
    )


async def create_one(visit: Visit, sent: models.DocumentNew) -> models.Document:
    """Begins a piece."""
    if sent.kind not in {one.value for one in Kind}:
        raise Invalid("api.body", fields={"kind": "api.field"}, names="kind")
    deps, actor = visit.deps, visit.actor
    async with deps.db.write() as session:
        place = await unit_at(session, sent.unit or actor.unit)
        byline = BylineDraft(source=place.name, reporter=actor.name, sponsor=deps.site.sponsor, date=visit.now)
        draft = Draft(
            title=read_title(sent.title),
            column=sent.column or None,
            byline=byline,
            channels=tuple(sorted(deps.channels)),
        )
        edition = await create(session, actor, kind=Kind(sent.kind), unit=place.id, draft=draft, now=visit.now)
        public = (await look(session, edition.id)).document.public_id
    return await _document(visit, public)


async def read_one(visit: Visit) -> models.Document:
    """A piece with what the person would go on writing."""
    return await _document(visit, visit.part("id"))


async def keep(visit: Visit, sent: models.WorkingCopySent) -> models.WorkingCopyGiven:
    """Keeps what was typed; 409 with the newer `revision` when somebody saved meanwhile."""
    draft, base = read_draft(sent.draft), as_uuid(sent.base)
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        copy = await autosave(
            session, visit.actor, held.edition.id, draft, base=base, version=sent.version or None, now=visit.now
        )
    return models.WorkingCopyGiven(base=str(copy.base_id), version=copy.version)


async def submit_one(visit: Visit, sent: models.Note) -> models.Submitted:
    """Freezes the piece as a release and sends it to review."""
    press = visit.deps.press(await visit.deps.keys.epoch())
    links = await pieces.asked_links(visit)
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        row = await submit(
            session, visit.actor, held.edition.id, press=press, note=sent.note, links=links, now=visit.now
        )
    return models.Submitted(release=row.hash, state=EditionState.SUBMITTED.value)


async def approve_one(visit: Visit, sent: models.Approving) -> models.State:
    """Takes one's step of the review: the guard signs with the key the password opens."""
    state = await sign_step(
        visit,
        visit.part("id"),
        seen=sent.release,
        password=sent.password,
        opinion=sent.opinion,
        remarks=tuple(sent.remarks.items()),
    )
    return models.State(state=state.value)


async def publish_one(visit: Visit, sent: models.Publishing) -> models.State:
    """Publishes at once, or promises to at the time given."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        edition = held.edition.id
        if sent.at is None:
            await publish_now(session, visit.actor, edition, targets=sent.targets, now=visit.now)
            return models.State(state=(await look(session, edition)).edition.state)
        at = sent.at.astimezone(dt.UTC)
        promise = reschedule if held.state is EditionState.SCHEDULED else schedule
        await promise(session, visit.actor, edition, at=at, targets=sent.targets, now=visit.now)
    return models.State(state=EditionState.SCHEDULED.value)


async def recall_one(visit: Visit, sent: models.Recalling) -> models.State:
    """Takes the piece back from everywhere, for ever."""
    second = await confirm_second(visit, sent.second, sent.second_password)
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
    await recall(
        visit.deps.db,
        visit.deps.guard,
        visit.actor,
        held.document.id,
        reason=sent.reason,
        second=second,
        now=visit.now,
    )
    if visit.deps.metrics is not None:
        visit.deps.metrics.count("yunping_recalls_total")
    return models.State(state=EditionState.RECALLED.value)


async def deliveries_of(visit: Visit) -> models.Deliveries:
    """What became of the piece at each target."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        lines = await panel(session, held.edition.id)
    return models.Deliveries(deliveries=[delivery_of(visit, one) for one in lines])


def delivery_of(visit: Visit, one: Line) -> models.Delivery:
    """A delivery as the API says it."""
    said = labels.trouble(visit, one.error_code, one.error_params) if one.error_code else {}
    return models.Delivery(
        id=str(one.delivery),
        target=one.target,
        name=one.target_name,
        channel=one.channel,
        kind=one.kind,
        state=one.state.value,
        attempts=one.attempts,
        finished_at=one.finished_at,
        url=one.url,
        error=one.error_code,
        text=said.get("text"),
        next=said.get("next"),
    )


async def _document(visit: Visit, public_id: str) -> models.Document:
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, public_id)
        draft, base, version = await pieces.typed(session, visit, held)
    return models.Document(
        id=public_id,
        edition=held.edition.number,
        state=held.edition.state,
        revision=str(base),
        unit=held.unit.path,
        draft=draft_json(draft),
        version=version,
        may=pieces.may(visit, held),
    )


_ONE = "/api/v1/documents/{id}"
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/session", session_of, SIGNED_IN, given=models.Session),
    ask(
        "/api/v1/documents",
        list_them,
        Action.DOCUMENT_READ,
        given=models.DocumentList,
        queries=("q", "state", "column", "mine", "after"),
    ),
    take(
        "POST",
        "/api/v1/documents",
        create_one,
        Action.DOCUMENT_CREATE,
        sent=models.DocumentNew,
        given=models.Document,
    ),
    ask(_ONE, read_one, Action.DOCUMENT_READ, given=models.Document),
    take(
        "PUT",
        f"{_ONE}/working-copy",
        keep,
        Action.DOCUMENT_EDIT,
        sent=models.WorkingCopySent,
        given=models.WorkingCopyGiven,
    ),
    take("POST", f"{_ONE}/submit", submit_one, Action.DOCUMENT_SUBMIT, sent=models.Note, given=models.Submitted),
    take("POST", f"{_ONE}/approve", approve_one, Action.REVIEW_PASS, sent=models.Approving, given=models.State),
    take("POST", f"{_ONE}/publish", publish_one, Action.PUBLISHING_PUBLISH, sent=models.Publishing, given=models.State),
    take("POST", f"{_ONE}/recall", recall_one, Action.PUBLISHING_RECALL, sent=models.Recalling, given=models.State),
    ask(f"{_ONE}/deliveries", deliveries_of, Action.DOCUMENT_READ, given=models.Deliveries),
)
