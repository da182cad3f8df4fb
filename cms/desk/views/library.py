"""The library: pictures to look at, to choose from, to upload; what they show are files we made ourselves."""

from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import BodyPartReader, web
from sqlalchemy import select

from cms.desk import pieces
from cms.desk.routing import get, post
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid, NotFound
from cms.library.models import Rendition
from cms.library.queries import AssetWithFiles, asset_for, newest
from cms.library.upload import upload_picture
from cms.people.permissions import Action
from media.crop import Focal
from media.errors import MediaRefused

_CHUNK: Final = 1 << 18
_MIDDLE: Final = 500
# A picture is never a document: whatever its bytes are, a browser may only draw them.
_HEADERS: Final = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def library_page(visit: Visit) -> web.StreamResponse:
    words = visit.query("q")
    context = {"pictures": await _pictures(visit, words), "q": words, "may_upload": visit.may(Action.LIBRARY_UPLOAD)}
    return visit.page("library/list.html", context, section="library")


async def picker(visit: Visit) -> web.StreamResponse:
    """The choices of the picture dialog."""
    words = visit.query("q")
    return visit.render("library/picker.html", {"pictures": await _pictures(visit, words), "q": words})


async def upload(visit: Visit) -> web.StreamResponse:
    """Takes one picture as multipart field ``file``; ``?x=…&y=…`` is the point crops keep, in thousandths.

    Answers JSON {asset, url, thumb, alt}; a refusal is the reason, and nothing of the file is kept.
    """
    part = await _file_of(visit)
    try:
        asset = await upload_picture(
            visit.deps.db,
            visit.deps.workshop,
            visit.actor,
            _bytes_of(part),
            name=part.filename or "",
            focal=Focal(_thousandths(visit.query("x")), _thousandths(visit.query("y"))),
            now=visit.now,
        )
    except MediaRefused as refused:
        _count(visit, refused.code)
        raise
    _count(visit, "taken")
    url = pieces.ASSET_URL.format(asset=asset.id)
    return web.json_response({"asset": str(asset.id), "url": url, "thumb": pieces.thumb(asset.id), "alt": ""})


def _count(visit: Visit, outcome: str) -> None:
    if visit.deps.metrics is not None:
        visit.deps.metrics.count("yunping_intake_total", kind="picture", outcome=outcome)


async def picture(visit: Visit) -> web.StreamResponse:
    """A rendition of a picture the person may see; never the file that was uploaded."""
    async with visit.deps.db.read() as session:
        found = await asset_for(session, visit.actor, visit.uuid("asset"))
    rendition = found.files.get(visit.part("rendition"))
    if rendition is None:
        raise NotFound("library.asset_unknown")
    return await _send(visit, rendition)


async def file(visit: Visit) -> web.StreamResponse:
    """A rendition by its hash, for previews, which name files as the public site does."""
    async with visit.deps.db.read() as session:
        query = select(Rendition).where(Rendition.sha256 == visit.part("sha256")).limit(1)
        rendition = (await session.scalars(query)).one_or_none()
        if rendition is not None:
            await asset_for(session, visit.actor, rendition.asset_id)
    if rendition is None:
        raise NotFound("library.asset_unknown")
    return await _send(visit, rendition)


async def _send(visit: Visit, rendition: Rendition) -> web.StreamResponse:
    tag = f'"{rendition.sha256[:32]}"'
    if visit.request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={**_HEADERS, "ETag": tag})
    body = await visit.deps.workshop.store.get(rendition.sha256)
    return web.Response(body=body, content_type=rendition.media_type, headers={**_HEADERS, "ETag": tag})


async def _file_of(visit: Visit) -> BodyPartReader:
    """The one part of the upload. Raises Invalid `desk.no_file`."""
    if visit.request.content_type != "multipart/form-data":
        raise Invalid("desk.no_file")
    try:
        part = await (await visit.request.multipart()).next()
    except ValueError as error:
        raise Invalid("desk.no_file") from error
    if not isinstance(part, BodyPartReader) or part.name != "file":
        raise Invalid("desk.no_file")
    return part


async def _bytes_of(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield bytes(chunk)


def _thousandths(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 5 else _MIDDLE


async def _pictures(visit: Visit, words: str) -> list[dict[str, Any]]:
    async with visit.deps.db.read() as session:
        found = await newest(session, visit.actor, words=words)
    return [_shown(one) for one in found]


def _shown(found: AssetWithFiles) -> dict[str, Any]:
    asset = found.asset
    return {
        "id": str(asset.id),
        "name": asset.name,
        "thumb": pieces.thumb(asset.id),
        "url": pieces.ASSET_URL.format(asset=asset.id),
        "size": f"{asset.width} × {asset.height}",
        "at": asset.created_at,
        "sha256": asset.sha256,
    }


ROUTES = (
    get("/desk/library/", library_page, Action.LIBRARY_READ),
    get("/desk/library/picker", picker, Action.LIBRARY_READ),
    post("/desk/library/upload", upload, Action.LIBRARY_UPLOAD),
    get("/desk/assets/{asset}/{rendition}", picture, Action.LIBRARY_READ),
    get("/desk/files/{sha256}", file, Action.LIBRARY_READ),
)
