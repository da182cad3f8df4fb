"""The library over the API."""

import datetime as dt

from aiohttp import BodyPartReader
from pydantic import Field

from cms.api.resources import Given, Resource, Sent, ask, bring, take
from cms.api.shapes import Done, Nothing
from cms.desk.paging import page_of
from cms.desk.uploads import blocks_of
from cms.desk.views.library import look_of
from cms.desk.visit import Visit
from cms.library.browse import browse, remakes_of, tags_of
from cms.library.fetching import fetch_picture
from cms.library.models import Asset
from cms.library.queries import AssetWithFiles, asset_for
from cms.library.rights import rights
from cms.library.shapes import crops_json, crops_of
from cms.library.subtitling import tracks_of
from cms.library.upload import upload_or_find, upload_picture
from cms.library.videos import retry_encode, upload_video
from cms.people.permissions import Action


class AssetLine(Given):
    """A picture or a video; `renditions` are the sizes that are made of it, by their hashes."""

    id: str
    kind: str
    name: str
    state: str
    sha256: str
    width: int
    height: int
    unit: str
    created_at: dt.datetime
    renditions: dict[str, str]


class AssetMaking(Given):
    """Sizes that are made anew: `state` is waiting, making or failed."""

    state: str
    percent: int
    error: str | None


class AssetWhole(AssetLine):
    """A file with everything that is said of it; `rights` is open, valid, expiring or expired.

    `version` counts its files, `focal` and `crops` are thousandths and percent, `subtitles` languages, `poster` the
    picture that stands for a video.
    """

    source_sha256: str
    size: int
    version: int
    tags: list[str]
    folder: str | None
    owner: str
    licence: str
    valid_until: dt.datetime | None
    rights: str
    focal: list[int]
    crops: dict[str, list[int]]
    making: AssetMaking | None
    duration_ms: int | None
    percent: int | None
    error: str | None
    subtitles: list[str]
    poster: str | None
    deleted_at: dt.datetime | None


class PictureAddress(Sent):
    """Where a picture lies on the web."""

    url: str = Field(min_length=8, max_length=2000)


class AssetTaken(AssetLine):
    """A picture that was taken in; `known`: the library had this very file, and nothing new was kept."""

    known: bool


class AssetList(Given):
    """A page of the person's units, newest first; `next` is the `page` of the next one, null at the end."""

    assets: list[AssetLine]
    total: int
    next: int | None


async def list_assets(visit: Visit) -> AssetList:
    """Pictures and videos, newest first, found by words, folder, tag and rights."""
    at = page_of(visit)
    async with visit.deps.db.read() as session:
        page = await browse(session, visit.actor, look_of(visit), now=visit.now, page=at + 1)
    more = page.first + len(page.rows) < page.total
    return AssetList(assets=[line_of(one) for one in page.rows], total=page.total, next=at + 1 if more else None)


async def asset_one(visit: Visit) -> AssetWhole:
    """One of them, with how far it is and everything that is said of it."""
    async with visit.deps.db.read() as session:
        found = await asset_for(session, visit.actor, visit.uuid("asset"))
        asset = found.asset
        tags = (await tags_of(session, [asset.id])).get(asset.id, ())
        making = (await remakes_of(session, [asset.id])).get(asset.id)
        tracks = (await tracks_of(session, [asset.id])).get(asset.id, ())
    return AssetWhole(
        **line_of(found).model_dump(),
        source_sha256=asset.source_sha256,
        size=asset.size,
        version=asset.version,
        tags=list(tags),
        folder=str(asset.folder_id) if asset.folder_id else None,
        owner=asset.owner,
        licence=asset.licence,
        valid_until=asset.valid_until,
        rights=rights(asset.valid_until, now=visit.now).value,
        focal=[asset.focal_x, asset.focal_y],
        crops=crops_json(crops_of(asset.crops)),
        making=AssetMaking(state=making.state, percent=making.percent, error=making.error_code) if making else None,
        duration_ms=asset.duration_ms,
        percent=found.job.percent if found.job else None,
        error=found.job.error_code if found.job else None,
        subtitles=[one.language for one in tracks],
        poster=str(asset.poster_id) if asset.poster_id else None,
        deleted_at=asset.deleted_at,
    )


async def bring_picture(visit: Visit, part: BodyPartReader) -> AssetTaken:
    """Takes a picture in; the very same file again gives the asset that has it, unless ``again=1`` asks for a copy."""
    deps, name = visit.deps, part.filename or ""
    if visit.query("again") == "1":
        asset = await upload_picture(deps.db, deps.workshop, visit.actor, blocks_of(part), name=name, now=visit.now)
        known = False
    else:
        asset, known = await upload_or_find(
            deps.db, deps.workshop, visit.actor, blocks_of(part), name=name, now=visit.now
        )
    return AssetTaken(**(await _fresh(visit, asset)).model_dump(), known=known)


async def fetch_one(visit: Visit, sent: PictureAddress) -> AssetLine:
    """Fetches a picture from its address, checks it as an upload, and keeps it."""
    deps = visit.deps
    asset = await fetch_picture(deps.db, deps.workshop, visit.actor, deps.pictures, url=sent.url, now=visit.now)
    return await _fresh(visit, asset)


async def bring_video(visit: Visit, part: BodyPartReader) -> AssetLine:
    """Takes a video in; it is encoded afterwards."""
    deps = visit.deps
    asset = await upload_video(
        deps.db, deps.workshop, visit.actor, blocks_of(part), name=part.filename or "", now=visit.now
    )
    return await _fresh(visit, asset)


async def retry_video(visit: Visit, _sent: Nothing) -> Done:
    """Encodes a video again that was rejected."""
    async with visit.deps.db.write() as session:
        asset = await retry_encode(session, visit.actor, visit.uuid("asset"), now=visit.now)
    return Done(id=str(asset.id))


async def _fresh(visit: Visit, asset: Asset) -> AssetLine:
    async with visit.deps.db.read() as session:
        return line_of(await asset_for(session, visit.actor, asset.id))


def line_of(found: AssetWithFiles) -> AssetLine:
    """An asset as lists give it."""
    asset = found.asset
    return AssetLine(
        id=str(asset.id),
        kind=asset.kind,
        name=asset.name,
        state=asset.state,
        sha256=asset.sha256,
        width=asset.width,
        height=asset.height,
        unit=asset.unit_path,
        created_at=asset.created_at,
        renditions={name: file.sha256 for name, file in sorted(found.files.items())},
    )


_LOOK = ("q", "kind", "folder", "tag", "rights", "page")
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/assets", list_assets, Action.LIBRARY_READ, given=AssetList, queries=_LOOK),
    ask("/api/v1/assets/{asset}", asset_one, Action.LIBRARY_READ, given=AssetWhole),
    bring("/api/v1/assets/pictures", bring_picture, Action.LIBRARY_UPLOAD, given=AssetTaken, queries=("again",)),
    take("POST", "/api/v1/assets/fetched", fetch_one, Action.LIBRARY_UPLOAD, sent=PictureAddress, given=AssetLine),
    bring("/api/v1/assets/videos", bring_video, Action.LIBRARY_UPLOAD, given=AssetLine),
    take("POST", "/api/v1/assets/{asset}/encode", retry_video, Action.LIBRARY_UPLOAD, sent=Nothing, given=Done),
)
