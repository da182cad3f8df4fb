"""A guard on a disk of a few hundred kilobytes: `python -m tests.integration.guard.full_disk DIRECTORY`.

Runs inside a sandbox whose DIRECTORY is a small tmpfs; says as one JSON object what became of each action.
"""

import asyncio
import json
import sys
from pathlib import Path

from cms.guard.errors import GuardRefused
from cms.guard.recalling import Item
from cms.trust.recalls import read_recalls
from cms.trust.signed import Signed
from tests.integration.guard.office import Clock, Office, guard_in, settings_in
from tests.vectors.world import uuid_of

RECALLS = 40


def fill(path: Path) -> None:
    """Until not one more byte fits."""
    size = 65_536
    with path.open("ab", buffering=0) as file:
        while size:
            try:
                size = size if file.write(b"\0" * size) else 0
            except OSError:
                size //= 2


async def recalled(office: Office, number: int) -> str:
    try:
        item = Item(f"{number:064x}", None, None)
        await office.client.recall(uuid_of("qian"), [item], "满", second=uuid_of("sun"))
    except GuardRefused as refused:
        return refused.code
    return "done"


async def registered(office: Office, number: int) -> str:
    try:
        await office.client.register(f"{number:064x}", document="abcdefghjk", places=["x" * 300] * 20)
    except GuardRefused as refused:
        return refused.code
    return "done"


async def story(directory: Path) -> dict[str, object]:
    settings = settings_in(directory)
    async with guard_in(settings, Clock()) as client:
        secret = await asyncio.to_thread((settings.directory / "first-run").read_text, "utf-8")
        office = Office(settings, client, Clock(), secret)
        await office.opened()
        before = await registered(office, 1)
        await asyncio.to_thread(fill, directory / "ballast")
        full = await registered(office, 2)
        recalls = [await recalled(office, number) for number in range(RECALLS)]
        still_full = await registered(office, 3)
        await asyncio.to_thread((directory / "ballast").unlink)
        after = await registered(office, 4)
    public = Signed.read(await asyncio.to_thread((settings.public_directory / "recalls.json").read_bytes))
    async with guard_in(settings, Clock()) as client:
        kept = read_recalls(Signed.of((await client.state())["recalls"]).text)
    return {
        "before": before,
        "full": full,
        "recalls": recalls,
        "still_full": still_full,
        "after": after,
        "public": len(read_recalls(public.text).items),
        "kept": len(kept.items),
    }


def main() -> None:
    sys.stdout.write("\n" + json.dumps(asyncio.run(story(Path(sys.argv[1])))) + "\n")


if __name__ == "__main__":
    main()
