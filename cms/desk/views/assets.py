"""The page of one asset: what it is, how each screen cuts it, where it is used, whose it is, and how it changes."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.uses import Use, used, uses_of
from cms.desk import films, incoming, pieces, videos
from cms.desk.fields import instant
from cms.desk.routing import get, post
from cms.desk.uploads import blocks_of, count_intake, file_part
from cms.desk.views.gate import text
from cms.desk.views.library import LIBRARY, making
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.library.browse import remakes_of, tags_of
from cms.library.bulk import trash_all
from cms.library.cropping import set_crops
from cms.library.details import Details, describe, read_tags
from cms.library.folders import shelves
from cms.library.models import AUDIO, PICTURE, VIDEO, Asset, Rendition
from cms.library.posters import poster_from_frame, poster_from_library, poster_from_upload
from cms.library.queries import AssetWithFiles, asset_for
from cms.library.replacing import replace_picture
from cms.library.rights import days_left, rights
from cms.library.shapes import crops_json, crops_of, read_crops
from cms.library.states import VideoState
from cms.library.subtitling import LANGUAGES, tracks_of
from cms.people.models import Person
from cms.people.permissions import Action, Subject, can
from media.crop import Focal
from media.errors import MediaRefused
from media.images import SHAPES

_ONE: Final = "/desk/library/assets/{asset}"
_DAY: Final = dt.timedelta(days=1)
_SIZE: Final = "desk.library.size."


async def asset_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def save_details(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    typed = {name: text(form, name) for name in ("name", "tags", "folder", "owner", "licence", "valid_until")}
    try:
        details = Details(
            name=typed["name"],
            tags=read_tags(typed["tags"]),
            folder=as_uuid(typed["folder"]) if typed["folder"] else None,
            owner=typed["owner"],
            licence=typed["licence"],
            valid_until=_end_of_day(visit, typed["valid_until"]),
        )
        async with visit.deps.db.write() as session:
            await describe(session, visit.actor, visit.uuid("asset"), details, now=visit.now)
    except Invalid as error:
        return await _page(visit, typed=typed, error=error)
    return visit.redirect(_here(visit), done="asset_saved")


async def save_crops(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        crops = read_crops(json.loads(text(form, "crops") or "{}"))
    except (ValueError, RecursionError) as error:
        raise Invalid("library.crop", shape="-") from error
    focal = Focal(_number(form, "focal_x"), _number(form, "focal_y"))
    async with visit.deps.db.write() as session:
        names = await set_crops(session, visit.actor, visit.uuid("asset"), focal=focal, crops=crops, now=visit.now)
    return visit.redirect(_here(visit), done="crops_saved" if names else "crops_same")


async def replace(visit: Visit) -> web.StreamResponse:
    """Takes another picture as multipart field ``file``; a video comes as an upload that names what it replaces."""
    part = await file_part(visit)
    deps = visit.deps
    try:
        await replace_picture(deps.db, deps.workshop, visit.actor, visit.uuid("asset"), blocks_of(part), now=visit.now)
    except MediaRefused as refused:
        count_intake(visit, PICTURE, refused.code)
        raise
    count_intake(visit, PICTURE, "replaced")
    return web.json_response({"page": _here(visit)}, headers={"Cache-Control": "no-store"})


async def throw_away(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        batch = await trash_all(session, visit.actor, [visit.uuid("asset")], uses=used, now=visit.now)
    return visit.redirect(f"{LIBRARY}?undo={batch.id}")


async def poster_frame(visit: Visit) -> web.StreamResponse:
    """The picture at ``at`` milliseconds becomes the poster."""
    form = await visit.form()
    deps = visit.deps
    at = _number(form, "at")
    await poster_from_frame(deps.db, deps.workshop, visit.actor, visit.uuid("asset"), at, now=visit.now)
    return visit.redirect(_here(visit), done="poster_saved")


async def poster_picture(visit: Visit) -> web.StreamResponse:
    """A picture of the library becomes the poster."""
    form = await visit.form()
    deps = visit.deps
    picture = as_uuid(text(form, "picture"))
    await poster_from_library(deps.db, deps.workshop, visit.actor, visit.uuid("asset"), picture, now=visit.now)
    return visit.redirect(_here(visit), done="poster_saved")


async def poster_upload(visit: Visit) -> web.StreamResponse:
    """An uploaded picture, as multipart field ``file``, becomes the poster."""
    part = await file_part(visit)
    deps = visit.deps
    video, name = visit.uuid("asset"), part.filename or ""
    await poster_from_upload(deps.db, deps.workshop, visit.actor, video, blocks_of(part), name=name, now=visit.now)
    return web.json_response({"page": _here(visit)}, headers={"Cache-Control": "no-store"})


async def sizes(visit: Visit) -> web.StreamResponse:
    """The sizes and how they stand; asks for itself again while some are made."""
    async with visit.deps.db.read() as session:
        found = await asset_for(session, visit.actor, visit.uuid("asset"))
        job = (await remakes_of(session, [found.asset.id])).get(found.asset.id)
    context = {"sizes": _sizes(visit, found.files), "making": making(visit, job), "href": _here(visit)}
    return visit.render("library/sizes.html", context)


async def _page(
    visit: Visit, *, typed: Mapping[str, str] | None = None, error: DomainError | None = None
) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await asset_for(session, visit.actor, visit.uuid("asset"))
        asset = found.asset
        if asset.deleted_at is not None:
            raise NotFound("library.asset_unknown")
        tags = (await tags_of(session, [asset.id])).get(asset.id, ())
        uses = await uses_of(session, visit.actor, asset.id)
        context: dict[str, Any] = {
            "asset": await _shown(visit, session, found),
            "values": typed or _values(visit, asset, tags),
            "uses": [_use(visit, one) for one in uses],
            "live": [_use(visit, one) for one in uses if one.is_live],
            "folders": [{"value": "", "label": visit.t("desk.library.folder_none")}]
            + [
                {"value": str(one.id), "label": "　" * one.depth + one.name}
                for one in await shelves(session, visit.actor)
            ],
            "sizes": _sizes(visit, found.files),
            "making": making(visit, (await remakes_of(session, [asset.id])).get(asset.id)),
            "subtitles": await _subtitles(visit, session, asset),
            "film_notes": films.notes(visit, found) if asset.kind == VIDEO else None,
        }
    context |= {
        "href": _here(visit),
        "error": visit.refusal(error) if error else None,
        "wrong": _wrong(visit, error),
        "shapes": _shapes(visit) if asset.kind == PICTURE else [],
        "may_edit": bool(can(visit.actor, Action.LIBRARY_EDIT, _subject(asset))),
        "may_delete": bool(can(visit.actor, Action.LIBRARY_DELETE, _subject(asset))),
    }
    return visit.page("library/asset.html", context, section="library", status=error.status if error else 200)


async def _folders(visit: Visit, session: AsyncSession) -> list[dict[str, str]]:
    known = await shelves(session, visit.actor)
    found = [{"value": str(one.id), "label": "　" * one.depth + one.name} for one in known]
    return [{"value": "", "label": visit.t("desk.library.folder_none")}, *found]


async def _shown(visit: Visit, session: AsyncSession, found: AssetWithFiles) -> dict[str, Any]:
    asset = found.asset
    by = await session.get(Person, asset.created_by)
    told: dict[str, Any] = {
        "id": str(asset.id),
        "kind": asset.kind,
        "name": asset.name or visit.t("desk.library.unnamed"),
        "at": asset.created_at,
        "by": by.name if by else "",
        "size": f"{asset.width} × {asset.height}",
        "mib": f"{asset.size / (1 << 20):.1f}",
        "version": asset.version,
        "width": asset.width,
        "height": asset.height,
        "focal_x": asset.focal_x,
        "focal_y": asset.focal_y,
        "crops": crops_json(crops_of(asset.crops)),
        "url": f"/desk/assets/{asset.id}/web-1440",
        "rights": rights(asset.valid_until, now=visit.now).value,
        "days": days_left(asset.valid_until, now=visit.now) if asset.valid_until else 0,
    }
    if asset.kind == AUDIO:
        told["size"] = videos.clock(asset.duration_ms)
    if asset.kind in {VIDEO, AUDIO}:
        told["film"] = {**videos.shown(visit, found), "at": asset.created_at, "page": _here(visit)}
        told["poster"] = f"/desk/assets/{asset.id}/poster" if "poster" in found.files else ""
        told["is_ready"] = asset.state == VideoState.READY
    return told


async def _subtitles(visit: Visit, session: AsyncSession, asset: Asset) -> list[dict[str, Any]]:
    if asset.kind != VIDEO:
        return []
    tracks = {one.language: one for one in (await tracks_of(session, [asset.id])).get(asset.id, ())}
    return [
        {
            "language": language,
            "label": visit.t(f"desk.subtitles.language.{language}"),
            "count": len(tracks[language].cues) if language in tracks else 0,
            "updated_at": tracks[language].updated_at if language in tracks else None,
            "href": f"{_here(visit)}/subtitles/{language}",
            "src": f"/desk/assets/{asset.id}/subtitles-{language}" if language in tracks else "",
        }
        for language in LANGUAGES
    ]


def _values(visit: Visit, asset: Asset, tags: Sequence[str]) -> dict[str, str]:
    until = asset.valid_until
    day = (until - _DAY).astimezone(visit.deps.zone).strftime("%Y-%m-%d") if until else ""
    return {
        "name": asset.name,
        "tags": "，".join(tags),
        "folder": str(asset.folder_id) if asset.folder_id else "",
        "owner": asset.owner,
        "licence": asset.licence,
        "valid_until": day,
    }


def _use(visit: Visit, use: Use) -> dict[str, Any]:
    return {
        "title": (use.title or visit.t("desk.documents.untitled"))
        if use.may_read
        else visit.t("desk.library.use_hidden"),
        "href": pieces.href(use.document) if use.may_read else "",
        "number": use.number,
        "state": use.state.value,
        "is_live": use.is_live,
        "unit": use.unit,
    }


def _sizes(visit: Visit, files: Mapping[str, Rendition]) -> list[dict[str, Any]]:
    """Files by what they are for; those of a picture by their own names, which say its shape and width."""
    words = visit.deps.catalogue.table(visit.language, _SIZE)
    return [
        {
            "name": one.name,
            "words": words.get(_SIZE + one.name, ""),
            "size": f"{one.width} × {one.height}" if one.width else "–",
            "kib": f"{one.size / 1024:,.0f}",
            "sha256": one.sha256[:12],
        }
        for one in sorted(files.values(), key=lambda one: one.name)
    ]


def _shapes(visit: Visit) -> list[dict[str, Any]]:
    return [
        {"key": one.key, "width": one.width, "height": one.height, "label": visit.t(f"desk.shape.{one.key}")}
        for one in SHAPES
    ]


def _wrong(visit: Visit, error: DomainError | None) -> dict[str, dict[str, str]]:
    if not isinstance(error, Invalid):
        return {}
    keys = visit.deps.catalogue.keys(visit.language)
    return {
        name: {"text": visit.t(code) if code in keys else visit.refusal(error)["text"], "next": ""}
        for name, code in error.fields.items()
    }


def _end_of_day(visit: Visit, value: str) -> dt.datetime | None:
    """A file is valid until the end of the day that was named. Raises Invalid `library.details`."""
    try:
        begin = instant(f"{value}T00:00", visit.deps.zone) if value else None
        return None if begin is None else begin + _DAY
    except (ValueError, OverflowError) as error:
        wrong = {"valid_until": "content.field_form"}
        raise Invalid("library.details", fields=wrong, names="valid_until") from error


def _subject(asset: Asset) -> Subject:
    return Subject(asset.unit_path, frozenset({asset.created_by}))


def _number(form: Form, name: str) -> int:
    given = text(form, name)
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Invalid("kernel.invalid")
    return int(given)


def _here(visit: Visit) -> str:
    return incoming.ASSET_PAGE.format(asset=uuid.UUID(str(visit.uuid("asset"))))


ROUTES = (
    get(_ONE, asset_page, Action.LIBRARY_READ),
    post(_ONE, save_details, Action.LIBRARY_EDIT),
    get(f"{_ONE}/sizes", sizes, Action.LIBRARY_READ),
    post(f"{_ONE}/crops", save_crops, Action.LIBRARY_EDIT),
    post(f"{_ONE}/replace", replace, Action.LIBRARY_DELETE),
    post(f"{_ONE}/trash", throw_away, Action.LIBRARY_DELETE),
    post(f"{_ONE}/poster/frame", poster_frame, Action.LIBRARY_EDIT),
    post(f"{_ONE}/poster/picture", poster_picture, Action.LIBRARY_EDIT),
    post(f"{_ONE}/poster/upload", poster_upload, Action.LIBRARY_UPLOAD),
)
