"""Pictures inside the platform's limits: what is too heavy is stepped down in the sandbox."""

import json
from pathlib import Path
from typing import Final

from cms.contract import AssetFile, Bench, ContractError, Made, Services
from media.crop import Mode
from media.images import Rendition, RenditionFile, make_renditions
from media.threads import in_thread

JPEG: Final = "image/jpeg"
# Width and quality, from the best that can be kept to the least that is still a picture.
_STEPS: Final = ((960, 82), (960, 72), (800, 70), (720, 62), (640, 55), (480, 45), (320, 40))


async def fitting(file: AssetFile, limit: int, services: Services) -> Made:
    """The file itself when it is lighter than `limit` bytes, else the best of its steps that is.

    Raises:
        ContractError: `wechat.picture_too_heavy` when even the least step is not.
    """
    if file.size < limit and file.media_type == JPEG:
        return Made(file.sha256, file.size)
    key = json.dumps(["wechat picture", 1, file.sha256, limit])

    async def work(bench: Bench) -> Path:
        return await _stepped(file.sha256, limit, bench)

    return await services.studio.make(key, work, media_type=JPEG)


async def _stepped(sha256: str, limit: int, bench: Bench) -> Path:
    wanted = tuple(
        Rendition(f"step-{width}-{quality}", Mode.width, width, 0, JPEG, quality) for width, quality in _STEPS
    )
    async with (
        bench.file(sha256) as path,
        make_renditions(path, sandbox=bench.sandbox, work=bench.folder, wanted=wanted) as files,
    ):
        return await in_thread(_lightest_kept, files, limit, bench.folder / "picture.jpg")


def _lightest_kept(files: tuple[RenditionFile, ...], limit: int, out: Path) -> Path:
    for file in files:
        if file.path.stat().st_size < limit:
            return file.path.rename(out)
    raise ContractError("wechat.picture_too_heavy", limit=limit)
