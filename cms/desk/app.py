"""The desk as one application: routes with their permissions, and what stands around them."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from cms.contract import Route
from cms.desk.deps import DeskDeps
from cms.desk.frame import Desk, Section, Sections
from cms.desk.middleware.forgery import forgery
from cms.desk.middleware.measure import measure
from cms.desk.middleware.record import REPEATS, Repeats, recording
from cms.desk.middleware.refusals import refusals
from cms.desk.middleware.sessions import sessions
from cms.desk.routing import PUBLIC, add_routes, check_routes, get, guarded_of
from cms.desk.static_files import desk_files
from cms.desk.views import core_sections
from cms.desk.visit import DEPS, DESK, Visit

PREFIX: Final = "/desk"


def build_desk(deps: DeskDeps, sections: Iterable[Section] = ()) -> web.Application:
    """The desk, to be mounted by ``root.add_subapp(PREFIX, app)``.

    `sections` are those of upper packages. Reads templates, texts and static files, so build it before the loop
    serves. Raises ValueError for a route without a permission, or two sections of one key.
    """
    every = Sections((*core_sections(), *sections))
    static = desk_files()
    desk = Desk(catalogue=deps.catalogue, static=static, sections=every, zone=deps.zone)

    async def file(visit: Visit) -> web.StreamResponse:
        return await static.serve(visit.request)

    app = make_app(deps, desk)
    add_routes(app, [get(static.pattern, file, PUBLIC), *every.routes()], prefix=PREFIX)
    check_routes(app)
    return app


def make_app(deps: DeskDeps, desk: Desk) -> web.Application:
    """An application with everything that stands around a handler, and no route yet."""
    app = web.Application(middlewares=[measure, recording, refusals, sessions, forgery])
    app[DEPS], app[DESK], app[REPEATS] = deps, desk, Repeats()
    return app


def routes_of(app: web.Application) -> list[Route]:
    """Every route of a desk application with its permission, for tests that walk them all."""
    found = []
    for route in app.router.routes():
        guarded = guarded_of(route)
        path = route.resource.canonical if route.resource is not None else ""
        found.append(Route(route.method, path, guarded.handler, guarded.permission))
    return found
