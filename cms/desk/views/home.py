"""The first page: what waits for this person, what they were writing, and what is in trouble."""

from typing import Any

from aiohttp import web

from cms.content.filters import Filters
from cms.content.queries import counts, documents, drafts_of
from cms.content.states import EditionState
from cms.desk import pieces
from cms.desk.delivery_rows import quiet_row, task_row
from cms.desk.reading import waiting_line
from cms.desk.routing import SIGNED_IN, get
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.publishing.deliveries import troubled
from cms.publishing.tasks import open_tasks
from cms.review.inbox import waiting_for

_SHOWN = 6
_OUT = frozenset({EditionState.PUBLISHED, EditionState.PUBLISHED_PENDING_REVIEW})


async def home_page(visit: Visit) -> web.StreamResponse:
    """Only what this person's roles can see; somebody without any role is told what to do."""
    context: dict[str, Any] = {"waiting": [], "drafts": [], "newest": [], "trouble": [], "tasks": [], "tally": []}
    reads = visit.may(Action.DOCUMENT_READ)
    async with visit.deps.db.read() as session:
        if reads:
            waiting = await waiting_for(session, visit.actor)
            drafts = await drafts_of(session, visit.actor, limit=_SHOWN)
            tally = await counts(session, visit.actor)
            newest = await documents(session, visit.actor, Filters(states=_OUT), limit=_SHOWN)
            every = [one.edition for one in waiting] + [one.edition for one in (*drafts, *newest.rows)]
            shown = await pieces.covers(session, every)
            context["waiting"] = [waiting_line(visit, one, shown.get(one.edition)) for one in waiting[:_SHOWN]]
            context["drafts"] = [pieces.line(visit, one, shown.get(one.edition)) for one in drafts]
            context["newest"] = [pieces.line(visit, one, shown.get(one.edition)) for one in newest.rows]
            context["tally"] = _tally(visit, len(waiting), tally.by_state)
        if visit.may(Action.PUBLISHING_RETRY):
            context["trouble"] = [quiet_row(visit, one) for one in await troubled(session, visit.actor, limit=_SHOWN)]
            tasks = await open_tasks(session, visit.actor, now=visit.now, limit=_SHOWN)
            context["tasks"] = [task_row(visit, one) for one in tasks]
    context["may_write"] = visit.may(Action.DOCUMENT_CREATE)
    context["reads"] = reads
    # Whoever writes nothing finds the rooms of their own work instead of empty lists.
    context["doors"] = [
        {"path": item.path, "icon": item.icon, "title": item.title, "text": f"desk.home.door.{item.path.split('/')[2]}"}
        for item in visit.shell("home").nav
        if not item.is_current
    ]
    context["hello"] = visit.t(f"desk.home.hello.{_part_of_day(visit)}", name=visit.actor.name)
    return visit.page("home.html", context, section="home")


def _tally(visit: Visit, waiting: int, by_state: Any) -> list[dict[str, Any]]:
    lines = []
    if visit.may(Action.REVIEW_PASS) or visit.may(Action.REVIEW_SIGN):
        lines.append(("waiting", waiting, "/desk/review/"))
    for name, state, tab in (
        ("returned", EditionState.RETURNED, "draft"),
        ("submitted", EditionState.SUBMITTED, "review"),
        ("approved", EditionState.APPROVED, "approved"),
        ("scheduled", EditionState.SCHEDULED, "approved"),
        ("published", EditionState.PUBLISHED, "published"),
    ):
        lines.append((name, by_state.get(state, 0), f"/desk/documents/?tab={tab}"))
    return [
        {"label": visit.t(f"desk.home.tally.{name}"), "count": count, "href": href} for name, count, href in lines[:5]
    ]


def _part_of_day(visit: Visit) -> str:
    hour = visit.now.astimezone(visit.deps.zone).hour
    return "morning" if 5 <= hour < 12 else "afternoon" if 12 <= hour < 18 else "evening"


ROUTES = (get("/desk/", home_page, SIGNED_IN),)
