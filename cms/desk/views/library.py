"""The library: pictures and videos to look at, to choose from, to upload; what they show are files we made."""

from typing import Any, Final

from aiohttp import web

from cms.desk import pieces, videos
from cms.desk.routing import get, post
from cms.desk.sending import send
from cms.desk.uploads import blocks_of, count_intake, file_part
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound
from cms.library.models import PICTURE, VIDEO
from cms.library.queries import AssetWithFiles, asset_for, file_of, newest
from cms.library.upload import upload_picture
from cms.people.permissions import Action
from media.crop import Focal
from media.errors import MediaRefused

_MIDDLE: Final = 500
_KINDS: Final = ("", PICTURE, VIDEO)


async def library_page(visit: Visit) -> web.StreamResponse:
    words = visit.query("q")
    kind = visit.query("kind") if visit.query("kind") in _KINDS else ""
    async with visit.deps.db.read() as session:
        found = await newest(session, visit.actor, kind=kind, words=words)
    context = {
        "assets": [shown(visit, one) for one in found],
        "kind": kind,
        "kinds": [
            {
                "label": visit.t(f"desk.library.kind.{one or 'all'}"),
                "href": f"/desk/library/?kind={one}" if one else "/desk/library/",
                "is_current": one == kind,
            }
            for one in _KINDS
        ],
        "q": words,
        "may_upload": visit.may(Action.LIBRARY_UPLOAD),
    }
    return visit.page("library/list.html", context, section="library")


async def picker(visit: Visit) -> web.StreamResponse:
    """The choices of the picture dialog."""
    words = visit.query("q")
    async with visit.deps.db.read() as session:
        found = await newest(session, visit.actor, kind=PICTURE, words=words)
    return visit.render("library/picker.html", {"pictures": [shown(visit, one) for one in found], "q": words})


async def upload(visit: Visit) -> web.StreamResponse:
    """Takes one picture as multipart field ``file``; ``?x=…&y=…`` is the point crops keep, in thousandths.

    Answers JSON {asset, url, thumb, alt}; a refusal is the reason, and nothing of the file is kept.
    """
    part = await file_part(visit)
    try:
        asset = await upload_picture(
            visit.deps.db,
            visit.deps.workshop,
            visit.actor,
            blocks_of(part),
            name=part.filename or "",
            focal=Focal(_thousandths(visit.query("x")), _thousandths(visit.query("y"))),
            now=visit.now,
        )
    except MediaRefused as refused:
        count_intake(visit, PICTURE, refused.code)
        raise
    count_intake(visit, PICTURE, "taken")
    url = pieces.ASSET_URL.format(asset=asset.id)
    return web.json_response({"asset": str(asset.id), "url": url, "thumb": pieces.thumb(asset.id), "alt": ""})


async def rendition(visit: Visit) -> web.StreamResponse:
    """A rendition of an asset the person may see; never the file that was uploaded."""
    async with visit.deps.db.read() as session:
        found = await asset_for(session, visit.actor, visit.uuid("asset"))
    file = found.files.get(visit.part("rendition"))
    if file is None:
        raise NotFound("library.asset_unknown")
    # An asset keeps its id when its file is exchanged or cut anew.
    return await send(visit, file, is_lasting=False)


async def by_hash(visit: Visit) -> web.StreamResponse:
    """A rendition by its hash, for previews, which name files as the public site does."""
    async with visit.deps.db.read() as session:
        file = await file_of(session, visit.actor, visit.part("sha256"))
    return await send(visit, file)


def shown(visit: Visit, found: AssetWithFiles) -> dict[str, Any]:
    """An asset as a card shows it."""
    asset = found.asset
    if asset.kind == VIDEO:
        return {**videos.shown(visit, found), "at": asset.created_at}
    return {
        "id": str(asset.id),
        "kind": asset.kind,
        "name": asset.name,
        "thumb": pieces.thumb(asset.id),
        "url": pieces.ASSET_URL.format(asset=asset.id),
        "size": f"{asset.width} × {asset.height}",
        "at": asset.created_at,
    }


def _thousandths(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 5 else _MIDDLE


ROUTES = (
    get("/desk/library/", library_page, Action.LIBRARY_READ),
    get("/desk/library/picker", picker, Action.LIBRARY_READ),
    post("/desk/library/upload", upload, Action.LIBRARY_UPLOAD),
    get("/desk/assets/{asset}/{rendition}", rendition, Action.LIBRARY_READ),
    get("/desk/files/{sha256}", by_hash, Action.LIBRARY_READ),
)
