"""The library over the API."""

import datetime as dt

from aiohttp import BodyPartReader

from cms.api.resources import Given, Resource, ask, bring, take
from cms.api.shapes import Done, Nothing
from cms.desk.uploads import blocks_of
from cms.desk.visit import Visit
from cms.library.models import Asset
from cms.library.queries import AssetWithFiles, asset_for, newest
from cms.library.upload import upload_picture
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


class AssetList(Given):
    """The newest of the person's units."""

    assets: list[AssetLine]


async def list_assets(visit: Visit) -> AssetList:
    """Pictures and videos, newest first."""
    async with visit.deps.db.read() as session:
        found = await newest(session, visit.actor, kind=visit.query("kind"), words=visit.query("q"))
    return AssetList(assets=[_line(one) for one in found])


async def asset_one(visit: Visit) -> AssetLine:
    """One of them, with how far it is."""
    async with visit.deps.db.read() as session:
        return _line(await asset_for(session, visit.actor, visit.uuid("asset")))


async def bring_picture(visit: Visit, part: BodyPartReader) -> AssetLine:
    """Takes a picture in."""
    deps = visit.deps
    asset = await upload_picture(
        deps.db, deps.workshop, visit.actor, blocks_of(part), name=part.filename or "", now=visit.now
    )
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
        return _line(await asset_for(session, visit.actor, asset.id))


def _line(found: AssetWithFiles) -> AssetLine:
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


RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/assets", list_assets, Action.LIBRARY_READ, given=AssetList, queries=("q", "kind")),
    ask("/api/v1/assets/{asset}", asset_one, Action.LIBRARY_READ, given=AssetLine),
    bring("/api/v1/assets/pictures", bring_picture, Action.LIBRARY_UPLOAD, given=AssetLine),
    bring("/api/v1/assets/videos", bring_video, Action.LIBRARY_UPLOAD, given=AssetLine),
    take("POST", "/api/v1/assets/{asset}/encode", retry_video, Action.LIBRARY_UPLOAD, sent=Nothing, given=Done),
)
