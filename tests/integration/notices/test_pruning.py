"""Letters and calls of long ago are deleted; what is on its way, and what the inbox shows, stays."""

import datetime as dt
import uuid
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import select

from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.kernel.ids import uuid7
from cms.kernel.metrics import CORE, Metrics
from cms.notices.models import Letter, Notice
from cms.notices.pruning import prune_letters
from cms.notices.tell import tell
from cms.publishing.services.account import Account
from cms.publishing.services.journal import RowJournal
from cms.publishing.services.models import AccountEvent
from cms.webhooks.models import Webhook, WebhookAttempt, WebhookCall
from cms.webhooks.pruning import prune_calls
from deploy.noticing import prune_once
from deploy.settings import Settings
from tests.office import NOW, Office, make_office

KEEP = dt.timedelta(days=90)
OLD, YOUNG = NOW - KEEP - dt.timedelta(seconds=1), NOW - KEEP + dt.timedelta(seconds=1)


async def test_letters_when_old_and_over_are_deleted_and_the_notice_stays(sqlite: Database) -> None:
    office = await make_office(sqlite)
    notice = await _letters(sqlite, office)
    assert await prune_letters(sqlite, before=NOW - KEEP) == 3
    assert await prune_letters(sqlite, before=NOW - KEEP) == 0
    async with sqlite.read() as session:
        left = (await session.scalars(select(Letter.way).where(Letter.way.startswith("way")))).all()
        assert sorted(left) == [f"way{number}" for number in range(3, 8)]
        assert await session.get(Notice, notice) is not None


async def test_calls_when_old_and_over_are_deleted_with_their_attempts(sqlite: Database) -> None:
    office = await make_office(sqlite)
    await _calls(sqlite, office)
    assert await prune_calls(sqlite, before=NOW - KEEP) == 3
    assert await prune_calls(sqlite, before=NOW - KEEP) == 0
    async with sqlite.read() as session:
        left = (await session.scalars(select(WebhookCall.event))).all()
        assert sorted(left) == [f"event{number}" for number in range(3, 8)]
        assert len((await session.scalars(select(WebhookAttempt.id))).all()) == len(left)


async def test_round_when_the_settings_say_how_long_keeps_and_counts_by_them(sqlite: Database) -> None:
    office = await make_office(sqlite)
    await _letters(sqlite, office)
    await _calls(sqlite, office)
    metrics = Metrics(CORE)
    await _journal(sqlite)
    settings = Settings(letter_keep_days=89, webhook_keep_days=3650, journal_keep_days=90)
    here = SimpleNamespace(db=sqlite, clock=FixedClock(NOW), settings=settings, metrics=metrics)
    await prune_once(cast("Any", here))
    told = metrics.text().decode()
    assert "yunping_letters_pruned_total 5.0" in told
    assert "yunping_webhook_calls_pruned_total 0.0" in told
    assert "yunping_journal_pruned_total 3.0" in told
    async with sqlite.read() as session:
        left = (await session.scalars(select(AccountEvent.event))).all()
    assert sorted(left) == ["at", "young"]


async def _journal(db: Database) -> None:
    """Three old lines of two accounts, and two that are not."""
    lines = [("a", OLD, "old"), ("b", OLD, "old"), ("a", OLD - KEEP, "older"), ("a", NOW, "at"), ("b", YOUNG, "young")]
    for account, at, event in lines:
        await RowJournal(Account(account, db, FixedClock(at))).record(event, path="/x")


async def _letters(db: Database, office: Office) -> uuid.UUID:
    async with db.write() as session:
        notice = await tell(
            session,
            person=office.people["author"],
            cause="missed:1",
            subject="notices.subject.missed",
            params={"title": "运河", "at": "11-20 08:00"},
            href="/desk/",
            now=NOW,
        )
        for number, row in enumerate(_rows("dropped")):
            session.add(Letter(id=uuid7(NOW), notice_id=notice, way=f"way{number}", **row))
    return notice


async def _calls(db: Database, office: Office) -> None:
    async with db.write() as session:
        hook = Webhook(
            id=uuid7(NOW), name="市平台", url="https://example.cn/", events=["pieces"], unit_path="/320509/",
            created_by=office.people["author"], created_at=NOW,
        )  # fmt: skip
        session.add(hook)
        await session.flush()
        for number, row in enumerate(_rows("failed")):
            call = WebhookCall(id=uuid7(NOW), hook_id=hook.id, event=f"event{number}", body="{}", **row)
            session.add(call)
            await session.flush()
            session.add(WebhookAttempt(id=uuid7(NOW), call_id=call.id, at=OLD, ms=1))


def _rows(given_up: str) -> list[dict[str, Any]]:
    """The first three are old and over."""
    kinds = [
        ("sent", OLD, OLD),
        (given_up, OLD, OLD),
        ("failed", OLD, None),
        ("sent", OLD, YOUNG),
        ("sent", YOUNG, YOUNG),
        ("due", OLD, None),
        ("retry", OLD, None),
        ("sending", OLD, None),
    ]
    return [
        {"state": state, "not_before": due, "finished_at": finished, "created_at": due}
        for state, due, finished in kinds
    ]
