"""Files of gigabytes over the API: tus 1.0.0, by the handlers of the desk, so that a token sends what a page sends."""

import datetime as dt

from cms.api.resources import Given, Resource, Spoken, ask, speak, take
from cms.api.shapes import Done, Nothing
from cms.desk import incoming, tus
from cms.desk.views import uploads
from cms.desk.visit import Visit
from cms.library.uploads import keep_twin, offset
from cms.people.permissions import Action


class UploadFault(Given):
    """Why a file was refused."""

    code: str
    text: str
    next: str


class UploadLine(Given):
    """An upload: `state` is open, waiting, checking, done, twin or failed.

    `asset` is what became of it, `twin` the asset that has this very file already.
    """

    id: str
    name: str
    state: str
    size: int
    received: int
    expires_at: dt.datetime
    fault: UploadFault | None
    asset: str | None
    twin: str | None


async def upload_one(visit: Visit) -> UploadLine:
    """How far an upload is, and what became of it."""
    row = await uploads.mine(visit)
    here = await offset(visit.deps.workshop, row)
    async with visit.deps.db.read() as session:
        told = await incoming.shown(visit, session, row, here)
    return UploadLine(
        id=str(row.id),
        name=row.name,
        state=row.state,
        size=row.size,
        received=here,
        expires_at=row.expires_at,
        fault=UploadFault(**told["fault"]) if told["fault"] else None,
        asset=str(row.asset_id) if row.asset_id else None,
        twin=str(row.twin_id) if row.twin_id else None,
    )


async def keep_upload(visit: Visit, _sent: Nothing) -> Done:
    """Takes a file in although the library has it."""
    async with visit.deps.db.write() as session:
        row = await keep_twin(session, visit.actor, visit.uuid("upload"), now=visit.now)
    await uploads.take_in(visit, row.id)
    return Done(id=visit.part("upload"))


_BASE, _ONE, _MAY = "/api/v1/uploads", "/api/v1/uploads/{upload}", Action.LIBRARY_UPLOAD
_V = "Tus-Resumable"
_CAN = Spoken(204, (), (_V, "Tus-Version", "Tus-Extension", "Tus-Checksum-Algorithm", "Tus-Max-Size"))
_CREATE = Spoken(201, (_V, "Upload-Length", "Upload-Metadata"), (_V, "Location", "Upload-Offset", "Upload-Expires"))
_HEAD = Spoken(200, (_V,), (_V, "Upload-Offset", "Upload-Length", "Upload-Expires"))
_PATCH = Spoken(204, (_V, "Upload-Offset", "Upload-Checksum"), (_V, "Upload-Offset", "Upload-Expires"), takes=tus.PIECE)
_SPEAKING = uploads.speaking
RESOURCES: tuple[Resource, ...] = (
    speak("OPTIONS", _BASE, uploads.options, _MAY, summary="What of tus is spoken here.", spoken=_CAN),
    speak("POST", _BASE, _SPEAKING(uploads.create), _MAY, summary="Begins an upload by tus.", spoken=_CREATE),
    speak("HEAD", _ONE, _SPEAKING(uploads.head), _MAY, summary="How many bytes are here.", spoken=_HEAD),
    speak("PATCH", _ONE, _SPEAKING(uploads.patch), _MAY, summary="The next piece, from its offset.", spoken=_PATCH),
    speak(
        "DELETE", _ONE, _SPEAKING(uploads.delete), _MAY, summary="Gives an upload up.", spoken=Spoken(204, (_V,), (_V,))
    ),
    ask(_ONE, upload_one, _MAY, given=UploadLine),
    take("POST", f"{_ONE}/keep", keep_upload, _MAY, sent=Nothing, given=Done),
)
