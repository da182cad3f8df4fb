"""Files that come in piece by piece: breaks, two writers, a full disk, and what is there afterwards."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.errors import MediaRefused
from media.parts import Checksum, Parts

NAME = "a" * 32


async def _source(*blocks: bytes, broken: bool = False) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block
    if broken:
        raise ConnectionResetError


async def test_piece_when_its_line_breaks_stays_as_far_as_it_came(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "uploads", 0)
    await parts.begin(NAME, size=5 << 20, promised=0)
    block = b"x" * (1 << 20)
    with pytest.raises(ConnectionResetError):
        await parts.append(NAME, _source(block, block, broken=True), at=0, most=5 << 20)
    assert await parts.length(NAME) == 2 << 20
    checksum = Checksum("sha1", hashlib.sha1(b"other").digest())
    for source in (_source(block, block), _source(block, block, broken=True)):
        with pytest.raises((MediaRefused, ConnectionResetError)):
            await parts.append(NAME, source, at=2 << 20, most=5 << 20, checksum=checksum)
        assert await parts.length(NAME) == 2 << 20


async def test_file_when_two_write_at_once_takes_one(tmp_path: Path) -> None:
    parts = Parts(tmp_path, 0)
    await parts.begin(NAME, size=10, promised=0)
    inside, go = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        inside.set()
        await go.wait()
        yield b"slow"

    first = asyncio.create_task(parts.append(NAME, slow(), at=0, most=10))
    await inside.wait()
    with pytest.raises(MediaRefused, match="part_busy"):
        await parts.append(NAME, _source(b"fast"), at=0, most=10)
    go.set()
    assert await first == 4


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 32, "", "a" * 31])
async def test_name_when_not_ours_is_unknown(tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaRefused, match="not_found"):
        await Parts(tmp_path, 0).append(name, _source(b"x"), at=0, most=10)


async def test_disk_when_full_is_told_before_and_during_and_keeps_what_came(tmp_path: Path) -> None:
    roomy, full = Parts(tmp_path, 0), Parts(tmp_path, 1 << 60)
    with pytest.raises(MediaRefused, match="disk_full"):
        await full.begin(NAME, size=1, promised=0)
    with pytest.raises(MediaRefused, match="disk_full"):
        await roomy.begin(NAME, size=1, promised=1 << 60)
    assert await roomy.names() == []
    await roomy.begin(NAME, size=10, promised=0)
    await roomy.append(NAME, _source(b"abc"), at=0, most=10)
    with pytest.raises(MediaRefused, match="disk_full"):
        await full.append(NAME, _source(b"def"), at=3, most=10)
    assert await roomy.length(NAME) == 3
    link = tmp_path / ("b" * 32)
    await asyncio.to_thread(link.symlink_to, tmp_path / NAME)
    with pytest.raises(MediaRefused, match="not_found"):
        await roomy.append(link.name, _source(b"x"), at=3, most=10)
