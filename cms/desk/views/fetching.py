"""Pictures of pasted pages: the browser names an address, the answer is a picture of ours or the reason."""

from aiohttp import web

from cms.desk import pieces
from cms.desk.routing import post
from cms.desk.uploads import count_intake
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.library.fetching import fetch_picture
from cms.library.models import PICTURE
from cms.people.permissions import Action
from media.errors import MediaRefused


async def fetch(visit: Visit) -> web.StreamResponse:
    """Takes the picture at `url`; answers JSON {asset, url, thumb, alt} as an upload does."""
    url, deps = text(await visit.form(), "url"), visit.deps
    try:
        asset = await fetch_picture(deps.db, deps.workshop, visit.actor, deps.pictures, url=url, now=visit.now)
    except (DomainError, MediaRefused) as refused:
        count_intake(visit, PICTURE, refused.code)
        raise
    count_intake(visit, PICTURE, "fetched")
    shown = pieces.ASSET_URL.format(asset=asset.id)
    return web.json_response({"asset": str(asset.id), "url": shown, "thumb": pieces.thumb(asset.id), "alt": ""})


ROUTES = (post("/desk/library/fetch", fetch, Action.LIBRARY_UPLOAD),)
