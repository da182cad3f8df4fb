"""A file of the library over the API: cuts, another file for the same id, poster, uses, twins; tags and the trash."""

import datetime as dt

from aiohttp import BodyPartReader
from pydantic import Field

from cms.api.library import AssetLine, line_of
from cms.api.resources import Given, Resource, Sent, ask, bring, take
from cms.api.shapes import Done
from cms.api.shelves import Point
from cms.content.uses import uses_of
from cms.desk.paging import page_of
from cms.desk.uploads import blocks_of
from cms.desk.visit import Visit, as_uuid
from cms.kernel.errors import Invalid
from cms.library.browse import Look, browse, expiring_count, same_file, tags_in_use
from cms.library.cropping import set_crops
from cms.library.models import PICTURE, VIDEO
from cms.library.posters import poster_from_frame, poster_from_library, poster_from_upload
from cms.library.queries import asset_for
from cms.library.replacing import replace_picture
from cms.library.rights import Rights
from cms.library.shapes import read_crops
from cms.library.trash import KEPT
from cms.people.permissions import Action
from media.crop import Focal

_SHA = 64
_DAY_MS = 86_400_000


class CropsSent(Sent):
    """The point every shape keeps, and what differs from it: by shape ``[x, y, zoom]``, thousandths and percent."""

    focal: Point
    crops: dict[str, list[int]] = Field(default_factory=dict, max_length=50)


class CropsKept(Given):
    """The sizes that are made anew."""

    making: list[str]


class PosterSent(Sent):
    """A moment of the film in milliseconds, or a picture of the library."""

    at_ms: int | None = Field(default=None, ge=0, le=_DAY_MS)
    picture: str = ""


class AssetUse(Given):
    """A piece that uses the file; one the person may not read has no id and no title."""

    document: str
    title: str
    edition: int
    state: str
    live: bool
    unit: str


class AssetUses(Given):
    """What is out comes first."""

    uses: list[AssetUse]


class SameFile(Given):
    """The assets that were made of this very file; null where there is none."""

    picture: str | None
    video: str | None


class TagLine(Given):
    """A tag, and how many files have it."""

    tag: str
    count: int


class TagList(Given):
    """The most used first."""

    tags: list[TagLine]


class RightsCount(Given):
    """How many files may no longer be shown, and how many only for days."""

    expired: int
    expiring: int


class TrashLine(AssetLine):
    """A file in the trash, and when it ends for good."""

    deleted_at: dt.datetime
    ends_at: dt.datetime


class TrashList(Given):
    """A page of the trash; `next` is the `page` of the next one, null at the end."""

    assets: list[TrashLine]
    total: int
    next: int | None


async def cut_asset(visit: Visit, sent: CropsSent) -> CropsKept:
    """Says what each shape of screen shows of a picture; sizes that look different are made anew."""
    crops, focal = read_crops(sent.crops), Focal(sent.focal.x, sent.focal.y)
    async with visit.deps.db.write() as session:
        names = await set_crops(session, visit.actor, visit.uuid("asset"), focal=focal, crops=crops, now=visit.now)
    return CropsKept(making=list(names))


async def replace_one(visit: Visit, part: BodyPartReader) -> AssetLine:
    """Another picture for the same id; a video comes as an upload that names what it `replaces`."""
    deps = visit.deps
    await replace_picture(deps.db, deps.workshop, visit.actor, visit.uuid("asset"), blocks_of(part), now=visit.now)
    return await _fresh(visit)


async def choose_poster(visit: Visit, sent: PosterSent) -> Done:
    """The picture that stands for a video."""
    deps, video = visit.deps, visit.uuid("asset")
    if (sent.at_ms is None) == (not sent.picture):
        raise Invalid("api.body", fields={"at_ms": "api.field", "picture": "api.field"}, names="at_ms、picture")
    if sent.at_ms is not None:
        await poster_from_frame(deps.db, deps.workshop, visit.actor, video, sent.at_ms, now=visit.now)
    else:
        await poster_from_library(deps.db, deps.workshop, visit.actor, video, as_uuid(sent.picture), now=visit.now)
    return Done(id=visit.part("asset"))


async def bring_poster(visit: Visit, part: BodyPartReader) -> Done:
    """A picture from outside as the poster of a video."""
    deps, name = visit.deps, part.filename or ""
    video = visit.uuid("asset")
    await poster_from_upload(deps.db, deps.workshop, visit.actor, video, blocks_of(part), name=name, now=visit.now)
    return Done(id=visit.part("asset"))


async def where_used(visit: Visit) -> AssetUses:
    """The pieces that use a file."""
    async with visit.deps.db.read() as session:
        asset = (await asset_for(session, visit.actor, visit.uuid("asset"))).asset
        found = await uses_of(session, visit.actor, asset.id)
    return AssetUses(
        uses=[
            AssetUse(
                document=one.document if one.may_read else "",
                title=one.title if one.may_read else "",
                edition=one.number,
                state=one.state.value,
                live=one.is_live,
                unit=one.unit,
            )
            for one in found
        ]
    )


async def same_one(visit: Visit) -> SameFile:
    """Whether the library has a file already, by the sha256 of what would be sent."""
    sha256 = visit.query("sha256").lower()
    if len(sha256) != _SHA or not set(sha256) <= set("0123456789abcdef"):
        raise Invalid("api.body", fields={"sha256": "api.field"}, names="sha256")
    async with visit.deps.db.read() as session:
        found = [await same_file(session, visit.actor, sha256, kind=kind) for kind in (PICTURE, VIDEO)]
    picture, video = (str(one.id) if one else None for one in found)
    return SameFile(picture=picture, video=video)


async def list_tags(visit: Visit) -> TagList:
    """The tags of the person's units."""
    async with visit.deps.db.read() as session:
        found = await tags_in_use(session, visit.actor)
    return TagList(tags=[TagLine(tag=tag, count=count) for tag, count in found])


async def rights_count(visit: Visit) -> RightsCount:
    """How many files of the person's units run out."""
    async with visit.deps.db.read() as session:
        found = await expiring_count(session, visit.actor, now=visit.now)
    return RightsCount(expired=found.get(Rights.EXPIRED, 0), expiring=found.get(Rights.EXPIRING, 0))


async def list_trash(visit: Visit) -> TrashList:
    """What was thrown away and can be taken back; after thirty days it ends by itself."""
    at = page_of(visit)
    async with visit.deps.db.read() as session:
        page = await browse(session, visit.actor, Look(trashed=True), now=visit.now, page=at + 1)
    lines = [
        TrashLine(**line_of(row).model_dump(), deleted_at=gone, ends_at=gone + KEPT)
        for row in page.rows
        if (gone := row.asset.deleted_at) is not None
    ]
    more = page.first + len(page.rows) < page.total
    return TrashList(assets=lines, total=page.total, next=at + 1 if more else None)


async def _fresh(visit: Visit) -> AssetLine:
    async with visit.deps.db.read() as session:
        return line_of(await asset_for(session, visit.actor, visit.uuid("asset")))


_ONE, _READ, _EDIT = "/api/v1/assets/{asset}", Action.LIBRARY_READ, Action.LIBRARY_EDIT
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/assets/trash", list_trash, _READ, given=TrashList, queries=("page",)),
    ask("/api/v1/assets/tags", list_tags, _READ, given=TagList),
    ask("/api/v1/assets/rights", rights_count, _READ, given=RightsCount),
    ask("/api/v1/assets/same", same_one, _READ, given=SameFile, queries=("sha256",)),
    take("PUT", f"{_ONE}/crops", cut_asset, _EDIT, sent=CropsSent, given=CropsKept),
    bring(f"{_ONE}/file", replace_one, Action.LIBRARY_DELETE, given=AssetLine),
    ask(f"{_ONE}/uses", where_used, _READ, given=AssetUses),
    take("POST", f"{_ONE}/poster", choose_poster, _EDIT, sent=PosterSent, given=Done),
    bring(f"{_ONE}/poster/file", bring_poster, Action.LIBRARY_UPLOAD, given=Done),
)
