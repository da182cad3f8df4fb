"""Order in the library over the API: folders, what is said of a file, many at once with one undo, the trash."""

import datetime as dt
import uuid

from pydantic import AwareDatetime, Field

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing, id_of
from cms.content.uses import used
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.library import bulk, folders
from cms.library.cropping import move_focal
from cms.library.details import Details, describe
from cms.library.models import Folder, LibraryBatch
from cms.library.trash import restore
from cms.people.permissions import Action
from media.crop import Focal

_MANY = 200
_FULL = 1000  # thousandths


class FolderLine(Given):
    """A folder in its place of the tree."""

    id: str
    parent: str | None
    name: str
    unit: str
    count: int


class FolderList(Given):
    """Parents before their children."""

    folders: list[FolderLine]


class FolderSent(Sent):
    """A new folder, below `parent` if there is one."""

    name: Text
    parent: str = ""


class FolderName(Sent):
    """Its new name."""

    name: Text


class AssetDetails(Sent):
    """Everything that is said of a file."""

    name: Text
    tags: list[Text] = Field(default_factory=list, max_length=50)
    folder: str = ""
    owner: Text = ""
    licence: Text = ""
    valid_until: AwareDatetime | None = None


class Point(Sent):
    """Around which point crops are cut, in thousandths of width and height."""

    x: int = Field(ge=0, le=_FULL)
    y: int = Field(ge=0, le=_FULL)


class Bulk(Sent):
    """`act` is move, tag, untag or trash; `folder` is where to, empty for none."""

    act: str
    assets: list[str] = Field(min_length=1, max_length=_MANY)
    folder: str = ""
    tags: list[Text] = Field(default_factory=list, max_length=50)


class Batch(Given):
    """What was done at once, and can be undone by its id."""

    id: str


class Restoring(Sent):
    """Which to take out of the trash."""

    assets: list[str] = Field(min_length=1, max_length=_MANY)


async def list_folders(visit: Visit) -> FolderList:
    """The folders of the person's units."""
    async with visit.deps.db.read() as session:
        found = await folders.shelves(session, visit.actor)
    return FolderList(
        folders=[
            FolderLine(
                id=str(one.id),
                parent=str(one.parent) if one.parent else None,
                name=one.name,
                unit=one.unit,
                count=one.count,
            )
            for one in found
        ]
    )


async def add_one_folder(visit: Visit, sent: FolderSent) -> FolderLine:
    """Makes a folder."""
    async with visit.deps.db.write() as session:
        row = await folders.add_folder(session, visit.actor, sent.name, parent=_maybe(sent.parent), now=visit.now)
        return _folder(row)


async def rename_one_folder(visit: Visit, sent: FolderName) -> FolderLine:
    """Gives a folder another name."""
    async with visit.deps.db.write() as session:
        return _folder(
            await folders.rename_folder(session, visit.actor, visit.uuid("folder"), sent.name, now=visit.now)
        )


async def drop_one_folder(visit: Visit, _sent: Nothing) -> Done:
    """Takes a folder away; what lay in it moves up."""
    async with visit.deps.db.write() as session:
        await folders.drop_folder(session, visit.actor, visit.uuid("folder"), now=visit.now)
    return Done(id=visit.part("folder"))


async def describe_asset(visit: Visit, sent: AssetDetails) -> Done:
    """Writes down name, tags, folder, rights and expiry of a file."""
    until = sent.valid_until.astimezone(dt.UTC) if sent.valid_until else None
    details = Details(sent.name, tuple(sent.tags), _maybe(sent.folder), sent.owner, sent.licence, until)
    async with visit.deps.db.write() as session:
        await describe(session, visit.actor, visit.uuid("asset"), details, now=visit.now)
    return Done(id=visit.part("asset"))


async def move_point(visit: Visit, sent: Point) -> Done:
    """Cuts a picture's crops around another point."""
    async with visit.deps.db.write() as session:
        await move_focal(session, visit.actor, visit.uuid("asset"), Focal(sent.x, sent.y), now=visit.now)
    return Done(id=visit.part("asset"))


async def change_many(visit: Visit, sent: Bulk) -> Batch:
    """Moves, tags, or throws away many files at once, all or none."""
    ids, actor = [id_of(one) for one in sent.assets], visit.actor
    async with visit.deps.db.write() as session:
        row: LibraryBatch
        match sent.act:
            case "move":
                row = await bulk.move(session, actor, ids, _maybe(sent.folder), now=visit.now)
            case "tag":
                row = await bulk.tag(session, actor, ids, sent.tags, now=visit.now)
            case "untag":
                row = await bulk.untag(session, actor, ids, sent.tags, now=visit.now)
            case "trash":
                row = await bulk.trash_all(session, actor, ids, uses=used, now=visit.now)
            case _:
                raise Invalid("api.body", fields={"act": "api.field"}, names="act")
        return Batch(id=str(row.id))


async def undo_batch(visit: Visit, _sent: Nothing) -> Batch:
    """Makes the files of a batch what they were."""
    async with visit.deps.db.write() as session:
        return Batch(id=str((await bulk.undo(session, visit.actor, visit.uuid("batch"), now=visit.now)).id))


async def restore_many(visit: Visit, sent: Restoring) -> Batch:
    """Takes files out of the trash again."""
    async with visit.deps.db.write() as session:
        rows = await restore(session, visit.actor, [id_of(one) for one in sent.assets], now=visit.now)
    return Batch(id=",".join(str(row.id) for row in rows))


def _maybe(value: str) -> uuid.UUID | None:
    return id_of(value) if value else None


def _folder(row: Folder) -> FolderLine:
    parent = str(row.parent_id) if row.parent_id else None
    return FolderLine(id=str(row.id), parent=parent, name=row.name, unit=row.unit_path, count=0)


_FOLDER, _EDIT = "/api/v1/folders/{folder}", Action.LIBRARY_EDIT
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/folders", list_folders, Action.LIBRARY_READ, given=FolderList),
    take("POST", "/api/v1/folders", add_one_folder, _EDIT, sent=FolderSent, given=FolderLine),
    take("PUT", _FOLDER, rename_one_folder, _EDIT, sent=FolderName, given=FolderLine),
    take("DELETE", _FOLDER, drop_one_folder, _EDIT, sent=Nothing, given=Done),
    take("PUT", "/api/v1/assets/{asset}/details", describe_asset, _EDIT, sent=AssetDetails, given=Done),
    take("PUT", "/api/v1/assets/{asset}/focal", move_point, Action.LIBRARY_EDIT, sent=Point, given=Done),
    take("POST", "/api/v1/assets/bulk", change_many, _EDIT, sent=Bulk, given=Batch),
    take("POST", "/api/v1/assets/batches/{batch}/undo", undo_batch, _EDIT, sent=Nothing, given=Batch),
    take("POST", "/api/v1/assets/restore", restore_many, Action.LIBRARY_DELETE, sent=Restoring, given=Batch),
)
