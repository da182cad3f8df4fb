"""What an encode keeps, in a folder; as a program, an encode that somebody kills."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path

from media.encode import encode_house
from media.limits import VideoLimits
from media.sandbox import Sandbox
from media.video import examine
from tests.integration.media.sizes import ladder_of

LIMITS = VideoLimits(min_free_bytes=0)


class Folder:
    """What is kept, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.others_wait: list[bool] = []
        self.film = b""

    async def begin(self, house: str) -> Collection[str]:
        assert house
        return [path.name for path in self.folder.iterdir() if not path.name.startswith(".")]

    @contextlib.asynccontextmanager
    async def opened(self, name: str) -> AsyncIterator[Path | None]:
        self.asked.append(name)
        yield self.folder / name

    async def keep(self, parts: Mapping[str, Path]) -> None:
        for name, path in parts.items():
            # Whole or not at all, as a store keeps it.
            shutil.copyfile(path, self.folder / f".{name}")
            (self.folder / f".{name}").replace(self.folder / name)

    async def small_first(self) -> bool:
        return bool(self.others_wait) and self.others_wait.pop(0)

    async def watchable(self, film: Path) -> None:
        self.film = film.read_bytes()


class Stuck(Folder):
    """Never gets a second chunk of pictures kept: whoever kills its program comes in time."""

    async def keep(self, parts: Mapping[str, Path]) -> None:
        if any(name.startswith("480.") for name in parts) and any(self.folder.glob("480.*")):
            await asyncio.Event().wait()
        await super().keep(parts)


async def encode(path: Path, work: Path, kept: Path) -> None:
    sandbox = await Sandbox.detect(allow_unsandboxed=False, parallel=1)
    facts = await examine(path, sandbox=sandbox, work=work, limits=LIMITS)
    async with encode_house(path, facts, sandbox=sandbox, work=work, limits=LIMITS, kept=Stuck(kept), each=1):
        pass


if __name__ == "__main__":
    with ladder_of(sys.argv[1]):
        asyncio.run(encode(*(Path(one) for one in sys.argv[2:])))
