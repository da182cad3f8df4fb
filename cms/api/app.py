"""The API as one application, behind the same middleware as the desk."""

import asyncio
import functools
import json
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from cms.api.every import RESOURCES
from cms.api.openapi import openapi
from cms.api.resources import Resource
from cms.desk.app import make_app
from cms.desk.deps import DeskDeps
from cms.desk.frame import Desk, Section, Sections
from cms.desk.routing import PUBLIC, add_routes, check_routes, get
from cms.desk.static_files import desk_files
from cms.desk.visit import Visit

PREFIX: Final = "/api/v1"


def build_api(deps: DeskDeps, resources: Iterable[Resource] = (), sections: Iterable[Section] = ()) -> web.Application:
    """The API, to be mounted by ``root.add_subapp(PREFIX, app)``; `resources` are those of upper packages.

    `sections` are theirs on the desk, asked only how they draw a piece where its channel does not.
    """
    every = (*RESOURCES, *resources)

    @functools.cache
    def text() -> str:
        return json.dumps(openapi(every), ensure_ascii=False)

    async def document(_visit: Visit) -> web.StreamResponse:
        # Made for the first who asks: it takes as long as a tenth of a start, and looks at every model.
        return web.Response(text=await asyncio.to_thread(text), content_type="application/json")

    desk = Desk(catalogue=deps.catalogue, static=desk_files(), sections=Sections(sections), zone=deps.zone)
    app = make_app(deps, desk)
    routes = [get(f"{PREFIX}/openapi.json", document, PUBLIC), *(one.route for one in every)]
    add_routes(app, routes, prefix=PREFIX)
    check_routes(app)
    return app
