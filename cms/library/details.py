"""What people say of an asset: its name, tags, place, whose it is and until when it may be shown."""

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid, NotFound
from cms.kernel.text import one_line
from cms.library.folders import folder_for
from cms.library.models import Asset, AssetTag
from cms.library.searching import refresh
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can

TAG_LENGTH: Final = 30
MAX_TAGS: Final = 20
_TEXT: Final = 200
_BETWEEN: Final = re.compile(r"[,，、;；\n]+")


@dataclass(frozen=True, slots=True)
class Details:
    """Everything the form of an asset holds."""

    name: str
    tags: tuple[str, ...]
    folder: uuid.UUID | None
    owner: str
    licence: str
    valid_until: dt.datetime | None


async def describe(
    session: AsyncSession, actor: Actor, asset: uuid.UUID, details: Details, *, now: dt.datetime
) -> Asset:
    """Writes the details down. Raises NotFound, Denied, Invalid `library.details` naming the fields."""
    row = await editable(session, actor, asset)
    wrong = {name: "content.field_long" for name in ("name", "owner", "licence") if len(getattr(details, name)) > _TEXT}
    if not one_line(details.name):
        wrong["name"] = "library.field_missing"
    if wrong:
        raise Invalid("library.details", fields=wrong, names="、".join(sorted(wrong)))
    await folder_for(session, actor, details.folder)
    before = _shown(row)
    row.name, row.owner, row.licence = (one_line(one) for one in (details.name, details.owner, details.licence))
    row.folder_id, row.valid_until = details.folder, details.valid_until
    await set_tags(session, row, details.tags)
    after = _shown(row)
    changed = sorted(name for name in after if after[name] != before[name])
    of = ("asset", str(row.id))
    noted = {"name": row.name, "changed": "、".join(changed)}
    await record(session, actor, "library.describe", of=of, unit=row.unit_path, details=noted, now=now)
    return row


async def editable(session: AsyncSession, actor: Actor, asset: uuid.UUID, *, lock: bool = True) -> Asset:
    """An asset the actor may change; what lies in the trash is not there. Raises NotFound, Denied."""
    row = await session.get(Asset, asset, with_for_update=lock)
    if row is None or row.deleted_at is not None:
        raise NotFound("library.asset_unknown")
    require_can(actor, Action.LIBRARY_EDIT, Subject(row.unit_path, frozenset({row.created_by})))
    return row


async def set_tags(session: AsyncSession, row: Asset, tags: Iterable[str]) -> None:
    """Gives an asset these tags and no others, and finds it by them."""
    wanted = set(tags)
    known = set((await session.scalars(select(AssetTag.tag).where(AssetTag.asset_id == row.id))).all())
    gone = delete(AssetTag).where(AssetTag.asset_id == row.id, AssetTag.tag.in_(known - wanted))
    await session.execute(gone.execution_options(synchronize_session=False))
    session.add_all(AssetTag(asset_id=row.id, tag=tag) for tag in sorted(wanted - known))
    await session.flush()
    await refresh(session, row)


def read_tags(text: str) -> tuple[str, ...]:
    """Tags as people type them, parted by commas of either width. Raises Invalid `library.tags`."""
    found = tuple(dict.fromkeys(tag for part in _BETWEEN.split(text) if (tag := one_line(part).lstrip("#"))))
    if len(found) > MAX_TAGS or any(len(tag) > TAG_LENGTH for tag in found):
        raise Invalid("library.tags", fields={"tags": "library.tags"}, most=MAX_TAGS, limit=TAG_LENGTH)
    return found


def _shown(row: Asset) -> dict[str, object]:
    return {
        name: getattr(row, name) for name in ("name", "owner", "licence", "folder_id", "valid_until", "search_text")
    }
