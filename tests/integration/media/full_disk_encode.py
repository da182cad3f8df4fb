"""In a small tmpfs at argv[2]: encodes argv[3], at the size of argv[1], until it is full; tells as JSON."""

import asyncio
import json
import os
import sys
from pathlib import Path

from media.encode import encode_house
from media.errors import MediaRefused
from media.limits import VideoLimits
from media.package import house_of
from media.sandbox import Sandbox
from media.video import examine
from tests.integration.media.sizes import ladder_of

LIMITS = VideoLimits(min_free_bytes=0)
ROOM = 2_500_000  # what one segment of a film takes, and half of what noise takes


async def main(folder: Path, clip: Path) -> None:
    sandbox = await Sandbox.detect(allow_unsandboxed=False)
    facts = await examine(clip, sandbox=sandbox, work=folder, limits=LIMITS)
    await house_of(sandbox, folder)
    room = os.statvfs(folder)
    (folder / "ballast").write_bytes(b"\0" * (room.f_bavail * room.f_frsize - ROOM))
    code = "ok"
    try:
        async with encode_house(clip, facts, sandbox=sandbox, work=folder, limits=LIMITS):
            pass
    except MediaRefused as refusal:
        code = refusal.code
    told = {"code": code, "left": sorted(path.name for path in folder.iterdir())}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    with ladder_of(sys.argv[1]):
        asyncio.run(main(Path(sys.argv[2]), Path(sys.argv[3])))
