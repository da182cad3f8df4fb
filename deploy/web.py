"""The web role: the desk, the public site and its files on one port."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from cms.api.app import PREFIX as API_PREFIX, build_api
from cms.desk.app import PREFIX, build_desk
from cms.desk.deps import DeskDeps
from cms.kernel.log import logger
from cms.kernel.messages import catalogue
from cms.kernel.metrics import Metrics
from cms.library.upload import Workshop
from cms.people.passwords import Passwords
from cms.people.roles import Role
from cms.people.sessions import SessionRules
from cms.people.units import FOLLOWERS
from cms.planning.moving import targets_follow
from cms.publishing.guarding import ClientGuard
from cms.publishing.line_ups import RowLineUps
from cms.publishing.onair.showing import Message, messages
from cms.publishing.registry import load_channels
from cms.publishing.tree_reader import TreeReader
from cms.review.dead_links import LinkAsker
from deploy import tls
from deploy.channel_watch import count_viewers, watch_channels
from deploy.ftp_offers import start_ftp
from deploy.guarding import GuardedFeeds, GuardedHands, GuardedKeys
from deploy.handing import BoxFiles
from deploy.hooks import Hooks
from deploy.installation import Installation, open_workshop, opened
from deploy.places import PlacePages
from deploy.player_files import PlayerFiles
from deploy.press import press_of
from deploy.public import ErrorPages, PublicSite
from deploy.pushing import PortalPush
from deploy.reading_ahead import read_ahead
from deploy.services_maker import ServicesMaker
from deploy.serving import channel_entries, channel_site
from deploy.settings import Settings
from deploy.stills import Stills
from media.errors import MediaRefused
from renderers.tv import paths as tv_paths
from renderers.web import errors
from screens.moving import screens_follow
from screens.pages import RESOURCES, sections as screen_sections

# Between two looks at the tree when nothing rang: what a lost wake-up costs.
TREE_FALLBACK: Final = 0.5
BACKLOG: Final = 1024

log = logger("web")


async def run_web(settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    """Serves until `stop` is set."""
    channels = await asyncio.to_thread(load_channels)
    FOLLOWERS.update(targets=targets_follow, screens=screens_follow)
    async with opened(settings, channels, metrics) as here:
        reader = TreeReader(here.store)
        await reader.refresh(fully=True)
        app = web.Application()
        app.router.add_get("/healthz", _healthy)
        room = await open_workshop(here)
        services = await asyncio.to_thread(ServicesMaker, here, room)
        pages = ErrorPages(errors.not_found(here.site), errors.gone(here.site))
        public = PublicSite(reader, here.store, here.tombstones, pages, more=PlayerFiles(here.db, here.store).find)
        site = channel_site(here, reader, public, services.key)
        stills = Stills(site.picture, room.sandbox.apart(), room.work, here.clock)
        deps = dataclasses.replace(desk_deps(here, room, services), newest=site.newest, still=stills.still)
        app.add_subapp(PREFIX, await asyncio.to_thread(build_desk, deps, screen_sections()))
        app.add_subapp(API_PREFIX, await asyncio.to_thread(build_api, deps, RESOURCES, screen_sections()))
        app.add_routes(Hooks(here, services).routes())
        places = PlacePages(
            here.db, here.clock, here.site, reader, here.tombstones, RowLineUps(here.db, here.clock), public.page
        )
        app.add_routes(BoxFiles(here.db, here.clock, room).routes())
        push = portal_push(here, reader)
        app.add_routes(push.routes())
        app.on_shutdown.append(push.close)
        app.add_routes([*site.routes(), *places.routes(), *public.routes()])
        counting = count_viewers(here, site.viewers)
        beside = [_follow(here, reader), counting, watch_channels(here, site.newest), push.run(here.wake)]
        beside += [start_ftp(here, services), read_ahead()]
        tasks = [asyncio.create_task(one) for one in beside]
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=3)
        await runner.setup()
        context = await asyncio.to_thread(tls.context, settings, here.clock.now())
        await web.TCPSite(runner, settings.host, settings.port, ssl_context=context, backlog=BACKLOG).start()
        try:
            await stop.wait()
        finally:
            await runner.cleanup()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def portal_push(here: Installation, reader: TreeReader) -> PortalPush:
    """Tells the portal's open pages of emergencies, of channels that have a plan."""

    def known(code: str) -> bool:
        entry = reader.get(tv_paths.plan(code))
        return entry is not None and not entry.gone

    async def read(now: dt.datetime) -> Sequence[Message]:
        async with here.db.read() as session:
            return await messages(session, now=now)

    return PortalPush(read, here.clock, here.tombstones, here.metrics, known=known, base_url=here.site.base_url)


def desk_deps(here: Installation, room: Workshop, services: ServicesMaker) -> DeskDeps:
    """What the desk's pages work with."""
    settings = here.settings
    secret = settings.guard_dir / "first-run"

    async def first_run_secret() -> str:
        try:
            return await asyncio.to_thread(secret.read_text)
        except (FileNotFoundError, PermissionError):  # used up, or the guard is another user
            return ""

    return DeskDeps(
        db=here.db,
        clock=here.clock,
        workshop=room,
        vault=services.vault,
        sealer=services.sealer,
        archive=settings.audit_dir,
        session_rules=session_rules(settings),
        stale_after=dt.timedelta(days=settings.stale_days),
        pictures=services.pictures(),
        services=services,
        keys=GuardedKeys(here.guard),
        guard=ClientGuard(here.guard),
        press=lambda epoch: press_of(here.channels, here.site, domain=settings.domain, epoch=epoch),
        first_run_secret=first_run_secret,
        passwords=Passwords(least=settings.password_length),
        channels=here.channels,
        site=here.site,
        catalogue=catalogue(),
        secure=settings.scheme == "https",
        language=settings.language,
        metrics=here.metrics,
        links=LinkAsker(services.outbound),
        hands=GuardedHands(here.guard),
        feeds=GuardedFeeds(here.guard),
        outputs_anywhere=settings.tv_out_anywhere,
        entries=channel_entries(here, services.key),
    )


def session_rules(settings: Settings) -> SessionRules:
    """What the settings ask of sessions."""
    age = settings.password_days
    return SessionRules(
        idle=dt.timedelta(minutes=settings.idle_minutes),
        absolute=dt.timedelta(hours=settings.session_hours),
        factor_roles=frozenset(Role(one) for one in settings.second_factor_roles),
        password_age=dt.timedelta(days=age) if age else None,
    )


async def _follow(here: Installation, reader: TreeReader) -> None:
    count = here.wake.count
    while True:
        try:
            await reader.refresh()
        except MediaRefused as refused:
            log.warning("the store does not answer, serving what is known", code=refused.code)
        count = await here.wake.after(count, within=TREE_FALLBACK)


async def _healthy(_request: web.Request) -> web.Response:
    return web.Response(text="ok")
