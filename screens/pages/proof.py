"""Proof of play on the desk: a month by piece, unit or screen, its days as bars, and the whole as CSV."""

import datetime as dt
from typing import Any, Final, get_args

from aiohttp import web

from cms.desk import unit_field
from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.people.permissions import Action
from screens.pages import parts
from screens.proof import month_days
from screens.reports import MOST, By, Report, ReportLine, csv_of, month_report

_BY: Final[tuple[By, ...]] = get_args(By)
_HOUR_MS: Final = 3_600_000
_WIDE: Final = 31


async def proof_page(visit: Visit) -> web.StreamResponse:
    """A month of what was shown; without a month this one."""
    by: By = next((one for one in _BY if one == visit.query("by")), "piece")
    month = visit.query("month") or visit.now.astimezone(visit.deps.zone).strftime("%Y-%m")
    unit = await unit_field.filtered(visit, visit.query("unit"), Action.SCREEN_READ)
    report, error = Report(month, (), (), {}), None
    async with visit.deps.db.read() as session:
        try:
            report = await month_report(session, visit.actor, month, by=by, unit=unit)
        except DomainError as refused:
            error = refused
        field = await unit_field.field_of(session, unit, Action.SCREEN_READ)
    asked = f"month={month}&unit={unit}"
    context = {
        "tabs": parts.tabs(visit, "proof"),
        "month": month,
        "by": by,
        "unit": field,
        "views": [
            {
                "label": visit.t(f"screens.proof.by.{one}"),
                "href": f"/desk/screens/proof?{asked}&by={one}",
                "is_current": one == by,
            }
            for one in _BY
        ],
        "lines": [_line(visit, by, one) for one in report.lines],
        "is_cut": len(report.lines) == MOST,
        "most": MOST,
        "plays": report.plays,
        "days": _days(visit, report) if error is None else [],
        "refused": visit.joined(
            visit.t(f"screens.proof.refused.{code}", count=count) for code, count in sorted(report.refused.items())
        ),
        "csv": f"/desk/screens/proof.csv?{asked}",
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("screens/proof.html", context, section="screens", status=error.status if error else 200)


async def proof_csv(visit: Visit) -> web.StreamResponse:
    """The month as a file, sent in parts."""
    month = visit.query("month")
    month_days(month)
    unit = await unit_field.filtered(visit, visit.query("unit"), Action.SCREEN_READ)
    blocks = csv_of(visit.deps.db, visit.actor, month, unit=unit)
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="proof-of-play-{month}.csv"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(visit.request)
    async for block in blocks:
        await response.write(block)
    await response.write_eof()
    return response


def _line(visit: Visit, by: By, one: ReportLine) -> dict[str, Any]:
    href = {"piece": f"/desk/documents/{one.key}", "screen": f"/desk/screens/{one.key}", "unit": ""}[by]
    if not one.key or (by == "piece" and not visit.may(Action.DOCUMENT_READ)):
        href = ""
    detail = visit.t("desk.edition.number", number=one.detail) if by == "piece" and one.detail else one.detail
    return {
        "name": one.name,
        "href": href,
        "detail": detail,
        "plays": f"{one.plays:,}",
        "hours": f"{one.ms / _HOUR_MS:,.1f}",
        "screens": one.screens,
    }


def _days(visit: Visit, report: Report) -> list[dict[str, Any]]:
    """A bar a day of the month, in hundredths of the best day."""
    first, last = (dt.date.fromisoformat(one) for one in month_days(report.month))
    counted = dict(report.days)
    best = max([1, *counted.values()])
    found: list[dict[str, Any]] = []
    for place in range((last - first).days + 1):
        day = first + dt.timedelta(days=place)
        plays = counted.get(day.isoformat(), 0)
        high = max(1, round(plays * 100 / best)) if plays else 0
        label = visit.t("screens.proof.day", day=day.isoformat(), plays=f"{plays:,}")
        found.append({"x": place * 20 + 3, "y": 100 - high, "high": high, "day": day.day, "label": label})
    return found


ROUTES = (
    get("/desk/screens/proof", proof_page, Action.SCREEN_READ),
    get("/desk/screens/proof.csv", proof_csv, Action.SCREEN_READ),
)
