"""The account board: when each account last posted, what holds it back, how long its consent lasts; retry, consent."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cms.contract import LastAnswer
from cms.desk import labels
from cms.desk.asking_consent import ask_consent
from cms.desk.frame import Section
from cms.desk.routing import get, post
from cms.desk.views import account_posts
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.permissions import Action, Subject, can
from cms.planning.models import Target
from cms.publishing.accounts import retry_account
from cms.publishing.board import AccountLine
from cms.publishing.standings import AccountStanding, ConsentLeft, Meter, account_standings


async def board(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def retry_all(visit: Visit) -> web.StreamResponse:
    """Another try of everything that is stuck at one account."""
    try:
        async with visit.deps.db.write() as session:
            await retry_account(session, visit.actor, visit.part("target"), now=visit.now)
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        return await _page(visit, error=error)
    return visit.redirect("/desk/accounts/", done="account_retried")


async def consent(visit: Visit) -> web.StreamResponse:
    """A fresh link on which a person lets us post; shown and not followed, as somebody else may have to open it."""
    try:
        row, address = await ask_consent(visit, visit.part("target"))
    except Invalid as error:
        return await _page(visit, error=error)
    return await _page(visit, made={"name": row.name, "address": address})


async def _page(
    visit: Visit, *, error: DomainError | None = None, made: Mapping[str, str] | None = None
) -> web.StreamResponse:
    deps = visit.deps
    found = await account_standings(deps.db, deps.clock, visit.actor, deps.channels, now=visit.now)
    shown = [_row(visit, one) for one in found]
    context = {
        "accounts": shown,
        "counts": {
            tone: sum(one["silence"]["tone"] == tone for one in shown if one["active"]) for tone in ("bad", "wait")
        },
        "made": made,
        "may_add": visit.may(Action.TARGET_MANAGE),
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("publishing/accounts.html", context, section="accounts", status=error.status if error else 200)


def _row(visit: Visit, standing: AccountStanding) -> dict[str, Any]:
    one, row, days = standing.line, standing.line.target, standing.days
    channel = visit.deps.channels[row.kind]
    place = Subject(row.unit_path)
    may_manage = bool(can(visit.actor, Action.TARGET_MANAGE, place))
    may_retry = bool(can(visit.actor, Action.PUBLISHING_RETRY, place))
    return {
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "channel": labels.channel(visit, row.kind),
        "active": row.active,
        "href": f"/desk/targets/{row.code}" if may_manage else "",
        "silence": {
            "days": days,
            "tone": standing.tone if row.active else "past",
            "last": one.last_post_at,
            "said": visit.t("desk.accounts.never" if one.last_post_at is None else "desk.accounts.silent", days=days),
        },
        "posts": {"day": one.posts_day, "week": one.posts_week},
        "waiting": one.waiting,
        "troubled": one.troubled,
        "tasks": one.tasks,
        "paused": _paused(visit, row),
        "upkeep": _upkeep(visit, one),
        "meters": [_meter(visit, meter) for meter in standing.meters],
        "held": visit.t("desk.accounts.held", at=labels.instant(visit, one.held_until)) if one.held_until else "",
        "consent": _consent(visit, standing.consent),
        "notes": [labels.known(visit, note) for note in standing.notes],
        "answer": _answer(visit, standing.answer),
        "retry": f"/desk/accounts/{row.code}/retry" if may_retry and one.troubled and row.paused_at is None else "",
        "ask_consent": f"/desk/accounts/{row.code}/consent" if may_manage and channel.consent is not None else "",
    }


def _meter(visit: Visit, meter: Meter) -> dict[str, Any]:
    if meter.name.startswith("rate:"):
        label = visit.t("desk.accounts.rate", path=meter.name.split(":")[1])
    else:
        label = labels.known(visit, f"meter.{meter.name}", meter.name)
    return {"label": label, "used": meter.used, "limit": meter.limit, "tone": meter.tone}


def _answer(visit: Visit, last: LastAnswer | None) -> dict[str, Any] | None:
    """What was heard last of the platform."""
    if last is None:
        return None
    return {"at": last.at, "text": visit.t(last.note, **last.params), "tone": "good" if last.is_good else "bad"}


def _consent(visit: Visit, left: ConsentLeft | None) -> dict[str, Any] | None:
    """The countdown, and the mark of it that is reached."""
    if left is None:
        return None
    over = visit.t("desk.accounts.consent_over")
    return {
        "said": over if left.is_over else visit.t("desk.accounts.consent_left", days=left.days),
        "tone": left.tone,
        "at": left.ends_at,
        "next": visit.t("desk.accounts.consent_next") if left.asks else "",
    }


def _paused(visit: Visit, row: Target) -> dict[str, str] | None:
    if row.paused_at is None or not row.paused_code:
        return None
    return labels.trouble(visit, row.paused_code, row.paused_params or {})


def _upkeep(visit: Visit, one: AccountLine) -> dict[str, str] | None:
    """What the daily look ran into."""
    code = one.upkeep.get("error")
    return labels.trouble(visit, str(code), one.upkeep.get("params", {})) if code else None


ROUTES = (
    get("/desk/accounts/", board, Action.PUBLISHING_READ),
    post("/desk/accounts/{target}/retry", retry_all, Action.PUBLISHING_RETRY),
    post("/desk/accounts/{target}/consent", consent, Action.TARGET_MANAGE),
    *account_posts.ROUTES,
)
SECTION = Section(
    "accounts",
    "desk.nav.accounts",
    "badge-check",
    32,
    "/desk/accounts/",
    Action.PUBLISHING_READ,
    "desk.nav.group.work",
    ROUTES,
)
