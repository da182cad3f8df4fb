"""What every role holds: database, store, guard, tombstones, channels; opened and closed together."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cms.contract import Channel, Site
from cms.guard.client import GuardClient
from cms.guard.errors import GuardRefused
from cms.guard.tombstones import Tombstones
from cms.kernel.clock import Clock, SystemClock
from cms.kernel.db import Database
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.kernel.wake import Wake
from cms.library.upload import UploadRoom, Workshop
from deploy.guard_place import guard_settings, socket_path
from deploy.settings import Settings
from deploy.workroom import take_folder
from media.errors import MediaRefused
from media.limits import PictureLimits, VideoLimits
from media.sandbox import SETTING, Closed, Sandbox
from media.store import Store
from media.targets import S3Options

GUARD_WAIT = 30.0

log = logger("deploy")


@dataclass(frozen=True, slots=True)
class Installation:
    """The parts that roles share; a role adds its own."""

    settings: Settings
    clock: Clock
    db: Database
    wake: Wake
    store: Store
    guard: GuardClient
    tombstones: Tombstones
    channels: Mapping[str, Channel]
    site: Site
    metrics: Metrics


@contextlib.asynccontextmanager
async def opened(settings: Settings, channels: Mapping[str, Channel], metrics: Metrics) -> AsyncIterator[Installation]:
    """Opens the parts and follows the tombstones until the block ends.

    Waits for the guard's public files: a role that cannot know what was recalled must not serve. Raises GuardRefused
    `guard.recalls_unreadable` when they do not appear.
    """
    store = await asyncio.to_thread(open_store, settings)
    db = Database(settings.database_url)
    guard = GuardClient(socket_path(settings))
    tombstones = Tombstones(guard_settings(settings).public_directory, client=guard)
    await _loaded(tombstones)
    wake = Wake(db)
    following = [asyncio.create_task(tombstones.run()), asyncio.create_task(wake.run())]
    try:
        yield Installation(
            settings, SystemClock(), db, wake, store, guard, tombstones, channels, site_of(settings), metrics
        )
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await guard.close()
        await db.close()


def open_store(settings: Settings) -> Store:
    """The store of these settings (blocking)."""
    staging = settings.data.resolve() / "staging"
    staging.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = None
    if settings.store_url.startswith("s3://"):
        options = S3Options(
            region=settings.s3_region,
            key=settings.s3_key,
            secret=settings.s3_secret,
            endpoint=settings.s3_endpoint,
            allow_http=settings.s3_endpoint.startswith("http://"),
        )
    else:
        Path(settings.store_url.removeprefix("file://")).mkdir(parents=True, exist_ok=True)
    return Store.open(settings.store_url, s3=options, staging=staging, min_free_bytes=settings.min_free_mb << 20)


async def open_workshop(here: Installation) -> Workshop:
    """Where uploads are taken in; where no sandbox can run, each is refused and the rest of the house goes on."""
    settings = here.settings
    work = await asyncio.to_thread(take_folder, settings.data.resolve() / "work")
    sandbox = await _sandbox(allow_unsandboxed=settings.allow_unsandboxed)
    reserve = settings.min_free_mb << 20
    return Workshop(
        here.store,
        sandbox,
        work,
        PictureLimits(file_bytes=settings.max_picture_mb << 20, min_free_bytes=reserve),
        VideoLimits(file_bytes=settings.max_video_mb << 20, min_free_bytes=reserve),
        UploadRoom(
            settings.uploads_dir,
            each=settings.max_uploads,
            lasts=dt.timedelta(hours=settings.upload_hours),
        ),
        looking=sandbox.apart(),
    )


async def _sandbox(*, allow_unsandboxed: bool) -> Sandbox:
    try:
        return await Sandbox.detect(allow_unsandboxed=allow_unsandboxed)
    except MediaRefused as refused:
        log.warning("no sandbox can run here, uploads are refused", code=refused.code, name=SETTING)
        return Closed()


def site_of(settings: Settings) -> Site:
    return Site(settings.site_name, settings.sponsor, settings.public, settings.media, settings.language)


async def _loaded(tombstones: Tombstones) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + GUARD_WAIT
    while True:
        try:
            await tombstones.load()
        except GuardRefused:
            if loop.time() > until:
                raise
            await asyncio.sleep(0.05)
        else:
            return
