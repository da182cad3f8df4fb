"""Videos and recordings of the library: uploads, how far their encoding is, another try, choices of the editor."""

from aiohttp import web

from cms.desk import videos
from cms.desk.routing import get, post
from cms.desk.uploads import blocks_of, count_intake, file_part
from cms.desk.views.library import shown
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound
from cms.library.models import AUDIO, VIDEO
from cms.library.queries import AssetWithFiles, asset_for, newest
from cms.library.videos import retry_encode, upload_video
from cms.people.permissions import Action
from media.errors import MediaRefused


async def upload(visit: Visit) -> web.StreamResponse:
    """Takes one video as multipart field ``file`` and answers it as JSON; a refused one leaves nothing behind."""
    part = await file_part(visit)
    try:
        asset = await upload_video(
            visit.deps.db,
            visit.deps.workshop,
            visit.actor,
            blocks_of(part),
            name=part.filename or "",
            now=visit.now,
        )
    except MediaRefused as refused:
        count_intake(visit, VIDEO, refused.code)
        raise
    count_intake(visit, VIDEO, "taken")
    async with visit.deps.db.read() as session:
        found = await asset_for(session, visit.actor, asset.id)
    return web.json_response(videos.shown(visit, found), headers={"Cache-Control": "no-store"})


async def picker(visit: Visit) -> web.StreamResponse:
    """The choices of the editor's video dialog."""
    words = visit.query("q")
    async with visit.deps.db.read() as session:
        found = await newest(session, visit.actor, kind=VIDEO, words=words)
    context = {"videos": [shown(visit, one) for one in found], "q": words}
    return visit.render("library/videos.html", context)


async def sound_picker(visit: Visit) -> web.StreamResponse:
    """The choices of the editor's dialog of recordings."""
    words = visit.query("q")
    async with visit.deps.db.read() as session:
        found = await newest(session, visit.actor, kind=AUDIO, words=words)
    return visit.render("library/sounds.html", {"sounds": [shown(visit, one) for one in found], "q": words})


async def state(visit: Visit) -> web.StreamResponse:
    """How a video stands, as JSON for the editor's scripts."""
    return web.json_response(videos.shown(visit, await _video(visit)), headers={"Cache-Control": "no-store"})


async def card(visit: Visit) -> web.StreamResponse:
    """Its card in the library, which asks for itself again while the video is being made."""
    return _card(visit, await _video(visit))


async def retry(visit: Visit) -> web.StreamResponse:
    """Another try of one that was rejected; answers its card, or leads back to the library without scripts."""
    async with visit.deps.db.write() as session:
        await retry_encode(session, visit.actor, visit.uuid("asset"), now=visit.now)
    if not visit.is_for_script():
        return visit.redirect("/desk/library/?kind=video", done="encode_again")
    return _card(visit, await _video(visit))


def _card(visit: Visit, found: AssetWithFiles) -> web.StreamResponse:
    return visit.render("library/film.html", {"video": shown(visit, found), "csrf": visit.csrf})


async def _video(visit: Visit) -> AssetWithFiles:
    async with visit.deps.db.read() as session:
        found = await asset_for(session, visit.actor, visit.uuid("asset"))
    if found.asset.kind not in {VIDEO, AUDIO}:
        raise NotFound("library.video_unknown")
    return found


ROUTES = (
    post("/desk/library/videos/upload", upload, Action.LIBRARY_UPLOAD),
    get("/desk/library/videos/picker", picker, Action.LIBRARY_READ),
    get("/desk/library/sounds/picker", sound_picker, Action.LIBRARY_READ),
    get("/desk/library/videos/{asset}", state, Action.LIBRARY_READ),
    get("/desk/library/videos/{asset}/card", card, Action.LIBRARY_READ),
    post("/desk/library/videos/{asset}/retry", retry, Action.LIBRARY_UPLOAD),
)
