"""A film with its channel's logo, made in parts of a minute that a later try takes up, and put together at the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cms.contract import AssetGone, Assets
from media import logo, package
from media.errors import MediaRefused
from media.house import AUDIO, RUNGS, HouseIndex
from media.logo import CHUNK, Corner, Place
from media.sandbox import Sandbox
from renderers.tv.crawl import track_of
from renderers.tv.items import index_of

Part = tuple[int, int, str, int, str]
"""First segment and count, "", 0, and the hash of the index of what was made."""
Keep = Callable[[Path, HouseIndex], Awaitable[str]]
"""Keeps a made file and its index; the hash of that."""
Told = Callable[[int, int, Part | None], Awaitable[None]]
"""Done segments, all segments, and a part that is ready."""
Folder = Callable[[], AbstractAsyncContextManager[Path]]
_PICTURE: Final = "logo-picture"


@dataclass(frozen=True, slots=True)
class Studio:
    """What a film is made with."""

    assets: Assets
    sandbox: Sandbox
    folder: Folder
    keep: Keep


async def make(spec: Mapping[str, Any], ready: Sequence[Sequence[Any]], studio: Studio, tell: Told) -> str:
    """The hash of the index of the film of `spec` with its logo; `ready` are parts of an earlier try.

    Raises:
        MediaRefused: `media.not_found` when the film or the picture is gone, `media.house_mismatch` for a film of
            another encoder, and as `media.logo.marked`.
    """
    assets, plain = studio.assets, await index_of(str(spec["film"]), studio.assets)
    if plain is None:
        raise MediaRefused("media.not_found")
    place, form = _place(spec["place"]), logo.reader(str(spec["media_type"]))
    async with studio.folder() as work:
        house = await package.house_of(studio.sandbox, work)
    if house.name != plain.house:
        raise MediaRefused("media.house_mismatch", track=RUNGS[0])
    parts = {int(part[0]): str(part[4]) for part in ready if await index_of(str(part[4]), assets) is not None}
    for first in range(0, plain.segments, CHUNK):
        count = min(CHUNK, plain.segments - first)
        if first not in parts:
            async with studio.folder() as work:
                await _laid_out(work, plain, str(spec["picture"]), first, count, assets)
                made = await logo.marked(work, work / _PICTURE, form, place, segments=count, sandbox=studio.sandbox)
                parts[first] = await studio.keep(*made)
        await tell(first + count, plain.segments, (first, count, "", 0, parts[first]))
    async with studio.folder() as work:
        return await _whole(work, [parts[first] for first in sorted(parts)], plain, house, studio)


async def _whole(work: Path, parts: Sequence[str], plain: HouseIndex, house: package.House, studio: Studio) -> str:
    assets = studio.assets
    try:
        for number, sha256 in enumerate(parts):
            index = await index_of(sha256, assets)
            if index is None:
                raise MediaRefused("media.not_found")
            path = work / f"part-{number}"
            await _copied(assets.stream(index.tracks[RUNGS[0]].sha256), path)
            await asyncio.to_thread(logo.added, work, path, index, house, first=CHUNK * number)
            await asyncio.to_thread(path.unlink)
        await _sound(work, plain, assets)
    except AssetGone as gone:
        raise MediaRefused("media.not_found") from gone
    return await studio.keep(*await asyncio.to_thread(logo.finished, work, house, plain))


async def _laid_out(  # noqa: PLR0917 - one private caller
    work: Path, plain: HouseIndex, picture: str, first: int, count: int, assets: Assets
) -> None:
    try:
        for name in (RUNGS[0], AUDIO):
            data = await track_of(plain, name, first, count, assets)
            await asyncio.to_thread((work / name).write_bytes, data)
        await asyncio.to_thread((work / _PICTURE).write_bytes, await assets.read(picture))
    except (AssetGone, IndexError) as gone:
        raise MediaRefused("media.not_found") from gone


async def _sound(work: Path, plain: HouseIndex, assets: Assets) -> None:
    track = plain.tracks[AUDIO]
    data = await assets.part(track.sha256, track.start, track.ends[-1] - track.start)
    await asyncio.to_thread((work / AUDIO).write_bytes, data)


async def _copied(blocks: AsyncIterator[bytes], path: Path) -> None:
    with await asyncio.to_thread(path.open, "wb") as out:
        async for block in blocks:
            await asyncio.to_thread(out.write, block)


def _place(told: Mapping[str, Any]) -> Place:
    return Place(Corner(told["corner"]), int(told["margin"]), int(told["size"]), int(told["opacity"]))
