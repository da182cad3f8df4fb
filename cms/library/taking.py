"""A complete upload becomes an asset, the new file of one, or is found to be there already: under a lease.

The web process that received the last byte does it at once; when that is killed, a worker takes over.
"""

import asyncio
import contextlib
import datetime as dt
import random
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel import leases
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.kernel.wake import ring
from cms.library.browse import same_file
from cms.library.leftovers import remove_files
from cms.library.models import AUDIO, PICTURE, VIDEO, Asset, Upload
from cms.library.replacing import put_picture, put_video
from cms.library.room import EncodeRoom, LeaseLostError, kept_lease
from cms.library.sounds import KeptSound, add_sound, keep_sound, put_sound
from cms.library.states import TAKE, UploadState
from cms.library.upload import NewPicture, Owner, add_picture, prepare_picture
from cms.library.uploads import part_name, parts_of
from cms.library.videos import KeptVideo, add_video, keep_video
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from cms.people.sessions import actor_of
from media.errors import MediaRefused
from media.kinds import MOV, MP4, Kind
from media.probe import probe
from media.threads import in_thread

POISON: Final = {"error_code": "library.take_poisoned", "error_params": {}}
_PASSES: Final = frozenset({"media.disk_full", "media.store_failed", "media.sandbox_unavailable"})
_WAIT: Final = dt.timedelta(seconds=30)

log = logger("library.taking")

_Ready = KeptVideo | KeptSound | NewPicture


async def take_next(room: EncodeRoom, upload: uuid.UUID | None = None) -> bool:
    """Takes the upload that waits longest, or this one; False when nothing is due."""
    now = room.clock.now()
    where = [Upload.id == upload] if upload is not None else []
    async with room.database.read() as session:
        if not await leases.is_due(session, Upload, TAKE, now=now, where=where):
            return False
    async with room.database.write() as session:
        held = await leases.claim(session, Upload, TAKE, owner=room.owner, now=now, poison=POISON, where=where)
    for one in held:
        await _Taking(room, one).run()
    return bool(held)


class _Taking:
    def __init__(self, room: EncodeRoom, held: leases.Claim) -> None:
        self._room = room
        self._held = held

    async def run(self) -> None:
        name = part_name(self._held.id)
        parts = parts_of(self._room.workshop)
        try:
            async with self._room.database.read() as session:
                row = await session.get_one(Upload, self._held.id)
                actor = await actor_of(session, row.person_id)
            async with kept_lease(self._room, Upload, TAKE, self._held):
                ready = await self._looked_into(row, actor, parts.path(name))
            if await self._finish(row, actor, ready) is not UploadState.TWIN:
                await parts.remove(name)
            else:
                await self._drop(ready)
        except LeaseLostError:
            log.info("an upload was taken over", upload=str(self._held.id))
        except MediaRefused as refused:
            if await self._failed(refused.code, refused.params, again=refused.code in _PASSES) == UploadState.FAILED:
                await parts.remove(name)
        except DomainError as refused:
            if await self._failed(refused.code, refused.params, again=False) == UploadState.FAILED:
                await parts.remove(name)
        except asyncio.CancelledError:
            with contextlib.suppress(SQLAlchemyError):
                await asyncio.shield(self._give_back())
            raise
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("an upload could not be taken", upload=str(self._held.id))
            await self._failed("library.take_defect", {}, again=True)

    async def _looked_into(self, row: Upload, actor: Actor, path: Path) -> _Ready:
        shop = self._room.workshop
        if not await in_thread(path.is_file):
            raise MediaRefused("media.not_found")
        require_can(actor, Action.LIBRARY_UPLOAD, Subject(row.unit_path, frozenset({row.person_id})))
        form = await in_thread(probe, path, accept={Kind.video, Kind.picture, Kind.audio})
        if form.kind is Kind.audio:
            return await keep_sound(shop, path)
        if form.kind is Kind.video:
            try:
                # An asset that gets another file may still have the look of the one before: the worker swaps them.
                return await keep_video(replace(shop, looking=None) if row.replaces else shop, path)
            except MediaRefused as refused:
                # Telephones record speech as an MP4 that has no pictures.
                if refused.code != "media.no_video" or form not in {MP4, MOV}:
                    raise
                return await keep_sound(shop, path)
        now = self._room.clock.now()
        return await prepare_picture(shop, path, Owner(row.unit_path, row.person_id), name=row.name, now=now)

    async def _finish(self, row: Upload, actor: Actor, ready: _Ready) -> UploadState:
        now = self._room.clock.now()
        source = ready.asset.source_sha256 if isinstance(ready, NewPicture) else ready.stored.sha256
        kind = {KeptVideo: VIDEO, KeptSound: AUDIO, NewPicture: PICTURE}[type(ready)]
        async with self._room.database.write() as session:
            twin = None if row.keep_twin or row.replaces else await same_file(session, actor, source, kind=kind)
            if twin is not None:
                await self._end(session, UploadState.TWIN, twin_id=twin.id)
                return UploadState.TWIN
            asset = await self._put(session, row, actor, ready, now)
            await session.flush()
            await self._end(session, UploadState.DONE, asset_id=asset.id)
            await ring(session, "library")
        self._count(kind, "taken")
        return UploadState.DONE

    async def _drop(self, ready: _Ready) -> None:
        """Removes what was made of a film that is here already and that the other need not have."""
        if isinstance(ready, KeptVideo):
            made = {ready.told} if ready.look is None else {ready.told, ready.look.sha256}
            await remove_files(self._room.database, self._room.workshop.store, made)

    async def _put(self, session: AsyncSession, row: Upload, actor: Actor, ready: _Ready, now: dt.datetime) -> Asset:
        if isinstance(ready, KeptVideo):
            if row.replaces is not None:
                return await put_video(session, actor, row.replaces, ready, now=now)
            return await add_video(session, actor, ready, name=row.name, folder=row.folder_id, now=now)
        if isinstance(ready, KeptSound):
            if row.replaces is not None:
                return await put_sound(session, actor, row.replaces, ready, now=now)
            return await add_sound(session, actor, ready, name=row.name, folder=row.folder_id, now=now)
        if row.replaces is not None:
            return await put_picture(session, actor, row.replaces, ready, now=now)
        return await add_picture(session, actor, ready, row.folder_id, now)

    async def _failed(self, code: str, params: Mapping[str, object], *, again: bool) -> str | None:
        shown = {name: value if isinstance(value, int) else str(value)[:500] for name, value in params.items()}
        error = {"error_code": code[:60], "error_params": shown}
        now = self._room.clock.now()
        async with self._room.database.write() as session:
            if again:
                return await leases.fail(
                    session,
                    Upload,
                    TAKE,
                    self._held,
                    now=now,
                    jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
                    failed=UploadState.FAILED.value,
                    after=_WAIT if code in _PASSES else None,
                    **error,
                )
            failed = UploadState.FAILED.value
            done = await leases.finish(session, Upload, TAKE, self._held, state=failed, **error)
        self._count("upload", code)
        return failed if done else None

    async def _give_back(self) -> None:
        async with self._room.database.write() as session:
            again = {"attempt": self._held.attempt - 1, "not_before": self._room.clock.now()}
            await leases.finish(session, Upload, TAKE, self._held, state=UploadState.WAITING.value, **again)

    async def _end(self, session: AsyncSession, state: UploadState, **values: Any) -> None:
        values = {"error_code": None, "error_params": {}, **values}
        if not await leases.finish(session, Upload, TAKE, self._held, state=state.value, **values):
            raise LeaseLostError

    def _count(self, kind: str, outcome: str) -> None:
        if self._room.metrics is not None:
            self._room.metrics.count("yunping_intake_total", kind=kind, outcome=outcome)
