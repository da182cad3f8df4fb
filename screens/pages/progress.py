"""A delivery on the screens, live: how many received, cached and show it, how fast, and who does not, and why."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk import labels, paging
from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.people.picking import places_at
from screens.delivered import Delivered, delivered
from screens.ledger import COUNTED, ScreenProgress
from screens.pages import parts
from screens.steps import STAGES

_SIZE: Final = 50
_MINUTE_MS: Final = 60_000
# While it is fresh somebody watches it; later it only waits for screens that are off.
_FRESH: Final = dt.timedelta(minutes=3)
# Of the screens, the part whose time is told.
_PARTS: Final = ((0.5, "half"), (0.99, "nearly"))


async def progress_part(visit: Visit) -> web.StreamResponse:
    """The bars alone, inside the delivery panel; they ask for themselves again until every screen shows it."""
    async with visit.deps.db.read() as session:
        found = await delivered(session, visit.actor, visit.uuid("delivery"), now=visit.now)
    return visit.render("screens/progress.html", bars(visit, found))


async def delivery_page(visit: Visit) -> web.StreamResponse:
    """Screen by screen; first those that do not show it."""
    stage = visit.query("stage")
    async with visit.deps.db.read() as session:
        found = await delivered(session, visit.actor, visit.uuid("delivery"), now=visit.now)
        chosen = _chosen(found, stage)
        skip = paging.page_of(visit) * _SIZE
        shown = chosen[skip : skip + _SIZE]
        names = await _names(session, shown)
    path = f"/desk/screens/deliveries/{found.delivery.id}"
    counts = found.progress.counts
    context = {
        **bars(visit, found),
        "title": found.title or visit.t("desk.documents.untitled"),
        "back": f"/desk/documents/{found.document}/publish" if found.document else "/desk/publishing/",
        "filters": [
            {"label": visit.t("screens.delivery.lacking"), "href": path, "is_current": not stage},
            *(
                {
                    "label": f"{visit.t(f'screens.stage.{one}')} {counts[one]}",
                    "href": f"{path}?stage={one}",
                    "is_current": stage == one,
                }
                for one in COUNTED
            ),
        ],
        "screens": [_line(visit, one, names) for one in shown],
        "stage": stage,
        "pager": paging.pager_of(path, {"stage": stage}, skip=skip, shown=len(shown), total=len(chosen), size=_SIZE),
    }
    return visit.page("screens/delivery.html", context, section="publishing")


def bars(visit: Visit, found: Delivered) -> dict[str, Any]:
    """What the bars show; a link to the screens only for who may see some."""
    made = found.progress
    return {
        "delivery": str(found.delivery.id),
        "total": made.total,
        "takes_off": found.takes_off,
        "bars": [
            {
                "name": visit.t(f"screens.stage.{one}"),
                "count": made.counts[one],
                "times": visit.joined(
                    visit.t(f"screens.delivery.{name}", span=_ms(visit, took))
                    for part, name in _PARTS
                    if (took := made.share(one, part)) is not None
                ),
            }
            for one in COUNTED[1:]
        ],
        "lacking": len(found.lacking),
        "href": f"/desk/screens/deliveries/{found.delivery.id}" if found.all else "",
        "is_done": made.is_done,
        "every": "2s" if visit.now - found.delivery.created_at < _FRESH else "20s",
        "address": f"/desk/screens/progress/{found.delivery.id}",
    }


def _chosen(found: Delivered, stage: str) -> Sequence[ScreenProgress]:
    if stage == "queued":
        return found.all
    if stage == "sent":
        return [one for one in found.all if one.sent]
    if stage in COUNTED:
        return [one for one in found.all if STAGES[stage] in one.reached]
    return found.lacking


def _line(visit: Visit, one: ScreenProgress, names: dict[str, str]) -> dict[str, Any]:
    row = one.screen
    return {
        "name": row.name,
        "public": row.public,
        "href": f"/desk/screens/{row.public}",
        "unit": names.get(row.unit, row.unit),
        "point": row.point,
        "why": parts.reason(visit, one.why),
        "level": one.why.level.value,
        "steps": [
            {
                "name": visit.t(f"screens.stage.{stage}"),
                "is_reached": stage == "queued" or (stage == "sent" and one.sent) or STAGES.get(stage) in one.reached,
                "at": labels.instant(visit, at) if (at := _at(one, stage)) is not None else "",
            }
            for stage in COUNTED
        ],
    }


def _at(one: ScreenProgress, stage: str) -> Any:
    return one.at(stage)


def _ms(visit: Visit, ms: int) -> str:
    return (
        parts.span(visit, ms // 1000) if ms >= 60_000 else visit.t("screens.delivery.seconds", count=f"{ms / 1000:.1f}")
    )


async def _names(session: AsyncSession, shown: Sequence[ScreenProgress]) -> dict[str, str]:
    return {path: one.name for path, one in (await places_at(session, [one.screen.unit for one in shown])).items()}


ROUTES = (
    get("/desk/screens/progress/{delivery}", progress_part, Action.PUBLISHING_READ),
    get("/desk/screens/deliveries/{delivery}", delivery_page, Action.PUBLISHING_READ),
)
