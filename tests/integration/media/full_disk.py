"""Run inside a 8 MiB tmpfs mounted at argv[1]; prints what happened at each step as JSON."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from media.durable import STAGING
from media.errors import MediaRefused
from media.store import Store

MIB = 1 << 20


async def _said(call: Awaitable[object]) -> str:
    try:
        await call
    except MediaRefused as refusal:
        return refusal.code
    return "ok"


def _free_up(folder: Path, *, leave: int) -> None:
    """Fill the volume with ballast until `leave` bytes are free."""
    room = os.statvfs(folder)
    (folder / "ballast").write_bytes(b"\0" * max(0, room.f_bavail * room.f_frsize - leave))


async def main(folder: Path) -> None:
    told: dict[str, Any] = {}
    bare = Store.open(f"file://{folder}/bare", min_free_bytes=0)
    kept = await bare.put(b"kept" * 1000, media_type="text/plain")
    told["too big"] = await _said(bare.put(b"x" * 20 * MIB, media_type="text/plain"))
    codes = set()
    for leave in range(0, 3 * MIB, 200_000):
        _free_up(folder, leave=leave)
        codes.add(await _said(bare.put(bytes([leave % 251]) * 3 * MIB, media_type="text/plain")))
        (folder / "ballast").unlink()
    told["at each fill"] = sorted(codes)
    told["left over"] = len(list((folder / "bare" / STAGING).iterdir()))
    told["files"] = len([p for p in (folder / "bare/a").rglob("*") if p.is_file()])
    told["kept"] = (await bare.get(kept.sha256)) == b"kept" * 1000

    careful = Store.open(f"file://{folder}/careful", min_free_bytes=2 * MIB)
    _free_up(folder, leave=MIB)
    told["below reserve, put"] = await _said(careful.put(b"new", media_type="text/plain"))
    told["below reserve, named"] = await _said(careful.put_named("recall/index", b"r" * 1000))
    told["below reserve, created"] = await _said(careful.create_named("recall/1", b"r" * 1000))
    told["below reserve, read"] = (await careful.get_named("recall/index")) == b"r" * 1000
    (folder / "ballast").unlink()
    told["space again"] = await _said(careful.put(b"new", media_type="text/plain"))
    sys.stdout.write(json.dumps(told))


asyncio.run(main(Path(sys.argv[1])))
