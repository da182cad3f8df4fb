"""The content-addressed store: bytes in, hashes out, on a local folder or S3 through obstore.

Files live under `a/{sha256[:2]}/{sha256}` and never change; a small named-object space `n/…` holds
the few things that do (the index of the public tree). A put is staged in a local folder while it is
hashed and appears whole or not at all, whatever kills it.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

import obstore

from media.chunks import ChunkHasher, StoredFile
from media.copying import BLOCK, hashed
from media.durable import DurableFolder, Staged
from media.errors import MediaRefused
from media.names import content_key, named_key
from media.sources import BLOCK_BYTES, Source, blocks
from media.targets import LocalTarget, S3Options, S3Target, Target, refused_by_store
from media.threads import acquired, in_thread, together

__all__ = ["MIN_FREE_BYTES", "Adopted", "S3Options", "Source", "Store", "StoredFile"]

MIN_FREE_BYTES: Final = 256 << 20  # recall, audit and the database live on the same volume

_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")


@dataclass(frozen=True, slots=True)
class Adopted:
    """What is known of a file that players never check piece by piece."""

    sha256: str
    size: int


class Adopting:
    """A file on its way into the store; see `Store.adopting`."""

    def __init__(self, target: Target, staged: Staged, adopted: Callable[[], Coroutine[Any, Any, Adopted]]) -> None:
        self._target, self._staged, self._adopted = target, staged, adopted
        self._hashing: asyncio.Task[Adopted] | None = None

    def begin(self) -> None:
        """Begins to sync and to hash it; while a large file is synced, a folder on its volume takes long to make."""
        _ = self._begun()

    async def hashed(self) -> Adopted:
        """What it is known by, once it is read to its end. Refuses as `Store.put`."""
        return await asyncio.shield(self._begun())

    async def publish(self, *, media_type: str) -> Adopted:
        """Makes it visible, once it is hashed. Refuses as `Store.put`."""
        _check_type(media_type)
        adopted = await self.hashed()
        await self._target.publish(self._staged, content_key(adopted.sha256), media_type=media_type)
        return adopted

    async def close(self) -> None:
        """Ends what is still read."""
        if self._hashing is not None:
            self._hashing.cancel()
            await asyncio.gather(self._hashing, return_exceptions=True)

    def _begun(self) -> asyncio.Task[Adopted]:
        if self._hashing is None:
            self._hashing = asyncio.create_task(self._adopted())
        return self._hashing


class Store:
    """Make one with `Store.open`; safe to share between tasks and processes."""

    def __init__(self, target: Target, staging: DurableFolder, *, min_free_bytes: int) -> None:
        self._target = target
        self._staging = staging
        self._min_free = min_free_bytes

    @classmethod
    def open(
        cls,
        url: str,
        *,
        s3: S3Options | None = None,
        staging: Path | None = None,
        min_free_bytes: int = MIN_FREE_BYTES,
    ) -> Self:
        """Open `file:///folder` or `s3://bucket/prefix`; blocks briefly, call it at start.

        Args:
            url: where the bytes are.
            s3: needed for `s3://`.
            staging: folder for uploads under way of an S3 store; default: the system's temp folder.
                A local store stages inside itself, because a rename must not cross volumes.
            min_free_bytes: free space a `put` leaves on the staging volume.

        Raises:
            MediaRefused: `media.bad_store_url`.
        """
        parts = urlsplit(url)
        if parts.scheme == "file" and not parts.netloc and len(parts.path) > 1:
            folder = DurableFolder(Path(unquote(parts.path)))
            target: Target = LocalTarget(folder)
        elif parts.scheme == "s3" and parts.netloc and s3 is not None:
            folder = DurableFolder(staging or Path(tempfile.gettempdir()) / "yunping-staging")
            target = S3Target(parts.netloc, parts.path.strip("/"), s3)
        else:
            raise MediaRefused("media.bad_store_url", url=f"{parts.scheme}://…")
        folder.sweep()
        return cls(target, folder, min_free_bytes=min_free_bytes)

    async def put(self, source: Source, *, media_type: str) -> StoredFile:
        """Store bytes, a file's content or a stream; storing the same content twice is fine.

        Args:
            source: an upload's iterator may yield blocks of any length.
            media_type: kept as Content-Type where the store can; the database is the truth.

        Raises:
            MediaRefused: `media.disk_full`, `media.store_failed`, `media.bad_media_type`. Whatever
                the source raises passes through. In each case nothing became visible.
        """
        _check_type(media_type)
        async with self._staged() as staged:
            stored = await _fill(staged, source)
            await self._target.publish(staged, content_key(stored.sha256), media_type=media_type)
        return stored

    @contextlib.asynccontextmanager
    async def adopting(self, path: Path, *, sha256: str | Awaitable[str] = "") -> AsyncIterator[Adopting]:
        """Takes over a finished private file, linked where it can be, hashed and synced while the caller looks into it.

        Args:
            path: nobody may write into it any more; it stays until its owner removes it.
            sha256: its hash, where the owner took it while the bytes came in, or is at it.

        Raises:
            MediaRefused: as `put`. Nothing is visible unless `Adopting.publish` is called.
        """
        linked = await acquired(partial(self._staging.link, path), undo=_given_up)
        async with self._staged() if linked is None else _discarded(linked) as staged:
            how = partial(_copied, staged, path) if linked is None else partial(_adopted, staged, sha256)
            adopting = Adopting(self._target, staged, how)
            try:
                yield adopting
            finally:
                await adopting.close()

    async def get(self, sha256: str) -> bytes:
        """The whole file, checked against its hash.

        Raises:
            MediaRefused: `media.not_found`, `media.damaged`, `media.store_failed`.
        """
        return b"".join([block async for block in self.stream(sha256)])

    async def get_range(self, sha256: str, start: int, end: int) -> bytes:
        """Bytes `start` to `end` (exclusive), cut at the file's end; unchecked, see the chunk list.

        Raises:
            MediaRefused: `media.bad_range` when empty or beyond the end, `media.not_found`.
        """
        if not 0 <= start < end:
            raise MediaRefused("media.bad_range", start=start, end=end)
        size = await self.size(sha256)
        if start >= size:
            raise MediaRefused("media.bad_range", start=start, end=end)
        key = content_key(sha256)
        with refused_by_store(sha256=sha256):
            objects = self._target.objects
            return bytes(await obstore.get_range_async(objects, key, start=start, end=min(end, size)))

    async def stream(self, sha256: str) -> AsyncIterator[bytes]:
        """The file in blocks; the last one is held back until the hash of all is right.

        Raises:
            MediaRefused: `media.not_found`, `media.damaged`, `media.store_failed`.
        """
        key = content_key(sha256)
        hasher = ChunkHasher()
        held = b""
        with refused_by_store(sha256=sha256):
            answer = await obstore.get_async(self._target.objects, key)
            async for block in answer.stream(min_chunk_size=BLOCK_BYTES):
                if held:
                    yield held
                held = bytes(block)
                await in_thread(hasher.update, held)
        if hasher.finish().sha256 != sha256:
            raise MediaRefused("media.damaged", sha256=sha256)
        if held:
            yield held

    async def size(self, sha256: str) -> int:
        """Bytes.

        Raises:
            MediaRefused: `media.not_found`.
        """
        with refused_by_store(sha256=sha256):
            return (await obstore.head_async(self._target.objects, content_key(sha256)))["size"]

    async def exists(self, sha256: str) -> bool:
        try:
            await self.size(sha256)
        except MediaRefused as refusal:
            if refusal.code == "media.not_found":
                return False
            raise
        return True

    async def delete(self, sha256: str) -> None:
        """Remove a file durably; a missing one is fine. Callers know that nothing refers to it."""
        await self._target.remove(content_key(sha256))

    def local_path(self, sha256: str) -> Path | None:
        """Where the file lies or would lie on this machine; None for S3. Read-only for callers."""
        return self._target.path(content_key(sha256))

    @contextlib.asynccontextmanager
    async def as_path(self, sha256: str) -> AsyncIterator[Path]:
        """The file as a path, for the sandbox: the stored file itself, or a copy that goes away.

        Raises:
            MediaRefused: as `stream`; a copy also as `put`.
        """
        path = self.local_path(sha256)
        if path is not None:
            await self.size(sha256)
            yield path
            return
        async with self._staged() as staged:
            await _fill(staged, self.stream(sha256))
            yield staged.path

    async def put_named(self, name: str, data: bytes) -> None:
        """Write a named object, atomically replacing an older one; may use the reserve.

        Raises:
            MediaRefused: `media.bad_name`, `media.disk_full`, `media.store_failed`.
        """
        await self._target.write(named_key(name), data, replace=True)

    async def create_named(self, name: str, data: bytes) -> None:
        """Write a named object that must not exist yet.

        Raises:
            MediaRefused: `media.name_taken`, else as `put_named`.
        """
        await self._target.write(named_key(name), data, replace=False)

    async def get_named(self, name: str) -> bytes:
        """Content of a named object.

        Raises:
            MediaRefused: `media.not_found`, `media.bad_name`, `media.store_failed`.
        """
        with refused_by_store(name=name):
            answer = await obstore.get_async(self._target.objects, named_key(name))
            return bytes(await answer.bytes_async())

    async def list_named(self, prefix: str = "") -> list[str]:
        """Sorted names below a folder (`""` is all); a prefix is whole segments, not letters.

        Raises:
            MediaRefused: `media.bad_name`, `media.store_failed`.
        """
        folder = named_key(prefix.rstrip("/")) if prefix else "n"
        with refused_by_store(name=prefix):
            found = await obstore.list(self._target.objects, folder).collect_async()
        return sorted(entry["path"].removeprefix("n/") for entry in found)

    async def delete_named(self, name: str) -> None:
        """Remove a named object durably; a missing one is fine."""
        await self._target.remove(named_key(name))

    @contextlib.asynccontextmanager
    async def _staged(self) -> AsyncIterator[Staged]:
        stage = partial(self._staging.stage, reserve=self._min_free)
        async with _discarded(await acquired(stage, undo=Staged.discard)) as staged:
            yield staged


def _given_up(staged: Staged | None) -> None:
    if staged is not None:
        staged.discard()


@contextlib.asynccontextmanager
async def _discarded(staged: Staged) -> AsyncIterator[Staged]:
    try:
        yield staged
    finally:
        await in_thread(staged.discard)


def _check_type(media_type: str) -> None:
    if _MEDIA_TYPE.fullmatch(media_type) is None:
        raise MediaRefused("media.bad_media_type", media_type=media_type[:80])


async def _copied(staged: Staged, path: Path) -> Adopted:
    stored = await _fill(staged, path)
    return Adopted(stored.sha256, stored.size)


async def _adopted(staged: Staged, sha256: str | Awaitable[str]) -> Adopted:
    size, hasher = (await in_thread(os.fstat, staged.descriptor)).st_size, hashlib.sha256()

    async def read() -> None:
        for at in range(0, size, BLOCK):  # a thread's turn each, so that a caller who gives up waits for one
            await in_thread(hashed, hasher, staged.descriptor, at, BLOCK)

    if sha256:
        await in_thread(staged.sync)
        return Adopted(sha256 if isinstance(sha256, str) else await sha256, size)
    await together(read(), in_thread(staged.sync))
    return Adopted(hasher.hexdigest(), size)


async def _fill(staged: Staged, source: Source) -> StoredFile:
    hasher = ChunkHasher()

    def take(block: bytes) -> None:
        hasher.update(block)
        staged.write(block)

    async for block in blocks(source):
        await in_thread(take, block)
    return hasher.finish()
