"""An installed player with its box's server, as it stands in the street, and a look at what the page says of itself."""

import asyncio
import contextlib
import hashlib
import io
import json
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from PIL import Image
from playwright.async_api import Page

from tests.fakes.gateway import Gateway
from tests.vectors import world

INSTALL = Path(__file__).resolve().parents[2] / "screens" / "kiosk" / "install"
WAIT_S = 20

Colour: TypeAlias = tuple[int, int, int]
Said: TypeAlias = dict[str, str]


def colour_of(picture: bytes) -> Colour:
    """The mean colour of a picture."""
    small = Image.open(io.BytesIO(picture)).convert("RGB").resize((1, 1), Image.Resampling.BOX)
    red, green, blue = small.tobytes()
    return red, green, blue


def cropped(picture: bytes, *, share: float) -> bytes:
    """The upper share of a picture."""
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    out = io.BytesIO()
    whole.crop((0, 0, whole.width, int(whole.height * share))).save(out, "PNG")
    return out.getvalue()


def near(one: Colour, two: Colour) -> bool:
    return all(abs(a - b) < 24 for a, b in zip(one, two, strict=True))


def standing(release: str) -> Callable[[Said], bool]:
    """Whether this release is on the glass."""
    return lambda said: said.get("release") == release


def at_least(name: str, number: int) -> Callable[[Said], bool]:
    """Whether a counter of the stage (`heard`, `swaps`, `version`) has come that far."""
    return lambda said: int(said.get(name) or 0) >= number


@dataclass
class Street:
    """`url` is the player's page on the box's loopback."""

    gateway: Gateway
    folder: Path
    url: str
    box: asyncio.subprocess.Process


@contextlib.asynccontextmanager
async def street(folder: Path, *, port: int = 0, trial: float = 120) -> AsyncIterator[Street]:
    """A gateway, a media server and an installed player that knows both; `trial`: seconds for a new one to report."""
    gateway = Gateway()
    await gateway.start()
    await install(folder, gateway)
    box = await asyncio.create_subprocess_exec(
        sys.executable,
        str(folder / "box.py"),
        "--dir",
        str(folder),
        "--port",
        str(port),
        "--trial",
        str(trial),
        stderr=asyncio.subprocess.PIPE,
    )
    assert box.stderr is not None
    url = (await box.stderr.readline()).decode().strip()
    try:
        yield Street(gateway, folder, url, box)
    finally:
        with contextlib.suppress(ProcessLookupError):
            box.terminate()
        await box.wait()
        await gateway.close()
        assert gateway.misread == []


async def install(folder: Path, gateway: Gateway) -> None:
    """The copy `install --prefix` makes."""
    folder.mkdir(parents=True, exist_ok=True)
    root = folder.parent / "root.json"
    root.write_text(json.dumps(world.by(world.root(), "root").value()))
    done = await asyncio.create_subprocess_exec(
        str(INSTALL),
        *("--prefix", str(folder), "--server", gateway.media.url, "--gateway", gateway.url, "--root", str(root)),
        *("--name", "吴江区新时代文明实践中心"),
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await done.wait() == 0


async def facts(page: Page) -> Said:
    """What the stage says: mode, release, page, pages, version, link, stale, heard, swaps."""
    found: Said = await page.evaluate("({...document.querySelector('#stage').dataset})")
    return found


async def until(page: Page, holds: Callable[[Said], bool], *, within: float = WAIT_S) -> Said:
    """Waits for the stage to say so; fails with what it says instead."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        said = await facts(page)
        if holds(said):
            return said
        assert asyncio.get_running_loop().time() < deadline, said
        await asyncio.sleep(0.05)


async def paired(page: Page, street_: Street) -> None:
    """Opens the player and types its code on the desk."""
    await page.goto(street_.url)
    await until(page, lambda said: said.get("mode") == "pairing")
    street_.gateway.pair()
    await until(page, lambda said: said.get("link") == "up")


async def pixel(page: Page, x: int, y: int) -> Colour:
    """The colour at a point of the screen as it is painted."""
    shot = await page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    return colour_of(shot)


async def glass(page: Page) -> str:
    """A hash of what is painted, without the foot where the clock and the mark of an old beacon stand."""
    shot = await page.screenshot(clip={"x": 0, "y": 0, "width": 1080, "height": 1780})
    return hashlib.sha256(shot).hexdigest()


REMEMBERED = """
async () => {
  const { Store } = await import("/store.js");
  const store = await Store.open();
  const plain = (key, value) =>
    value instanceof Map ? ["map", ...value] : value instanceof Set ? ["set", ...value] : value;
  const parts = await Promise.all(["trust", "pulse", "shown"].map((key) => store.read(key)));
  return JSON.stringify([...parts, await store.names()], plain);
}
"""


async def remembered(page: Page) -> str:
    """Everything the player holds on disk about what it believes, and the names of its files."""
    found: str = await page.evaluate(REMEMBERED)
    return found
