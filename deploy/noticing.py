"""The post room of a worker: letters out of the house, and the looks for lost promises and for rights that end."""

import asyncio
import datetime as dt
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.log import logger
from cms.kernel.messages import catalogue
from cms.kernel.wake import CALM
from cms.notices.carrying import Carrier, carry
from cms.notices.mail import MailSettings
from cms.notices.pruning import prune_letters
from cms.notices.webhook import WebhookSettings
from cms.people.factor_reset import expire, has_expired
from cms.planning.holidays import enter_shipped, shipped_years
from cms.publishing.alarming import lost_promises, sweep_lost
from cms.publishing.expiring import watch_rights
from cms.publishing.services.addresses import Policy
from cms.publishing.services.outbound import GuardedOutbound
from cms.publishing.services.pruning import prune_journal
from cms.webhooks.pruning import prune_calls
from deploy.installation import Installation
from deploy.settings import Settings

_POLL: Final = 2.0
_AGAIN: Final = 5.0
_SWEEP_EVERY: Final = 30.0
# Days are told of: minutes do not matter, but what somebody mended should not stand in the inbox for long.
_RIGHTS_EVERY: Final = 300.0
_PRUNE_EVERY: Final = 3600.0

log = logger("deploy")


async def carry_letters(here: Installation, owner: str) -> None:
    """Carries letters until cancelled."""
    carrier = await asyncio.to_thread(make_carrier, here, owner)
    while True:
        rung = here.wake.count
        try:
            busy = await carry(carrier)
        except SQLAlchemyError:
            log.exception("the database is away")
            await asyncio.sleep(_AGAIN)
            continue
        if not busy:
            await here.wake.after(rung, within=_POLL, calm=CALM)


async def watch_promises(here: Installation) -> None:
    """Enters the shipped holidays once, then looks for lost promises until cancelled."""
    years = await asyncio.to_thread(shipped_years)
    entered = False
    while True:
        try:
            if not entered:
                async with here.db.write() as session:
                    await enter_shipped(session, years, now=here.clock.now())
                entered = True
            await _sweep(here)
            await _let_lapse(here)
        except SQLAlchemyError:
            log.exception("the database is away")
        await asyncio.sleep(_SWEEP_EVERY)


async def watch_files(here: Installation) -> None:
    """Tells of rights that end until cancelled."""
    while True:
        try:
            told = await watch_rights(here.db, now=here.clock.now())
        except SQLAlchemyError:
            log.exception("the database is away")
        else:
            if told:
                here.metrics.count("yunping_rights_told_total", told)
        await asyncio.sleep(_RIGHTS_EVERY)


async def prune(here: Installation) -> None:
    """Deletes letters, calls of webhooks and lines of accounts' journals of long ago until cancelled."""
    while True:
        try:
            await prune_once(here)
        except SQLAlchemyError:
            log.exception("the database is away")
        await asyncio.sleep(_PRUNE_EVERY)


async def prune_once(here: Installation) -> None:
    """One round: what is older than the settings keep."""
    now, settings = here.clock.now(), here.settings
    letters = await prune_letters(here.db, before=now - dt.timedelta(days=settings.letter_keep_days))
    here.metrics.count("yunping_letters_pruned_total", letters)
    calls = await prune_calls(here.db, before=now - dt.timedelta(days=settings.webhook_keep_days))
    here.metrics.count("yunping_webhook_calls_pruned_total", calls)
    lines = await prune_journal(here.db, before=now - dt.timedelta(days=settings.journal_keep_days))
    here.metrics.count("yunping_journal_pruned_total", lines)


async def _sweep(here: Installation) -> None:
    async with here.db.read() as session:
        # Looked at first, so that an idle worker never takes the writer's turn.
        if not await lost_promises(session, now=here.clock.now()):
            return
    async with here.db.write() as session:
        lost = await sweep_lost(session, now=here.clock.now())
    log.warning("promises that nobody would have kept", lost=lost)


async def _let_lapse(here: Installation) -> None:
    """Requests to reset a second factor that nobody confirmed in time."""
    async with here.db.read() as session:
        if not await has_expired(session, now=here.clock.now()):
            return
    async with here.db.write() as session:
        await expire(session, now=here.clock.now())


def make_carrier(here: Installation, owner: str) -> Carrier:
    """Blocking: reads the catalogue."""
    return Carrier(
        db=here.db,
        clock=here.clock,
        texts=catalogue(),
        language=here.settings.language,
        desk=here.settings.public,
        outbound=GuardedOutbound(Policy(exceptions=here.settings.exceptions)),
        owner=f"{owner}:letters",
        mail=mail_settings(here.settings),
        webhook=webhook_settings(here.settings),
        metrics=here.metrics,
    )


def mail_settings(settings: Settings) -> MailSettings | None:
    if not settings.smtp_host:
        return None
    return MailSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.smtp_from or f"yunping@{settings.domain}",
        user=settings.smtp_user,
        password=settings.smtp_password,
    )


def webhook_settings(settings: Settings) -> WebhookSettings | None:
    if not settings.notice_webhook:
        return None
    return WebhookSettings(settings.notice_webhook, settings.notice_webhook_secret)
