"""The library: pictures and videos to look at, to choose from, to upload; what they show are files we made."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk import incoming, pieces, videos
from cms.desk.routing import get, post
from cms.desk.sending import send
from cms.desk.uploads import blocks_of, count_intake, file_part
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid, NotFound
from cms.library.browse import PAGE, Look, Page, browse, expiring_count, remakes_of, tags_in_use, tags_of
from cms.library.bulk import UNDO_FOR
from cms.library.folders import Shelf, shelves
from cms.library.models import AUDIO, PICTURE, VIDEO, LibraryBatch, RenditionJob
from cms.library.queries import AssetWithFiles, asset_for, file_of, newest
from cms.library.rights import Rights, rights
from cms.library.states import RemakeState
from cms.library.upload import upload_or_find, upload_picture
from cms.library.uploads import mine, offset
from cms.people.permissions import Action
from media.crop import Focal
from media.errors import MediaRefused

_KINDS: Final = ("", PICTURE, VIDEO, AUDIO)
_RIGHTS: Final = {one.value: one for one in (Rights.EXPIRING, Rights.EXPIRED)}
LIBRARY: Final = "/desk/library/"


async def library_page(visit: Visit) -> web.StreamResponse:
    look = look_of(visit)
    async with visit.deps.db.read() as session:
        page = await browse(session, visit.actor, look, now=visit.now, page=_page_number(visit))
        shown_rows = await cards(visit, session, page.rows)
        context: dict[str, Any] = {
            "assets": shown_rows,
            "folders": _folders(await shelves(session, visit.actor), look),
            "tags": _tags(await tags_in_use(session, visit.actor), look),
            "warnings": await expiring_count(session, visit.actor, now=visit.now),
            "uploads": [
                await incoming.shown(visit, session, row, await offset(visit.deps.workshop, row))
                for row in await mine(session, visit.actor, now=visit.now)
            ],
            "undo": await _undo(visit, session),
        }
    context |= {
        "kind": look.kind,
        "kinds": [
            {
                "label": visit.t(f"desk.library.kind.{one or 'all'}"),
                "href": address(look, kind=one),
                "is_current": one == look.kind,
            }
            for one in _KINDS
        ],
        "q": look.words,
        "look": look,
        "is_narrowed": look != Look(kind=look.kind),
        "everything": LIBRARY,
        "rights_hrefs": {state: address(Look(), rights=state) for state in (Rights.EXPIRED, Rights.EXPIRING)},
        "page": pager(page, look),
        "back": visit.request.path_qs,
        "may_upload": visit.may(Action.LIBRARY_UPLOAD),
        "may_edit": visit.may(Action.LIBRARY_EDIT),
        "may_delete": visit.may(Action.LIBRARY_DELETE),
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

    Answers JSON {asset, url, thumb, alt, known}; `known` says that the library had this very file and nothing new was
    kept, ``?again=1`` keeps a copy all the same. A refusal is the reason, and nothing of the file is kept.
    """
    part = await file_part(visit)
    focal = Focal(_thousandths(visit.query("x")), _thousandths(visit.query("y"))) if visit.query("x") else None
    folder = _folder(visit)
    deps, name, known = visit.deps, part.filename or "", False
    try:
        if visit.query("again"):
            asset = await upload_picture(
                deps.db,
                deps.workshop,
                visit.actor,
                blocks_of(part),
                name=name,
                focal=focal or Focal(500, 500),
                folder=folder,
                now=visit.now,
            )
        else:
            asset, known = await upload_or_find(
                deps.db,
                deps.workshop,
                visit.actor,
                blocks_of(part),
                name=name,
                focal=focal,
                folder=folder,
                now=visit.now,
            )
    except MediaRefused as refused:
        count_intake(visit, PICTURE, refused.code)
        raise
    count_intake(visit, PICTURE, "known" if known else "taken")
    url = pieces.ASSET_URL.format(asset=asset.id)
    answer: dict[str, Any] = {"asset": str(asset.id), "url": url, "thumb": pieces.thumb(asset.id), "alt": ""}
    page = incoming.ASSET_PAGE.format(asset=asset.id)
    return web.json_response({**answer, "known": {"name": asset.name, "page": page} if known else None})


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


async def cards(visit: Visit, session: AsyncSession, rows: Sequence[AssetWithFiles]) -> list[dict[str, Any]]:
    """Assets as the gallery shows them, with their tags, rights and what is being made of them."""
    ids = [row.asset.id for row in rows]
    tags, jobs = await tags_of(session, ids), await remakes_of(session, ids)
    return [
        {
            **shown(visit, row),
            "tags": tags.get(row.asset.id, ()),
            "rights": rights(row.asset.valid_until, now=visit.now).value,
            "making": making(visit, jobs.get(row.asset.id)),
        }
        for row in rows
    ]


def making(visit: Visit, job: RenditionJob | None) -> dict[str, Any] | None:
    """How the sizes stand that are made anew."""
    if job is None:
        return None
    state = RemakeState(job.state)
    fault = None
    if job.error_code is not None:
        sentence = visit.deps.catalogue.error(visit.language, job.error_code, job.error_params)
        fault = {"text": sentence.text, "next": sentence.next}
    label = visit.t(f"enum.RemakeState.{state.name}")
    return {"state": state.value, "label": label, "percent": job.percent, "fault": fault}


def shown(visit: Visit, found: AssetWithFiles) -> dict[str, Any]:
    """An asset as a card shows it."""
    asset = found.asset
    page = {"at": asset.created_at, "page": incoming.ASSET_PAGE.format(asset=asset.id)}
    if asset.kind in {VIDEO, AUDIO}:
        return {**videos.shown(visit, found), **page}
    return {
        "id": str(asset.id),
        "kind": asset.kind,
        "name": asset.name,
        "thumb": pieces.thumb(asset.id),
        "url": pieces.ASSET_URL.format(asset=asset.id),
        "size": f"{asset.width} × {asset.height}",
        **page,
    }


def look_of(visit: Visit) -> Look:
    """What the address asks for; what it cannot mean is left out."""
    kind = visit.query("kind")
    return Look(
        kind=kind if kind in _KINDS else "",
        words=visit.query("q"),
        folder=_uuid_or_none(visit.query("folder")),
        tag=visit.query("tag"),
        rights=_RIGHTS.get(visit.query("rights")),
    )


def address(look: Look, **changes: object) -> str:
    """The address of a look, with changes; the page begins anew."""
    values = {
        "kind": look.kind,
        "q": look.words,
        "folder": look.folder,
        "tag": look.tag,
        "rights": look.rights,
        **changes,
    }
    asked = urlencode({name: str(value) for name, value in values.items() if value})
    return f"{LIBRARY}?{asked}" if asked else LIBRARY


def pager(page: Page, look: Look) -> dict[str, Any] | None:
    """Where a long list goes on."""
    last = page.first + len(page.rows)
    if page.total <= len(page.rows):
        return None
    number = page.first // PAGE + 1
    earlier = address(look, page=number - 1) if page.first else ""
    later = address(look, page=number + 1) if last < page.total else ""
    return {"first": page.first + 1, "last": last, "total": page.total, "earlier": earlier, "later": later}


def _folders(found: Sequence[Shelf], look: Look) -> list[dict[str, Any]]:
    return [
        {
            "id": str(one.id),
            "name": one.name,
            "depth": one.depth,
            "count": one.count,
            "label": f"{'　' * one.depth}{one.name}",
            "href": address(look, folder=one.id),
            "is_current": one.id == look.folder,
        }
        for one in found
    ]


def _tags(found: Sequence[tuple[str, int]], look: Look) -> list[dict[str, Any]]:
    return [
        {
            "name": tag,
            "count": count,
            "is_current": tag == look.tag,
            "href": address(look, tag="" if tag == look.tag else tag),
        }
        for tag, count in found
    ]


async def _undo(visit: Visit, session: AsyncSession) -> Mapping[str, Any] | None:
    """What was just done to many, while it can be undone."""
    key = _uuid_or_none(visit.query("undo"))
    batch = await session.get(LibraryBatch, key) if key is not None else None
    if batch is None or batch.person_id != visit.actor.person or batch.undone_at is not None:
        return None
    if visit.now - batch.created_at > UNDO_FOR:
        return None
    text = visit.t(f"desk.library.bulk.done.{batch.action}", count=len(batch.before))
    return {"href": f"/desk/library/undo/{batch.id}", "text": text}


def _folder(visit: Visit) -> uuid.UUID | None:
    given = visit.query("folder")
    found = _uuid_or_none(given)
    if given and found is None:
        raise Invalid("kernel.invalid")
    return found


def _uuid_or_none(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def _page_number(visit: Visit) -> int:
    given = visit.query("page")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 1


def _thousandths(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 5 else 500


ROUTES = (
    get("/desk/library/", library_page, Action.LIBRARY_READ),
    get("/desk/library/picker", picker, Action.LIBRARY_READ),
    post("/desk/library/upload", upload, Action.LIBRARY_UPLOAD),
    get("/desk/assets/{asset}/{rendition}", rendition, Action.LIBRARY_READ),
    get("/desk/files/{sha256}", by_hash, Action.LIBRARY_READ),
)
