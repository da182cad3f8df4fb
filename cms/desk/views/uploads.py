"""Uploads that go on where they broke off: tus 1.0.0 for files of gigabytes, asked for leave at every request."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from email.utils import format_datetime

from aiohttp import ClientPayloadError, web

from cms.contract import Route
from cms.desk import incoming, tus
from cms.desk.middleware.refusals import answer
from cms.desk.refusing import refusal_of
from cms.desk.routing import get, post
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.library.models import Upload
from cms.library.room import EncodeRoom
from cms.library.states import UploadState
from cms.library.taking import take_next
from cms.library.uploads import append, begin, keep_twin, offset, terminate, upload_for
from cms.people.permissions import Action
from media.errors import MediaRefused
from media.parts import ALGORITHMS

_BLOCK = 1 << 18
_BASE = "/desk/library/uploads"
_ONE = "/desk/library/uploads/{upload}"

Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


def speaking(handler: Handler) -> Handler:
    """The protocol around a handler: its version is asked for, and refusals have its statuses."""

    async def handle(visit: Visit) -> web.StreamResponse:
        try:
            tus.check_version(visit.request.headers)
            said = await handler(visit)
        except (DomainError, MediaRefused) as error:
            said = answer(visit.request, tus.spoken(error) or refusal_of(error))
        said.headers["Tus-Resumable"] = tus.VERSION
        said.headers["Cache-Control"] = "no-store"
        return said

    return handle


async def options(visit: Visit) -> web.StreamResponse:
    """What is spoken here."""
    headers = {
        "Tus-Resumable": tus.VERSION,
        "Tus-Version": tus.VERSION,
        "Tus-Extension": tus.EXTENSIONS,
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        "Tus-Max-Size": str(visit.deps.workshop.video_limits.file_bytes),
    }
    return web.Response(status=204, headers=headers)


async def create(visit: Visit) -> web.StreamResponse:
    wish = tus.wish_of(visit.request.headers)
    row = await begin(visit.deps.db, visit.deps.workshop, visit.actor, wish, now=visit.now)
    headers = {"Location": f"{visit.request.path.rstrip('/')}/{row.id}", "Upload-Offset": "0", **_expires(row)}
    return web.Response(status=201, headers=headers)


async def head(visit: Visit) -> web.StreamResponse:
    row = await mine(visit)
    here = await offset(visit.deps.workshop, row)
    return web.Response(headers={"Upload-Offset": str(here), "Upload-Length": str(row.size), **_expires(row)})


async def patch(visit: Visit) -> web.StreamResponse:
    """The next piece. With the last one the file is looked into at once; what came of it is asked by GET."""
    if visit.request.content_type != tus.PIECE:
        raise tus.WrongType("library.upload_header", name="Content-Type")
    at = tus.number(visit.request.headers, "Upload-Offset")
    checksum = tus.checksum_of(visit.request.headers)
    row = await mine(visit)
    deps = visit.deps
    here = await append(deps.db, deps.workshop, row, _piece(visit), at=at, checksum=checksum, now=visit.now)
    if here == row.size:
        await take_in(visit, row.id)
    return web.Response(status=204, headers={"Upload-Offset": str(here), **_expires(row)})


async def delete(visit: Visit) -> web.StreamResponse:
    await terminate(visit.deps.db, visit.deps.workshop, visit.actor, visit.uuid("upload"), now=visit.now)
    return web.Response(status=204)


async def state(visit: Visit) -> web.StreamResponse:
    """How an upload stands, as JSON for the scripts of the page."""
    row = await mine(visit)
    here = await offset(visit.deps.workshop, row)
    async with visit.deps.db.read() as session:
        told = await incoming.shown(visit, session, row, here)
    return web.json_response(told, headers={"Cache-Control": "no-store"})


async def keep(visit: Visit) -> web.StreamResponse:
    """Takes the file in although the library has it."""
    async with visit.deps.db.write() as session:
        row = await keep_twin(session, visit.actor, visit.uuid("upload"), now=visit.now)
    await take_in(visit, row.id)
    return await state(visit) if visit.is_for_script() else visit.redirect("/desk/library/")


async def drop(visit: Visit) -> web.StreamResponse:
    """Gives an upload up, from the page."""
    await delete(visit)
    return (
        web.Response(status=204) if visit.is_for_script() else visit.redirect("/desk/library/", done="upload_dropped")
    )


async def take_in(visit: Visit, upload: uuid.UUID) -> None:
    """Looks into a complete upload at once; a worker would, but later."""
    deps = visit.deps
    room = EncodeRoom(deps.db, deps.clock, deps.workshop, f"web:{uuid.uuid4().hex[:12]}", deps.metrics)
    await take_next(room, upload)


async def mine(visit: Visit) -> Upload:
    """The upload of the address, asked for leave anew."""
    async with visit.deps.db.read() as session:
        return await upload_for(session, visit.actor, visit.uuid("upload"), now=visit.now)


async def _piece(visit: Visit) -> AsyncIterator[bytes]:
    """What comes, as far as it comes: a line that breaks is the normal end of a piece on a train."""
    try:
        async for block in visit.request.content.iter_chunked(_BLOCK):
            yield block
    except (ConnectionResetError, ClientPayloadError):
        return


def _expires(row: Upload) -> dict[str, str]:
    if row.state != UploadState.OPEN:
        return {}
    return {"Upload-Expires": format_datetime(row.expires_at, usegmt=True)}


ROUTES = (
    Route("OPTIONS", _BASE, options, Action.LIBRARY_UPLOAD),
    post(_BASE, speaking(create), Action.LIBRARY_UPLOAD),
    Route("HEAD", _ONE, speaking(head), Action.LIBRARY_UPLOAD),
    Route("PATCH", _ONE, speaking(patch), Action.LIBRARY_UPLOAD),
    Route("DELETE", _ONE, speaking(delete), Action.LIBRARY_UPLOAD),
    get(_ONE, state, Action.LIBRARY_UPLOAD),
    post(f"{_ONE}/keep", keep, Action.LIBRARY_UPLOAD),
    post(f"{_ONE}/drop", drop, Action.LIBRARY_UPLOAD),
)
