"""Lists of pieces, a new one, a piece as it stands, and what may be done with it besides writing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from cms.content import editing, editions
from cms.content.columns import columns
from cms.content.draft import BylineDraft, Draft, draft_of, read_title
from cms.content.found import COUNTED, Found, excerpts
from cms.content.grams import highlighted
from cms.content.held import Held, look
from cms.content.kinds import Kind
from cms.content.queries import Page, counts, documents, editions_of, find
from cms.content.states import EditionState
from cms.desk import labels, list_filters, override_fields, pieces, unit_field
from cms.desk.cursors import read_cursor, write_cursor
from cms.desk.routing import get, post
from cms.desk.timeline import entries, refused_note
from cms.desk.videos import clock
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.permissions import Action, reach, require_reach
from cms.people.picking import unit_typed
from cms.review.decline import return_piece, withdraw
from cms.review.history import timeline

PAGE: Final = 30
_S = EditionState
# The tabs of the list: a word, and the states it shows.
TABS: Final[Mapping[str, frozenset[EditionState]]] = {
    "all": frozenset(),
    "mine": frozenset(),
    "draft": frozenset({_S.DRAFT, _S.RETURNED}),
    "review": frozenset({_S.SUBMITTED}),
    "approved": frozenset({_S.APPROVED, _S.SCHEDULED, _S.FAILED_TO_PUBLISH}),
    "published": frozenset({_S.PUBLISHED, _S.PUBLISHED_PENDING_REVIEW}),
    "recalled": frozenset({_S.RECALLED}),
}


async def list_page(visit: Visit) -> web.StreamResponse:
    """All pieces of one's units, by last change."""
    tab = visit.query("tab") if visit.query("tab") in TABS else "all"
    asked = {name: visit.query(name) for name in list_filters.NAMES}
    asked["unit"] = await unit_field.filtered(visit, asked["unit"], Action.DOCUMENT_READ)
    narrowed = list_filters.read(visit, asked)
    filters = replace(narrowed, states=TABS[tab], mine=tab == "mine")
    after, first = read_cursor(visit.query("after")), _first(visit.query("from"))
    async with visit.deps.db.read() as session:
        tally = await counts(session, visit.actor, narrowed)
        # What is one's own among the hits of a search would be searched a second time.
        mine = None if narrowed.is_search else await counts(session, visit.actor, replace(narrowed, mine=True))
        numbers = {name: sum(tally.by_state.get(state, 0) for state in states) for name, states in TABS.items()}
        numbers |= {"all": tally.total, "mine": mine.total if mine else 0}
        total = min(COUNTED, numbers[tab]) if tab != "mine" or mine else None
        page = await documents(session, visit.actor, filters, after=after, limit=PAGE, total=total, hits=tally.hits)
        editions = [row.edition for row in page.rows]
        shown = await pieces.covers(session, editions)
        words = narrowed.wanted.words
        lines = await excerpts(session, editions, words) if words else {}
        offered = await list_filters.offered(session, visit, asked)
    context = {
        "tabs": [
            {
                "label": visit.t(f"desk.documents.tab.{name}"),
                "href": _list_url({"tab": name, **asked}),
                "count": _number(numbers[name], cut=tally.is_cut),
                "is_current": name == tab,
            }
            for name in TABS
        ],
        "filters": {**asked, **offered, "tab": tab, "is_open": any(asked[name] for name in list_filters.MORE)},
        "documents": [
            {
                **pieces.line(visit, row, shown.get(row.edition)),
                "title_runs": highlighted(row.title, words),
                **_places(lines.get(row.edition)),
            }
            for row in page.rows
        ],
        "page": _pager(visit, page, first, {"tab": tab, **asked}, cut=tally.is_cut),
        "is_filtered": any(asked.values()) or tab != "all",
        "may_write": visit.may(Action.DOCUMENT_CREATE),
    }
    return visit.page("documents/list.html", context, section="documents")


async def new_page(visit: Visit) -> web.StreamResponse:
    return await _new(visit, {"kind": Kind.NEWS.value, "unit": "", "column": "", "title": ""})


async def new(visit: Visit) -> web.StreamResponse:
    """Makes a draft with what is known already: who writes, for whom, who answers for it."""
    form = await visit.form()
    try:
        made = await create_from(visit, form)
    except DomainError as error:
        values = {name: text(form, name) for name in ("kind", "unit", "column", "title")}
        return await _new(visit, values, error)
    return visit.redirect(f"{pieces.href(made)}/edit", done="created")


async def create_from(visit: Visit, form: Form) -> str:
    """Creates a piece; its public id."""
    deps, actor = visit.deps, visit.actor
    kind = text(form, "kind")
    if kind not in {one.value for one in Kind}:
        raise NotFound("kernel.not_found")
    async with deps.db.read() as session:
        place = await unit_typed(session, text(form, "unit") or actor.unit, within=reach(actor, Action.DOCUMENT_CREATE))
    draft = Draft(
        title=read_title(text(form, "title")),
        column=text(form, "column") or None,
        byline=BylineDraft(source=place.name, reporter=actor.name, sponsor=deps.site.sponsor, date=visit.now),
        channels=tuple(sorted(deps.channels)),
    )
    async with deps.db.write() as session:
        edition = await editing.create(session, actor, kind=Kind(kind), unit=place.id, draft=draft, now=visit.now)
        held = await look(session, edition.id)
        return held.document.public_id


async def show_page(visit: Visit) -> web.StreamResponse:
    """A piece as it stands: its text, where it is in its life, what can be done, and what happened to it."""
    return await show(visit)


async def show(visit: Visit, error: DomainError | None = None) -> web.StreamResponse:
    number = visit.query("edition")
    async with visit.deps.db.read() as session:
        held = await find(
            session,
            visit.actor,
            visit.part("id"),
            number=int(number) if number.isascii() and number.isdigit() else None,
        )
        column = await pieces.column_name(session, held.revision.column_code)
        facts = await _facts(visit, held, session)
        history = await timeline(session, visit.actor, held.document.public_id)
        every = await editions_of(session, held.document.id)
    draft = draft_of(held.revision)
    context = {
        "document": {
            **pieces.head(visit, held, column),
            "subtitle": draft.subtitle,
            "summary": draft.summary,
            "byline": labels.byline(visit, draft.byline),
            "blocks": draft.body["blocks"],
            "cover": pieces.ASSET_URL.format(asset=draft.cover) if draft.cover else None,
            "cover_alt": draft.cover_alt,
            "narration": pieces.VOICE_URL.format(asset=draft.narration) if draft.narration else None,
            "failure": await _failure(visit, history),
        },
        "asset_url": pieces.ASSET_URL,
        "own_words": override_fields.shown(visit, draft.overrides),
        "facts": facts,
        "editions": [
            {
                "label": visit.t("desk.edition.number", number=one.number),
                "href": f"{pieces.href(held.document.public_id)}?edition={one.number}",
                "is_current": one.id == held.edition.id,
                "state": one.state,
            }
            for one in every
        ],
        "history": entries(visit, history)[:8],
        "may": pieces.may(visit, held),
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("documents/show.html", context, section="documents", status=error.status if error else 200)


async def history_page(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        column = await pieces.column_name(session, held.revision.column_code)
        found = await timeline(session, visit.actor, held.document.public_id)
    context = {"document": pieces.head(visit, held, column), "history": entries(visit, found)}
    return visit.page("documents/history.html", context, section="documents")


async def act(visit: Visit) -> web.StreamResponse:
    """The small verbs of a piece: withdraw, reopen, discard, send back, correct, hand over."""
    form = await visit.form()
    verb = visit.part("verb")
    note = text(form, "note")
    try:
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, visit.part("id"))
            edition = held.edition.id
            match verb:
                case "withdraw":
                    await withdraw(session, visit.actor, edition, note=note, now=visit.now)
                    done, to = "withdrawn", "/edit"
                case "reopen":
                    await editions.reopen(session, visit.actor, edition, now=visit.now)
                    done, to = "reopened", "/edit"
                case "discard":
                    await editions.discard(session, visit.actor, edition, note=note, now=visit.now)
                    done, to = "discarded", ""
                case "send-back":
                    await return_piece(session, visit.actor, edition, opinion=note, now=visit.now)
                    done, to = "returned", ""
                case "correct":
                    await editions.correct(session, visit.actor, held.document.id, now=visit.now)
                    done, to = "correcting", "/edit"
                case _:
                    raise NotFound("kernel.not_found")
    except DomainError as error:
        if verb == "correct" or isinstance(error, NotFound):
            raise
        return await show(visit, error)
    return visit.redirect(pieces.href(held.document.public_id) + to, done=done)


async def _failure(visit: Visit, history: Any) -> str:
    newest = next((one for one in history if one.kind == "status"), None)
    if newest is None or newest.state is not _S.FAILED_TO_PUBLISH:
        return ""
    return refused_note(visit, newest.details)


async def _facts(visit: Visit, held: Held, session: Any) -> list[labels.Fact]:
    edition = held.edition
    author = await pieces.person_name(session, held.document.created_by)
    holder = await pieces.person_name(session, edition.holder_id)
    facts = [
        labels.fact(visit.t("desk.fact.edition"), visit.t("desk.edition.number", number=edition.number)),
        labels.fact(visit.t("desk.fact.unit"), held.unit.name),
        labels.fact(visit.t("desk.documents.author"), author),
        labels.fact(visit.t("desk.fact.holder"), holder),
        labels.fact(visit.t("desk.documents.updated"), labels.instant(visit, held.document.updated_at)),
    ]
    named = (("planned", edition.planned_at), ("scheduled", edition.scheduled_at), ("published", edition.published_at))
    return [*facts, *(labels.fact(visit.t(f"desk.fact.{name}"), labels.instant(visit, at)) for name, at in named if at)]


async def _new(visit: Visit, values: Mapping[str, str], error: DomainError | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        require_reach(visit.actor, Action.DOCUMENT_CREATE)
        unit = await unit_field.field_of(session, values["unit"] or visit.actor.unit, Action.DOCUMENT_CREATE)
        known = await columns(session)
    context = {
        "values": values,
        "kinds": [{"value": one.value, "label": labels.kind(visit, one)} for one in Kind],
        "unit": unit,
        "columns": [
            {"value": "", "label": visit.t("desk.documents.column_later")},
            *({"value": one.code, "label": one.name} for one in known),
        ],
        "error": visit.refusal(error) if error else None,
        "wrong": _wrong(visit, error),
    }
    return visit.page("documents/new.html", context, section="documents", status=error.status if error else 200)


def _wrong(visit: Visit, error: DomainError | None) -> dict[str, dict[str, str]]:
    """What is wrong with which field."""
    fields = error.fields if isinstance(error, Invalid) else {}
    known = visit.deps.catalogue.keys(visit.language)
    return {name: {"code": code, "text": visit.t(code), "next": ""} for name, code in fields.items() if code in known}


def _places(found: Found | None) -> dict[str, Any]:
    """Where a piece has the words, as the list shows it."""
    if found is None:
        return {"excerpt": [], "spoken": None}
    spoken = found.spoken
    if spoken is None:
        return {"excerpt": found.line, "spoken": None}
    # The second it begins in, so that whoever goes there hears it; two digits as players write it.
    at = clock(spoken.at_ms - spoken.at_ms % 1000).rjust(5, "0")
    return {"excerpt": found.line, "spoken": {"at": at, "runs": spoken.runs}}


def _pager(visit: Visit, page: Page, first: int, asked: Mapping[str, str], *, cut: bool) -> dict[str, Any] | None:
    """What the pager shows; a number that was not counted to the end says so, and the way on from there."""
    shown, after = len(page.rows), page.after
    if not shown or (after is None and first == 1):
        return None
    last = first + shown - 1
    later = {**asked, "after": write_cursor(after), "from": str(last + 1)} if after else None
    open_ended = after is not None and (cut or page.total >= COUNTED)
    total = f"{max(page.total, last)}+" if open_ended else str(max(page.total, last) if after else last)
    return {
        "first": first,
        "last": last,
        "total": total,
        "hint": visit.t("desk.pager.counted", most=COUNTED) if open_ended else "",
        "earlier": _list_url(asked) if first > 1 else "",
        "later": _list_url(later) if later else "",
    }


def _list_url(asked: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value and (name, value) != ("tab", "all")})
    return f"/desk/documents/?{query}" if query else "/desk/documents/"


def _number(counted: int, *, cut: bool) -> str:
    """A count as it is shown: beyond `COUNTED` nothing was counted. Nothing for none."""
    if counted >= COUNTED:
        return f"{COUNTED}+"
    return f"{counted}{'+' if cut else ''}" if counted else ""


def _first(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else 1


ROUTES = (
    get("/desk/documents/", list_page, Action.DOCUMENT_READ),
    get("/desk/documents/new", new_page, Action.DOCUMENT_CREATE),
    post("/desk/documents/new", new, Action.DOCUMENT_CREATE),
    get("/desk/documents/{id}", show_page, Action.DOCUMENT_READ),
    get("/desk/documents/{id}/history", history_page, Action.DOCUMENT_READ),
    post("/desk/documents/{id}/do/{verb}", act, Action.DOCUMENT_READ),
)
