"""What waits at the targets, over the API: the account board, its bulk retry and consents, tasks, trouble, journals."""

import datetime as dt
from typing import Any, Final

from cms.api.documents import delivery_of
from cms.api.models import Deliveries, Delivery
from cms.api.resources import Given, Resource, Spoken, ask, speak, take
from cms.api.shapes import Nothing
from cms.desk import labels
from cms.desk.asking_consent import ask_consent
from cms.desk.delivery_rows import task_of
from cms.desk.views.publishing import pack
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.planning.targets import target_of
from cms.publishing.accounts import retry_account
from cms.publishing.deliveries import troubled
from cms.publishing.services.account import Account
from cms.publishing.services.journal import RowJournal
from cms.publishing.standings import AccountStanding, account_standings
from cms.publishing.tasks import Task, open_tasks

_JOURNAL_LINES: Final = 100


class AccountMeter(Given):
    """How much of a budget is used in its present period."""

    name: str
    used: int
    limit: int
    tone: str


class AccountConsent(Given):
    """Until when a person lets us post; `asks`: it is time to ask again."""

    ends_at: dt.datetime
    days: int
    tone: str
    over: bool
    asks: bool


class AccountAnswer(Given):
    """What was heard last of the platform."""

    at: dt.datetime
    text: str
    good: bool


class AccountTrouble(Given):
    """Why an account waits for somebody."""

    code: str
    text: str
    next: str


class AccountBoardLine(Given):
    """An account: days since its last post (`tone` wait from 10, bad from 13), what waits, and what holds it back."""

    target: str
    name: str
    channel: str
    active: bool
    days: int
    tone: str
    last_post_at: dt.datetime | None
    posts_day: int
    posts_week: int
    waiting: int
    troubled: int
    tasks: int
    held_until: dt.datetime | None
    paused: AccountTrouble | None
    upkeep: AccountTrouble | None
    meters: list[AccountMeter]
    consent: AccountConsent | None
    answer: AccountAnswer | None
    notes: list[str]


class AccountBoard(Given):
    """Those that are switched off last."""

    accounts: list[AccountBoardLine]


class Retried(Given):
    """How many deliveries are tried again."""

    count: int


class ConsentAsked(Given):
    """Where a person consents; short-lived, and a newer one ends it."""

    address: str


class TaskLine(Given):
    """What a person is to do at a platform; confirm it with the delivery's `confirm`.

    `has_pack`: there is a file to take along, at the delivery's `pack`. `asks_proof`: confirm it with a picture, at the
    delivery's `confirm/proof`.
    """

    delivery: Delivery
    document: str
    title: str
    late: bool
    todo: str
    link: str
    asks_url: bool
    asks_proof: bool
    has_pack: bool


class TaskList(Given):
    """Take-downs first, then longest waiting."""

    tasks: list[TaskLine]


class JournalLine(Given):
    """A call to the platform or a thing noted; `text` is the event in words, secrets in `fields` were never kept."""

    at: dt.datetime
    event: str
    text: str
    fields: dict[str, Any]


class TargetJournal(Given):
    """The newest hundred, newest first."""

    lines: list[JournalLine]


async def read_board(visit: Visit) -> AccountBoard:
    """The account board: days since the last post, quotas, consents, trouble."""
    deps = visit.deps
    found = await account_standings(deps.db, deps.clock, visit.actor, deps.channels, now=visit.now)
    return AccountBoard(accounts=[_account(visit, one) for one in found])


async def retry_one_account(visit: Visit, _sent: Nothing) -> Retried:
    """Tries everything again that is stuck at an account."""
    async with visit.deps.db.write() as session:
        return Retried(count=await retry_account(session, visit.actor, visit.part("target"), now=visit.now))


async def ask_one_consent(visit: Visit, _sent: Nothing) -> ConsentAsked:
    """Makes a fresh link on which a person lets us post."""
    _, address = await ask_consent(visit, visit.part("target"))
    return ConsentAsked(address=address)


async def list_tasks(visit: Visit) -> TaskList:
    """What waits for a person to do it at a platform."""
    async with visit.deps.db.read() as session:
        found = await open_tasks(session, visit.actor, now=visit.now)
    return TaskList(tasks=[_task(visit, one) for one in found])


async def list_troubled(visit: Visit) -> Deliveries:
    """Deliveries that failed, were missed, or wait after an error, newest first."""
    async with visit.deps.db.read() as session:
        found = await troubled(session, visit.actor)
    return Deliveries(deliveries=[delivery_of(visit, one) for one in found])


async def read_journal(visit: Visit) -> TargetJournal:
    """What was said to a target's platform, and what it answered."""
    deps = visit.deps
    async with deps.db.read() as session:
        row = await target_of(session, visit.actor, visit.part("target"))
    found = await RowJournal(Account(row.code, deps.db, deps.clock)).newest(_JOURNAL_LINES)
    return TargetJournal(
        lines=[
            JournalLine(at=one.at, event=one.event, text=labels.journal(visit, row.kind, one.event), fields=one.fields)
            for one in found
        ]
    )


def _task(visit: Visit, one: Task) -> TaskLine:
    said = task_of(visit, one.line)
    return TaskLine(
        delivery=delivery_of(visit, one.line),
        document=one.document,
        title=one.title,
        late=one.is_late,
        todo=said["text"],
        link=said["link"],
        asks_url=said["asks_url"],
        asks_proof=said["asks_proof"],
        has_pack=bool(said["pack"]),
    )


def _account(visit: Visit, standing: AccountStanding) -> AccountBoardLine:
    one, row, left, last = standing.line, standing.line.target, standing.consent, standing.answer
    upkeep = one.upkeep.get("error")
    return AccountBoardLine(
        target=row.code,
        name=row.name,
        channel=row.kind,
        active=row.active,
        days=standing.days,
        tone=standing.tone,
        last_post_at=one.last_post_at,
        posts_day=one.posts_day,
        posts_week=one.posts_week,
        waiting=one.waiting,
        troubled=one.troubled,
        tasks=one.tasks,
        held_until=one.held_until,
        paused=_trouble(visit, row.paused_code, row.paused_params) if row.paused_at else None,
        upkeep=_trouble(visit, str(upkeep), one.upkeep.get("params")) if upkeep else None,
        meters=[AccountMeter(name=m.name, used=m.used, limit=m.limit, tone=m.tone) for m in standing.meters],
        consent=left
        and AccountConsent(ends_at=left.ends_at, days=left.days, tone=left.tone, over=left.is_over, asks=left.asks),
        answer=None
        if last is None
        else AccountAnswer(at=last.at, text=visit.t(last.note, **last.params), good=last.is_good),
        notes=[labels.known(visit, note) for note in standing.notes],
    )


def _trouble(visit: Visit, code: str | None, params: dict[str, object] | None) -> AccountTrouble | None:
    return AccountTrouble(**labels.trouble(visit, code, params or {})) if code else None


_ACCOUNT, _READ = "/api/v1/accounts/{target}", Action.PUBLISHING_READ
_RETRY, _MANAGE = Action.PUBLISHING_RETRY, Action.TARGET_MANAGE
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/accounts", read_board, _READ, given=AccountBoard),
    take("POST", f"{_ACCOUNT}/retry", retry_one_account, _RETRY, sent=Nothing, given=Retried),
    # Whoever has the address may consent in its place.
    take("POST", f"{_ACCOUNT}/consent", ask_one_consent, _MANAGE, sent=Nothing, given=ConsentAsked, is_kept=False),
    ask("/api/v1/deliveries/tasks", list_tasks, _RETRY, given=TaskList),
    ask("/api/v1/deliveries/troubled", list_troubled, _READ, given=Deliveries),
    speak(
        "GET",
        "/api/v1/deliveries/{delivery}/pack",
        pack,
        _RETRY,
        summary="The file to take along to the platform for a task, as a ZIP.",
        spoken=Spoken(gives=("application/octet-stream",)),
    ),
    ask("/api/v1/targets/{target}/journal", read_journal, _MANAGE, given=TargetJournal),
)
