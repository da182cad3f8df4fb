"""From a dropped item to a draft of the person whose folder it lay in, exactly once however often we are killed."""

import asyncio
import datetime as dt
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.blocks import MAX_LINE, Block, read_body
from cms.content.draft import LIMITS, Draft
from cms.content.editing import create
from cms.content.importing.docx import read_article
from cms.content.importing.models import DropRow
from cms.content.kinds import Kind
from cms.kernel.db import Database
from cms.kernel.ids import block_id, uuid7
from cms.kernel.text import clean, one_line
from cms.library.models import VIDEO, Asset
from cms.library.upload import NewPicture, Owner, Workshop, asset_name, prepare_picture
from cms.library.videos import FoundVideo, add_video, found_video
from cms.people.actor import Actor
from cms.people.login import normal_login
from cms.people.models import Person, Unit
from cms.people.permissions import Action, Subject, require_can
from cms.people.sessions import actor_of
from media import kinds
from media.article import take_article
from media.errors import MediaRefused
from media.probe import probe
from media.threads import in_thread

TITLES: Final = ("标题.txt", "title.txt")
TEXTS: Final = ("text.txt", "正文.txt")
_TEXT_BYTES: Final = 400_000  # four times the longest article
_KINDS: Final = frozenset(kinds.Kind)


@dataclass(frozen=True, slots=True)
class Given:
    """Private copies of a dropped item: `names` are those of its files, `name` that of the item.

    `hashing` has the files' hashes, which may still be on their way, where whoever copied them is at it.
    """

    name: str
    names: tuple[str, ...]
    files: tuple[Path, ...]
    is_folder: bool
    hashing: tuple[Future[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """The draft an item became; `dropped` counts what of a document had no place in it; `again`: it was known."""

    document: uuid.UUID
    dropped: Mapping[str, int] = field(default_factory=dict)
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Made:
    """A draft whose pictures are stored and whose rows are not written yet."""

    kind: Kind
    draft: Draft
    pictures: tuple[NewPicture, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)


async def person_of(session: AsyncSession, login: str) -> Actor | None:
    """The active person with this login, as who acts."""
    found = select(Person.id).where(Person.login == normal_login(login), Person.active)
    person = (await session.execute(found)).scalar_one_or_none()
    return None if person is None else await actor_of(session, person)


async def take_drop(
    db: Database, workshop: Workshop, actor: Actor, given: Given, *, base: Draft | None = None, now: dt.datetime
) -> Taken:
    """The draft of an item; `base` has the byline, the column and the channels it begins with.

    Raises:
        Denied: the person may not write or upload in their unit.
        MediaRefused: the file, with its code.
        Invalid: the text does not fit an article.
    """
    own = Subject(actor.unit, frozenset({actor.person}))
    for action in (Action.DOCUMENT_CREATE, Action.LIBRARY_UPLOAD):
        require_can(actor, action, own)
    form = None if given.is_folder else await in_thread(probe, given.files[0], accept=_KINDS)
    hashing = [asyncio.wrap_future(one) for one in given.hashing]
    once = _Once(db, actor, given, base, now)
    if form is not None and form.kind is kinds.Kind.video:
        # Somebody waits for its first look: it is looked into while it is hashed.
        async with found_video(workshop, given.files[0], sha256=hashing[0] if hashing else "") as film:
            return await once.taken((film.known_by.sha256,), lambda: _lecture(db, actor, given, film, now))
    hashes = [await one for one in hashing] if hashing else await in_thread(_hashes, given.files)
    return await once.taken(hashes, lambda: _made(workshop, actor, given, form, now))


@dataclass(frozen=True, slots=True)
class _Once:
    """The draft of an item that is not there yet."""

    db: Database
    actor: Actor
    given: Given
    base: Draft | None
    now: dt.datetime

    async def taken(self, hashes: Sequence[str], make: Callable[[], Awaitable[_Made]]) -> Taken:
        """The draft that is there for files with these hashes, or the one that is made."""
        sha256 = digest(self.given, hashes)
        async with self.db.read() as session:
            known = await _known(session, self.actor, sha256)
        if known is not None:
            return Taken(known, again=True)
        made = await make()
        async with self.db.write() as session:
            known = await _known(session, self.actor, sha256)
            if known is not None:
                return Taken(known, again=True)
            document = await self._written(session, made)
            session.add(
                DropRow(
                    id=uuid7(self.now),
                    person_id=self.actor.person,
                    sha256=sha256,
                    name=asset_name(self.given.name),
                    document_id=document,
                    created_at=self.now,
                )
            )
        return Taken(document, made.dropped)

    async def _written(self, session: AsyncSession, made: _Made) -> uuid.UUID:
        for picture in made.pictures:
            await picture.add(session)
        unit = (await session.execute(select(Unit.id).where(Unit.path == self.actor.unit))).scalar_one()
        draft, base = made.draft, self.base
        if base is not None:
            draft = replace(draft, byline=base.byline, column=base.column, channels=base.channels)
        edition = await create(session, self.actor, kind=made.kind, unit=unit, draft=draft, now=self.now)
        return edition.document_id


def digest(given: Given, hashes: Sequence[str]) -> str:
    """What makes an item the same as another: the bytes of its files, and of a folder their names."""
    total = hashlib.sha256(b"folder" if given.is_folder else b"file")
    for name, inner in zip(given.names, hashes, strict=True):
        total.update(f"\n{name if given.is_folder else ''} {inner}".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


async def _known(session: AsyncSession, actor: Actor, sha256: str) -> uuid.UUID | None:
    query = select(DropRow.document_id).where(DropRow.person_id == actor.person, DropRow.sha256 == sha256)
    return (await session.execute(query)).scalar_one_or_none()


async def _made(workshop: Workshop, actor: Actor, given: Given, form: kinds.Format | None, now: dt.datetime) -> _Made:
    if form is None or form.kind is kinds.Kind.picture:
        return await _gallery(workshop, actor, given, now)
    if form is kinds.DOCX:
        return await _article(workshop, actor, given, now)
    raise MediaRefused("media.drop_kind", found=form.name)


async def _lecture(db: Database, actor: Actor, given: Given, film: FoundVideo, now: dt.datetime) -> _Made:
    """The film has rows of its own: one that a killed worker left behind is taken up, not made again."""
    query = select(Asset.id).where(Asset.kind == VIDEO, Asset.sha256 == film.known_by.sha256)
    query = query.where(Asset.created_by == actor.person, Asset.deleted_at.is_(None)).limit(1)
    async with db.read() as session:
        asset = (await session.execute(query)).scalar_one_or_none()
    if asset is None:
        kept = await film.keep()
        async with db.write() as session:
            asset = (await add_video(session, actor, kept, name=given.name, now=now)).id
    title = _stem(given.name)
    block = {"id": block_id(), "type": "video", "asset": str(asset), "title": title[:MAX_LINE]}
    return _Made(Kind.LECTURE, Draft(title=title, body=read_body({"schema": 1, "blocks": [block]})))


async def _article(workshop: Workshop, actor: Actor, given: Given, now: dt.datetime) -> _Made:
    """Pictures that intake refuses are left out and counted: the words are what was sent."""
    async with take_article(given.files[0], sandbox=workshop.sandbox, work=workshop.work) as article:
        read = read_article(article.html)
        dropped = {**read.dropped, **article.left}
        pictures: dict[str, NewPicture] = {}
        for number, path in enumerate(article.pictures):
            try:
                pictures[f"image-{number}"] = await _picture(workshop, actor, path, f"{given.name} {number + 1}", now)
            except MediaRefused as refused:
                if refused.code in {"media.disk_full", "media.store_failed", "media.sandbox_unavailable"}:
                    raise
                dropped["picture"] = dropped.get("picture", 0) + 1
    blocks = [_with_picture(block, pictures) for block in read.blocks]
    kept = [block for block in blocks if block is not None]
    used = tuple(dict.fromkeys(pictures[b["asset"]] for b in read.blocks if b.get("asset") in pictures))
    return _Made(Kind.NEWS, _draft(read.title or _stem(given.name), kept, used), used, dropped)


async def _gallery(workshop: Workshop, actor: Actor, given: Given, now: dt.datetime) -> _Made:
    """Every file of a folder must be a picture or one of the two texts: nothing is left out in silence."""
    title, text, shots = _stem(given.name), "", []
    for name, path in zip(given.names, given.files, strict=True):
        if name.lower() in TITLES and given.is_folder:
            title = one_line((await in_thread(_text, path)).partition("\n")[0]) or title
        elif name.lower() in TEXTS and given.is_folder:
            text = await in_thread(_text, path)
        else:
            shots.append((name, path))
    pictures = [await _picture(workshop, actor, path, name, now) for name, path in shots]
    if not pictures:
        raise MediaRefused("media.drop_no_picture")
    words = [line for part in text.splitlines() if (line := clean(part))]
    blocks: list[Block] = [{"id": block_id(), "type": "paragraph", "text": [{"t": line}]} for line in words]
    blocks += [{"id": block_id(), "type": "image", "asset": str(one.asset.id), "alt": ""} for one in pictures]
    return _Made(Kind.NEWS, _draft(title, blocks, pictures), tuple(pictures))


async def _picture(workshop: Workshop, actor: Actor, path: Path, name: str, now: dt.datetime) -> NewPicture:
    return await prepare_picture(workshop, path, Owner(actor.unit, actor.person), name=name, now=now)


def _draft(title: str, blocks: Sequence[Block], pictures: Sequence[NewPicture]) -> Draft:
    cover = pictures[0].asset.id if pictures else None
    body = read_body({"schema": 1, "blocks": list(blocks)})
    return Draft(title=title[: LIMITS["title"]], cover=cover, body=body)


def _with_picture(block: Block, pictures: Mapping[str, NewPicture]) -> Block | None:
    if block["type"] != "image":
        return block
    found = pictures.get(block["asset"])
    return None if found is None else {**block, "asset": str(found.asset.id)}


def _stem(name: str) -> str:
    """The name without its ending, as a headline."""
    stem = name.rpartition(".")[0] if "." in name[1:] else name
    return one_line(stem)[: LIMITS["title"]]


def _hashes(files: Sequence[Path]) -> list[str]:
    found = []
    for path in files:
        with path.open("rb") as file:
            found.append(hashlib.file_digest(file, "sha256").hexdigest())
    return found


def _text(path: Path) -> str:
    """What people's editors write: UTF-8, or GB 18030 from older Windows."""
    data = path.read_bytes()[: _TEXT_BYTES + 1]
    if len(data) > _TEXT_BYTES or b"\0" in data:
        raise MediaRefused("media.drop_text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")
