"""The account board: when each account last posted, what holds it back, how long its consent lasts; retry, consent."""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from cms.contract import Channel, Quota, Standing
from cms.desk import labels
from cms.desk.frame import Section
from cms.desk.routing import get, post
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.permissions import Action, Subject, can
from cms.planning.models import Target
from cms.planning.targets import as_contract, target_of
from cms.publishing.accounts import note_consent, retry_account
from cms.publishing.board import AccountLine, account_lines
from cms.publishing.services.account import Account
from cms.publishing.services.state import RowState
from cms.publishing.silence import tone_of_silence
from cms.publishing.upkeep import mark_of

_DAY: Final = dt.timedelta(days=1)
# Days of a consent that are left: from here on somebody must act, from here on at once.
_SOON: Final = 30
_NOW: Final = 7


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
    async with visit.deps.db.read() as session:
        row = await target_of(session, visit.actor, visit.part("target"))
    channel = visit.deps.channels.get(row.kind)
    if channel is None or channel.consent is None:
        raise NotFound("kernel.not_found")
    target = as_contract(row)
    try:
        address = await channel.consent(target, visit.deps.services(target))
    except ValueError:  # settings the desk would not have taken
        return await _page(visit, error=Invalid("desk.settings_wrong"))
    async with visit.deps.db.write() as session:
        await note_consent(session, visit.actor, row, now=visit.now)
    return await _page(visit, made={"name": row.name, "address": address})


async def _page(
    visit: Visit, *, error: DomainError | None = None, made: Mapping[str, str] | None = None
) -> web.StreamResponse:
    kinds = {kind: one for kind, one in visit.deps.channels.items() if one.post is not None}
    async with visit.deps.db.read() as session:
        lines = await account_lines(session, visit.actor, sorted(kinds), now=visit.now)
    shown = [await _row(visit, one, kinds[one.target.kind]) for one in lines]
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


async def _row(visit: Visit, one: AccountLine, channel: Channel) -> dict[str, Any]:
    row = one.target
    state = RowState(Account(row.code, visit.deps.db, visit.deps.clock))
    try:
        standing = await channel.standing(as_contract(row), state) if channel.standing is not None else Standing()
    except ValueError:  # settings of an older program
        standing = Standing(notes=("desk.accounts.settings_wrong",))
    days = one.silent_days(visit.now)
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
            "tone": tone_of_silence(days) if row.active else "past",
            "last": one.last_post_at,
            "said": visit.t("desk.accounts.never" if one.last_post_at is None else "desk.accounts.silent", days=days),
        },
        "posts": {"day": one.posts_day, "week": one.posts_week},
        "waiting": one.waiting,
        "troubled": one.troubled,
        "tasks": one.tasks,
        "paused": _paused(visit, row),
        "upkeep": _upkeep(visit, one),
        "meters": [_meter(visit, one, quota) for quota in standing.quotas],
        "held": visit.t("desk.accounts.held", at=labels.instant(visit, one.held_until)) if one.held_until else "",
        "consent": _consent(visit, standing),
        "notes": [labels.known(visit, note) for note in standing.notes],
        "retry": f"/desk/accounts/{row.code}/retry" if may_retry and one.troubled and row.paused_at is None else "",
        "ask_consent": f"/desk/accounts/{row.code}/consent" if may_manage and channel.consent is not None else "",
    }


def _meter(visit: Visit, one: AccountLine, quota: Quota) -> dict[str, Any]:
    used = sum(at > visit.now - quota.per for at in one.taken.get(quota.name, ()))
    share = used / quota.limit if quota.limit else 1.0
    return {
        "label": labels.known(visit, f"meter.{quota.name}", quota.name),
        "used": used,
        "limit": quota.limit,
        "tone": "bad" if share >= 1 else "wait" if share >= 0.8 else "good",
    }


def _consent(visit: Visit, standing: Standing) -> dict[str, Any] | None:
    """The countdown, and the mark of it that is reached."""
    if standing.consent_ends is None:
        return None
    days = math.floor((standing.consent_ends - visit.now) / _DAY)
    over = standing.consent_ends <= visit.now
    tone = "bad" if over or days <= _NOW else "wait" if days <= _SOON else "good"
    said = visit.t("desk.accounts.consent_over") if over else visit.t("desk.accounts.consent_left", days=days)
    return {
        "said": said,
        "tone": tone,
        "at": standing.consent_ends,
        "next": visit.t("desk.accounts.consent_next") if mark_of(standing, visit.now) is not None else "",
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
