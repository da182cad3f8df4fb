"""The worker role: everything it works with, put together once."""

import asyncio
import contextlib
import os
import socket
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.metrics import Metrics
from cms.library.queries import encodes_waiting, uploads_open
from cms.library.upload import Workshop as PictureRoom
from cms.newspaper.queries import drawings_waiting
from cms.notices.models import Alarm
from cms.planning.models import Target
from cms.publishing.guarding import ClientGuard
from cms.publishing.models import Delivery
from cms.publishing.registry import load_channels
from cms.publishing.states import OPEN
from cms.publishing.tasks import count_tasks
from cms.publishing.tree_writer import TreeWriter
from cms.publishing.upkeep import keep_accounts
from cms.publishing.worker import Worker, WorkerSettings
from cms.publishing.workshop import Workshop
from deploy.airing import make_pictures
from deploy.channel_watch import tidy_days
from deploy.deadlines import tell_of_deadlines
from deploy.dropping import watch_drops
from deploy.encoding import draw_newspapers, encode_videos, keep_library, look_at_videos
from deploy.feeding import poll_feeds
from deploy.handing import keep_rollouts
from deploy.hooking import tell_others
from deploy.installation import Installation, open_workshop, opened
from deploy.logos import make_logos
from deploy.manifests import ManifestWriter
from deploy.noticing import carry_letters, prune, watch_files, watch_promises
from deploy.reading_ahead import read_ahead
from deploy.recording import look_after_record
from deploy.rooting import follow_root
from deploy.services_maker import ServicesMaker
from deploy.settings import Settings
from deploy.watching import tidy_screens, watch_screens

_COUNT_EVERY: Final = 5.0


async def run_worker(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    """Works until `stop` is set; what it was doing is done again by the next worker."""
    channels = load_channels()
    async with opened(settings, channels, metrics) as here:
        room = await open_workshop(here)
        shop = await asyncio.to_thread(make_workshop, here, room)
        owner = f"{socket.gethostname()}:{os.getpid()}"
        worker = Worker(shop, WorkerSettings(owner=owner), here.wake)
        await worker.plan()
        working = asyncio.create_task(worker.run())
        stopping = asyncio.create_task(stop.wait())
        counting = asyncio.create_task(_count_waiting(here))
        # A loop of its own: an encode of an hour must not take a turn of the deliveries.
        encoding = asyncio.create_task(encode_videos(here, room, owner))
        keeping = asyncio.create_task(keep_library(here, room, owner))
        dropping = asyncio.create_task(watch_drops(here, room))
        recording = asyncio.create_task(look_after_record(here))
        feeding = asyncio.create_task(poll_feeds(here, room, owner))
        telling = asyncio.create_task(tell_others(here, owner))
        minding = asyncio.create_task(keep_accounts(shop))
        urging = asyncio.create_task(tell_of_deadlines(here, owner))
        following = asyncio.create_task(follow_root(here))
        letters = (carry_letters(here, owner), watch_promises(here), watch_files(here), prune(here))
        rooms = (*letters, keep_rollouts(here), watch_screens(here), tidy_screens(here), tidy_days(here), read_ahead())
        making = (
            draw_newspapers(here, room, owner),
            make_pictures(here, room, owner),
            make_logos(here, room, owner),
            look_at_videos(here, room, owner),
        )
        noticing = [asyncio.create_task(one) for one in (*rooms, *making)]
        await asyncio.wait({working, encoding, keeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
        beside = (
            keeping,
            dropping,
            recording,
            feeding,
            telling,
            minding,
            urging,
            following,
            *noticing,
            stopping,
            counting,
        )
        for task in (tasks := (working, encoding, *beside)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _count_waiting(here: Installation) -> None:
    """Keeps the gauges of what is due and not finished, and of what waits for people, as an operator's alarm wants."""
    states = [state.value for state in sorted(OPEN)]
    while True:
        # A database that is away is the worker's own complaint; here the last number stands.
        with contextlib.suppress(SQLAlchemyError):
            async with here.db.read() as session:
                held_up = Delivery.target_id.in_(select(Target.id).where(Target.paused_at.is_not(None)))
                due = Delivery.state.in_(states) & (Delivery.not_before <= here.clock.now()) & ~held_up
                count = await session.scalar(select(func.count()).select_from(Delivery).where(due))
                tasks, late = await count_tasks(session, now=here.clock.now())
                paused = select(func.count()).select_from(Target).where(Target.paused_at.is_not(None))
                accounts = await session.scalar(paused)
                videos = await encodes_waiting(session)
                uploads = await uploads_open(session)
                newspapers = await drawings_waiting(session)
                alarms = await session.scalar(select(func.count()).select_from(Alarm).where(Alarm.taken_at.is_(None)))
            here.metrics.gauge("yunping_deliveries_waiting", count or 0)
            here.metrics.gauge("yunping_encodes_waiting", videos)
            here.metrics.gauge("yunping_uploads_open", uploads)
            here.metrics.gauge("yunping_newspapers_waiting", newspapers)
            here.metrics.gauge("yunping_take_downs_late", late)
            here.metrics.gauge("yunping_alarms_open", alarms or 0)
            here.metrics.gauge("yunping_accounts_paused", accounts or 0)
            for kind, open_ in tasks.items():
                here.metrics.gauge("yunping_manual_tasks", open_, kind=kind)
        await asyncio.sleep(_COUNT_EVERY)


def make_workshop(here: Installation, room: PictureRoom) -> Workshop:
    """Blocking: reads or makes the key of the vault."""
    tree = TreeWriter(here.store)
    return Workshop(
        database=here.db,
        clock=here.clock,
        store=here.store,
        channels=here.channels,
        services=ServicesMaker(here, room),
        tree=tree,
        screens=ManifestWriter(here.db, here.store, tree, here.guard),
        guard=ClientGuard(here.guard),
        metrics=here.metrics,
    )
