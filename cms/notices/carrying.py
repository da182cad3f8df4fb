"""Carrying letters out: leased rows, claimed, sent outside of any transaction, and finished; retried until they leave.

A worker that dies between sending and finishing sends again: a letter is carried at least once, under the same id.
"""

import datetime as dt
import random
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract.services import Outbound
from cms.kernel import leases
from cms.kernel.clock import Clock, to_ms
from cms.kernel.db import Database
from cms.kernel.log import logger
from cms.kernel.messages import Catalogue
from cms.kernel.metrics import Metrics
from cms.notices.mail import MailSettings, NotCarried, message_of, send_mail
from cms.notices.models import Letter, Notice, NoticeChoice
from cms.notices.tell import MAIL
from cms.notices.webhook import WebhookSettings, body_of, send_webhook
from cms.notices.words import words_of
from cms.people.models import Person

RULES: Final = leases.LeaseRules(
    ready=frozenset({"due", "retry"}),
    held="sending",
    retry="retry",
    poisoned="failed",
    lease=dt.timedelta(seconds=60),
    max_attempts=10,
)
# News of yesterday is in the inbox; a letter about it only wakes somebody.
OLD: Final = dt.timedelta(hours=36)
_AT_ONCE: Final = 8

log = logger("notices")


@dataclass(frozen=True, slots=True)
class Carrier:
    """What carries letters out of this installation; a way without settings is closed, and its letters are dropped."""

    db: Database
    clock: Clock
    texts: Catalogue
    language: str
    desk: str
    outbound: Outbound
    owner: str
    mail: MailSettings | None = None
    webhook: WebhookSettings | None = None
    metrics: Metrics | None = None


async def carry(carrier: Carrier) -> int:
    """Carries what is due now; returns how many letters were in hand."""
    now = carrier.clock.now()
    async with carrier.db.read() as session:
        if not await leases.is_due(session, Letter, RULES, now=now):
            return 0
    async with carrier.db.write() as session:
        claims = await leases.claim(session, Letter, RULES, owner=carrier.owner, now=now, limit=_AT_ONCE)
    for held in claims:
        try:
            await _carry_one(carrier, held)
        except Exception:  # the edge of a piece of work: its lease runs out and it is done again
            log.exception("a letter broke off")
    return len(claims)


async def _carry_one(carrier: Carrier, held: leases.Claim) -> None:
    async with carrier.db.read() as session:
        letter = await session.get_one(Letter, held.id)
        notice = await session.get_one(Notice, letter.notice_id)
        person = await session.get_one(Person, notice.person_id)
        choice = await session.get(NoticeChoice, notice.person_id)
    to = choice.mail if choice is not None else ""
    if _stays(carrier, letter, notice, to) or not person.active:
        await _end(carrier, held, "dropped", letter.way)
        return
    try:
        await _send(carrier, letter, notice, login=person.login, to=to)
    except NotCarried as problem:
        await _failed(carrier, held, letter.way, problem)
    else:
        await _end(carrier, held, "sent", letter.way)


def _stays(carrier: Carrier, letter: Letter, notice: Notice, to: str) -> bool:
    """Whether it need not leave: dealt with, read, too old, or nobody to carry it."""
    over = notice.done_at is not None or notice.read_at is not None
    old = carrier.clock.now() - letter.created_at > OLD
    closed = (carrier.mail is None or not to) if letter.way == MAIL else carrier.webhook is None
    return over or old or closed


async def _send(carrier: Carrier, letter: Letter, notice: Notice, *, login: str, to: str) -> None:
    words = words_of(notice, carrier.texts, language=carrier.language, desk=carrier.desk)
    now = carrier.clock.now()
    if letter.way == MAIL and carrier.mail is not None:
        message = message_of(words, sender=carrier.mail.sender, to=to, key=letter.id.hex, at=now)
        await send_mail(carrier.mail, message)
    elif carrier.webhook is not None:
        body = body_of(letter, notice, words, login=login)
        await send_webhook(carrier.outbound, carrier.webhook, body, key=str(letter.id), at_ms=to_ms(now))


async def _end(carrier: Carrier, held: leases.Claim, state: str, way: str) -> None:
    now = carrier.clock.now()
    async with carrier.db.write() as session:
        await leases.finish(session, Letter, RULES, held, state=state, finished_at=now, error_code=None)
    _count(carrier, way, state)


async def _failed(carrier: Carrier, held: leases.Claim, way: str, problem: NotCarried) -> None:
    now = carrier.clock.now()
    async with carrier.db.write() as session:
        state = await _write_failure(session, held, problem, now)
    log.warning("a letter did not leave", letter=str(held.id), code=problem.code, state=state or "lost")
    _count(carrier, way, state or "lost")


async def _write_failure(
    session: AsyncSession, held: leases.Claim, problem: NotCarried, now: dt.datetime
) -> str | None:
    if problem.final:
        values = {"finished_at": now, "error_code": problem.code}
        done = await leases.finish(session, Letter, RULES, held, state="failed", **values)
        return "failed" if done else None
    jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
    return await leases.fail(
        session, Letter, RULES, held, now=now, jitter=jitter, failed="failed", error_code=problem.code
    )


def _count(carrier: Carrier, way: str, state: str) -> None:
    if carrier.metrics is not None:
        carrier.metrics.count("yunping_letters_total", way=way, state=state)
