"""The point of a picture that every crop keeps, asked for and set by the editor's dialog."""

from aiohttp import web

from cms.desk import pieces
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.library.cropping import move_focal
from cms.library.models import Asset
from cms.library.queries import asset_for
from cms.people.permissions import Action
from media.crop import Focal


async def show(visit: Visit) -> web.StreamResponse:
    """Answers JSON {x, y, url}, thousandths of width and height."""
    async with visit.deps.db.read() as session:
        found = await asset_for(session, visit.actor, visit.uuid("asset"))
    return _answer(found.asset)


async def move(visit: Visit) -> web.StreamResponse:
    """Answers at once; the files that look different are made by a job, as those of the page of crops are."""
    form = await visit.form()
    focal = Focal(_thousandths(text(form, "x")), _thousandths(text(form, "y")))
    async with visit.deps.db.write() as session:
        return _answer(await move_focal(session, visit.actor, visit.uuid("asset"), focal, now=visit.now))


def _answer(asset: Asset) -> web.Response:
    url = pieces.ASSET_URL.format(asset=asset.id)
    return web.json_response({"x": asset.focal_x, "y": asset.focal_y, "url": url})


def _thousandths(value: str) -> int:
    """Raises Invalid `library.focal` for anything outside the picture."""
    if not value.isascii() or not value.isdigit() or len(value) > 4 or int(value) > 1000:
        raise Invalid("library.focal")
    return int(value)


ROUTES = (
    get("/desk/library/pictures/{asset}/focal", show, Action.LIBRARY_READ),
    post("/desk/library/pictures/{asset}/focal", move, Action.LIBRARY_EDIT),
)
