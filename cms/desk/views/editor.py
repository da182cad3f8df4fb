"""The editor's page: what was typed is kept at once, saved as revisions, never over somebody else's, and submitted."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from cms.content.columns import columns
from cms.content.draft import Draft, draft_of
from cms.content.editing import autosave, drop_working_copy, save
from cms.content.held import Held
from cms.content.importing.pool import report_of
from cms.content.kinds import KINDS, Kind
from cms.content.models import Column
from cms.content.presence import others
from cms.content.queries import find
from cms.content.states import EDITABLE
from cms.desk import conflicts, fields, frames, labels, override_fields, pieces, unit_field
from cms.desk.limits import limits
from cms.desk.missing import missing
from cms.desk.routing import get, post
from cms.desk.views.datafeeds import CARDS
from cms.desk.views.gate import text
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import Conflict, DomainError, Invalid, Refused
from cms.people.permissions import Action, can, require_can
from cms.review.history import timeline
from cms.review.plans import Plan
from cms.review.submit import Submission, preview_submission, submit


async def edit_page(visit: Visit) -> web.StreamResponse:
    """One's unsaved text if there is any, else what was saved last."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        if held.state not in EDITABLE or not can(visit.actor, Action.DOCUMENT_EDIT, held.subject):
            return visit.redirect(pieces.href(held.document.public_id))
        draft, base, version = await pieces.typed(session, visit, held)
    stale = base != held.revision.id
    return await _page(visit, held, fields.values_of(draft, visit.deps.zone), base=base, version=version, stale=stale)


async def keep(visit: Visit) -> web.StreamResponse:
    """Autosave: keeps what was typed as the person's own working copy; answers JSON."""
    form = await visit.form()
    given = text(form, "version")
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        draft = fields.draft_from(form, draft_of(held.revision), visit.deps.zone)
        copy = await autosave(
            session,
            visit.actor,
            held.edition.id,
            draft,
            base=as_uuid(text(form, "revision")),
            version=int(given) if given.isascii() and given.isdigit() and given != "0" else None,
            now=visit.now,
        )
    at = visit.now.astimezone(visit.deps.zone).strftime("%H:%M")
    return web.json_response({"revision": str(copy.base_id), "version": copy.version, "at": at})


async def save_page(visit: Visit) -> web.StreamResponse:
    """Saves a revision; a refused one comes back with everything that was typed."""
    form = await visit.form()
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
    try:
        base = as_uuid(text(form, "revision"))
        draft = fields.draft_from(form, draft_of(held.revision), visit.deps.zone)
        async with visit.deps.db.write() as session:
            await save(session, visit.actor, held.edition.id, draft, base=base, now=visit.now)
    except DomainError as error:
        return await _page(
            visit,
            held,
            _typed_values(form, held, visit),
            base=_base(text(form, "revision"), held),
            version=0,
            error=error,
        )
    return visit.redirect(f"{pieces.href(held.document.public_id)}/edit", done="saved")


async def take_theirs(visit: Visit) -> web.StreamResponse:
    """Throws one's own unsaved text away for what a colleague saved."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        await drop_working_copy(session, visit.actor, held.edition.id)
    return visit.redirect(f"{pieces.href(held.document.public_id)}/edit", done="theirs")


async def submission(visit: Visit) -> web.StreamResponse:
    """The dialog before submitting: what the machine found in the text as it is now, and who will review."""
    links = await pieces.asked_links(visit)
    found = await _looked_at(visit, links)
    url = pieces.href(visit.part("id"))
    stopping = sum(one.severity == "must" for one in found.findings)
    context = {
        "findings": labels.findings(visit, found.findings),
        "steps": steps_ahead(visit, found.plan),
        "stopping": stopping,
        "csrf": visit.csrf,
        "proofs": visit.t(f"review.proofs.{found.plan.proofs}") if found.plan.proofs else "",
        "url": f"{url}/submit",
        "rush_url": f"{url}/rush",
    }
    return visit.render("documents/submission.html", context)


async def checks_part(visit: Visit) -> web.StreamResponse:
    """What the machine finds in the text as it is now, beside the text; without asking any address outside."""
    found = await _looked_at(visit, None)
    return visit.render("documents/checks.html", {"findings": labels.findings(visit, found.findings)})


async def _looked_at(visit: Visit, links: Mapping[str, str] | None) -> Submission:
    press = visit.deps.press(await visit.deps.keys.epoch())
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        draft, _, _ = await pieces.typed(session, visit, held)
        edition = held.edition.id
        return await preview_submission(
            session, visit.actor, edition, press=press, draft=draft, links=links, now=visit.now
        )


async def submit_page(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
    press = visit.deps.press(await visit.deps.keys.epoch())
    links = await pieces.asked_links(visit)
    note = text(form, "note")[:1000]
    try:
        async with visit.deps.db.write() as session:
            await submit(session, visit.actor, held.edition.id, press=press, note=note, links=links, now=visit.now)
    except DomainError as error:
        if held.state not in EDITABLE or not isinstance(error, Refused | Conflict | Invalid):
            raise
        async with visit.deps.db.read() as session:
            draft, base, version = await pieces.typed(session, visit, held)
        values = fields.values_of(draft, visit.deps.zone)
        return await _page(visit, held, values, base=base, version=version, error=error)
    return visit.redirect(pieces.href(held.document.public_id), done="submitted")


def steps_ahead(visit: Visit, plan: Plan) -> list[dict[str, str]]:
    """The steps of a plan nobody has begun."""
    ahead = [
        {"name": visit.t(f"review.step.{step.key}"), "who": visit.t(f"desk.step.who.{step.key}"), "state": "waiting"}
        for step in plan.steps
    ]
    return [{"name": visit.t("desk.step.submit"), "who": visit.actor.name, "state": "current"}, *ahead]


async def _page(
    visit: Visit,
    held: Held,
    values: Mapping[str, Any],
    *,
    base: uuid.UUID,
    version: int,
    stale: bool = False,
    error: DomainError | None = None,
) -> web.Response:
    require_can(visit.actor, Action.DOCUMENT_EDIT, held.subject)
    deps, document = visit.deps, held.document
    async with deps.db.read() as session:
        known = await columns(session)
        places = await unit_field.chosen(session, values["units"])
        place = await unit_field.field_of(session, "", Action.DOCUMENT_READ, everywhere=True)
        here = await others(session, visit.actor, held, now=visit.now)
        history = await timeline(session, visit.actor, document.public_id)
        report = await report_of(session, document.id)
        is_conflict = stale or (isinstance(error, Conflict) and error.code == "content.conflict")
        mine = read_mine(values, held, visit) if is_conflict else None
        conflict = await conflicts.with_colleague(session, visit, held, mine) if mine else None
    url = pieces.href(document.public_id)
    returned = _returned(history)
    rules = KINDS[Kind(document.kind)]
    context = {
        "document": {
            **pieces.head(visit, held, ""),
            "values": values,
            "revision": str(base),
            "theirs": str(held.revision.id),
            "version": version,
            "saved_at": document.updated_at,
            "returned": returned,
            "remarks": _remarks_on(values["body"], returned),
            "remarks_by": returned["remarks"] if returned else {},
            "missing": missing(visit, report),
        },
        **_choices(visit, values, known),
        "places": places,
        "place": place,
        "own_rows": override_fields.rows(visit, values),
        "live": {"url": f"{url}/live", "share": f"{url}/share", "frames": frames.frames_of(visit, f"{url}/live")},
        "own_unit": held.unit.name,
        "here": [one.name for one in here],
        "urls": {**_urls(url), **({"feeds": CARDS} if visit.may(Action.DATA_READ) else {})},
        "limits": limits(visit, rules, deps.channels),
        "is_conflict": is_conflict,
        "conflict": conflict,
        "local_key": f"{visit.actor.person}:{document.public_id}",
        "error": visit.refusal(error) if error and not is_conflict else None,
        "wrong": _wrong(visit, error),
        "pages": [block for block in values["body"].get("blocks", ()) if block.get("type") == "page"],
        "zone": visit.t("desk.zone"),
    }
    return visit.page("documents/edit.html", context, section="documents", status=error.status if error else 200)


def _urls(url: str) -> dict[str, str]:
    """Where the page's scripts and forms go; `url` is the piece's."""
    return {
        "upload": "/desk/library/upload",
        "asset": pieces.ASSET_URL,
        "videos": "/desk/library/videos/{asset}",
        "save": f"{url}/autosave",
        "theirs": f"{url}/take-theirs",
        "fetch": "/desk/library/fetch",
        "focal": "/desk/library/pictures/{asset}/focal",
        "show": url,
        "edit": f"{url}/edit",
        **{name: f"{url}/{name}" for name in ("submission", "submit", "preview", "presence", "conflict", "checks")},
    }


def _choices(visit: Visit, values: Mapping[str, Any], known: Sequence[Column]) -> dict[str, list[dict[str, Any]]]:
    """What the fields of the side offer."""
    days = [{"value": str(one), "label": visit.t("desk.offline.days", count=one)} for one in fields.OFFLINE_DAYS]
    return {
        "columns": [
            {"value": "", "label": visit.t("desk.documents.choose")},
            *({"value": one.code, "label": one.name} for one in known),
        ],
        "channels": [
            {"value": one, "label": labels.channel(visit, one), "checked": one in values["channels"]}
            for one in sorted(visit.deps.channels)
        ],
        "offline": [*days, {"value": fields.EVERGREEN, "label": visit.t("desk.offline.never")}],
    }


def _typed_values(form: Any, held: Held, visit: Visit) -> Mapping[str, Any]:
    """What was sent, as it was sent; a body nobody can read leaves the one that was saved."""
    try:
        return fields.values_from(form)
    except Invalid:
        saved: Draft = draft_of(held.revision)
        return fields.values_of(saved, visit.deps.zone)


def read_mine(values: Mapping[str, Any], held: Held, visit: Visit) -> Draft | None:
    """What stands on the page as a draft; None for what cannot be read, which is shown as it was typed."""
    try:
        return fields.draft_of_values(values, draft_of(held.revision), visit.deps.zone)
    except Invalid:
        return None


def _wrong(visit: Visit, error: DomainError | None) -> Mapping[str, Mapping[str, str]]:
    """What is wrong with which field."""
    if not isinstance(error, Invalid):
        return {}
    keys = visit.deps.catalogue.keys(visit.language)
    return {
        name: {"code": code, "text": visit.t(code) if code in keys else visit.refusal(error)["text"], "next": ""}
        for name, code in error.fields.items()
    }


def _base(value: str, held: Held) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        return held.revision.id


def _returned(history: Any) -> Mapping[str, Any] | None:
    """Who sent it back and why, while that is the last thing that happened."""
    newest = next((one for one in history if one.kind == "status"), None)
    if newest is None or newest.state is None or newest.state.value != "returned":
        return None
    first = next((one for one in history if one.kind == "status" and one.verb.value == "return"), newest)
    return {"person": first.person, "note": first.note, "remarks": dict(first.remarks)}


def _remarks_on(body: Mapping[str, Any], returned: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """What was written about blocks, in the order of the text; of a block that is gone, last and without a link."""
    said = dict(returned["remarks"]) if returned else {}
    order = [str(block.get("id", "")) for block in body.get("blocks", ())]
    placed = [(one, said[one]) for one in order if one in said]
    placed += [("", text) for one, text in said.items() if one not in order]
    return [{"level": "wait", "text": text, "next": "", "block": block} for block, text in placed]


ROUTES = (
    get("/desk/documents/{id}/edit", edit_page, Action.DOCUMENT_EDIT),
    post("/desk/documents/{id}/edit", save_page, Action.DOCUMENT_EDIT),
    post("/desk/documents/{id}/autosave", keep, Action.DOCUMENT_EDIT),
    post("/desk/documents/{id}/take-theirs", take_theirs, Action.DOCUMENT_EDIT),
    get("/desk/documents/{id}/checks", checks_part, Action.DOCUMENT_EDIT),
    get("/desk/documents/{id}/submission", submission, Action.DOCUMENT_SUBMIT),
    post("/desk/documents/{id}/submit", submit_page, Action.DOCUMENT_SUBMIT),
)
