"""Publish to pixel: from the order on the desk to what 801 screens say, three of them Chromium with the real player.

    ./yunping bench pixels --json [--option screens=801 --option browsers=3 --option rounds=5]

A whole installation of this machine: guard, web, gateway and worker as `./yunping up` runs them, people who write,
review and sign, simulated screens with keys of their own, and installed players in Chromium. Each round publishes one
piece with a picture and reads the ledger: the times are the server's, from the publication's row to what it heard. The
reference is the same number of messages of the same size, each in a connection of its own on the loopback.
"""

import asyncio
import contextlib
import datetime as dt
import os
import shutil
import socket
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from cms.kernel.ids import public_id, uuid7
from cms.kernel.metrics import CORE, Metrics
from cms.kernel.wake import ring
from cms.people.actor import Actor
from cms.publishing.models import Delivery
from cms.publishing.refresh import request_refresh
from cms.publishing.registry import load_channels
from cms.trust.keys import SigningKey
from deploy.bench.running import LOOK, START, environment_of, first_secret, process
from deploy.demo import boxes, platforms, world
from deploy.demo.hands import DemoParts, People
from deploy.demo.load import furnish, publish_piece
from deploy.first_start import parts_of
from deploy.installation import Installation, opened
from deploy.settings import load
from screens.ledger import Progress, progress
from screens.messages import PATH
from screens.simulator import Fleet, SimulatedScreen
from screens.states import AudienceMember, next_change
from screens.steps import Stage
from screens.tables import Screen

# Seconds at the 99th percentile of all screens, and of those that draw.
LIMITS: Final = {"received": 1.0, "shown": 3.0}
CHROMIUM: Final = "chromium"
SCENE: Final = "lake"
_ROUND: Final = 60.0


def run(*, screens: int = 801, browsers: int = 3, rounds: int = 5) -> dict[str, Any]:
    """The figure is the 99th percentile of `received` over all rounds; `detail` has pixels and each round."""
    with tempfile.TemporaryDirectory(prefix="yunping-pixels-") as folder:
        return asyncio.run(_run(Path(folder), screens, browsers, rounds))


async def _run(folder: Path, screens: int, browsers: int, rounds: int) -> dict[str, Any]:
    environment = environment_of(folder)
    settings = load(environment)
    log = folder / "up.log"
    async with process([sys.executable, "-m", "deploy.cli", "up"], environment, log):
        secret = await first_secret(settings, log)
        channels = await asyncio.to_thread(load_channels)
        async with opened(settings, channels, Metrics(CORE)) as here:
            parts = await parts_of(here, platforms.credentials(settings))
            district = {**world(), "targets": [row for row in world()["targets"] if row["kind"] == "screen"]}
            keeper, people = await furnish(parts, district, secret=secret, say=lambda *_: None)
            async with contextlib.AsyncExitStack() as stack:
                await _browsers(stack, here, keeper, folder, browsers)
                simulated = await _enrol(here, keeper, screens - browsers)
                await stack.enter_async_context(Fleet(simulated))
                await _settled(here, screens, len(simulated), simulated)
                found = [await _round(parts, people, district, here, number) for number in range(rounds)]
    received = sorted(ms for one in found for ms in one["received"])
    shown = sorted(ms for one in found for ms in one["shown"])
    figure = _percentile(received, 0.99)
    reference = await asyncio.to_thread(_loopback, screens)
    return {
        "bench": "pixels",
        "figure": figure,
        "unit": "s p99 received",
        "reference": round(reference, 4),
        "ratio": round(figure / reference, 1),
        "detail": {
            "screens": screens,
            "chromium": browsers,
            "received": _summary(received, LIMITS["received"]),
            "shown": _summary(shown, LIMITS["shown"]),
            "rounds": [{name: _summary(one[name], LIMITS[name]) for name in LIMITS} for one in found],
        },
    }


async def _browsers(
    stack: contextlib.AsyncExitStack, here: Installation, keeper: Actor, folder: Path, count: int
) -> None:
    """Installed players on the loopback, each in a Chromium of its own, paired as the demo pairs its screens."""
    program = shutil.which(CHROMIUM)
    if program is None or count == 0:
        return
    environment = dict(os.environ)  # noqa: TID251 - of programs that are no part of the product
    root = here.settings.guard_dir / "public" / "root.json"
    children = await asyncio.to_thread(boxes.install, here.settings, root)
    for place, child in enumerate(children[:count]):
        await stack.enter_async_context(process(child.argv, environment, folder / f"box-{place}.log"))
        port = child.argv[-1]
        flags = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking")
        window = ("--window-size=1080,1920", f"--user-data-dir={folder / f'profile-{place}'}")
        argv = (program, *flags, *window, f"http://127.0.0.1:{port}/")
        await stack.enter_async_context(process(argv, environment, folder / f"chromium-{place}.log"))
    paired = 0
    async with asyncio.timeout(START):
        while paired < min(count, len(children)):
            paired += len(await boxes.pair_waiting(here.db, keeper, now=here.clock.now()))
            await asyncio.sleep(LOOK)


async def _enrol(here: Installation, keeper: Actor, count: int) -> list[SimulatedScreen]:
    """Simulated screens over the units of the district, as if paired earlier."""
    now = here.clock.now()
    keys = [SigningKey.generate() for _ in range(count)]
    ids = [uuid7(now) for _ in keys]
    async with here.db.write() as session:
        change = await next_change(session)
        for place, (one, key) in enumerate(zip(ids, keys, strict=True)):
            row = {"id": one, "public": public_id(), "name": f"模拟屏 {place + 1}", "unit": keeper.unit}
            session.add(Screen(**row, key=key.public.text, paired_at=now, paired_by=keeper.person, change=change))
        await session.flush()
        await request_refresh(session, kind="screen", reason="screens.paired", now=now)
        await ring(session, "screens")
    url = f"ws://127.0.0.1:{here.settings.gateway_port}{PATH}"
    return [SimulatedScreen(url, key=key, screen=str(one)) for one, key in zip(ids, keys, strict=True)]


async def _settled(here: Installation, screens: int, simulated: int, fleet: Sequence[SimulatedScreen]) -> None:
    """Until every screen is linked, and belongs to an audience."""
    async with asyncio.timeout(START):
        while True:
            async with here.db.read() as session:
                members = len((await session.scalars(select(AudienceMember.screen))).all())
                linked = len((await session.scalars(select(Screen.id).where(Screen.link.is_not(None)))).all())
            live = sum(screen.is_live.is_set() for screen in fleet)
            if members >= screens and linked >= screens and live >= simulated:
                return
            await asyncio.sleep(LOOK)


async def _round(
    parts: DemoParts, people: People, district: Mapping[str, Any], here: Installation, number: int
) -> dict[str, list[float]]:
    """Publishes one piece and waits until everybody has it; seconds from the order."""
    row = {
        "title": f"第 {number + 1} 轮：从发布到画面",
        "summary": "测量用稿。",
        "column": district["columns"][0]["code"],
        "scene": SCENE,
        "reporter": "测量",
        "editor": "测量",
        "body": "这一篇用来测量从发布到画面的时间。",
    }
    await publish_piece(parts, people, row, district, at=here.clock.now())
    async with here.db.read() as session:
        newest = select(Delivery).where(Delivery.kind == "publish").order_by(Delivery.created_at.desc()).limit(1)
        delivery = (await session.scalars(newest)).one()
    release, ordered = delivery.release or "", delivery.created_at
    drawing = await _drawing(here)
    until = time.monotonic() + _ROUND
    while True:
        async with here.db.read() as session:
            found = await progress(session, release, now=here.clock.now())
        done = found.counts["received"] == found.total > 0 and len(_took(found, Stage.SHOWN, ordered)) >= len(drawing)
        if done or time.monotonic() > until:
            break
        await asyncio.sleep(LOOK)
    return {"received": _took(found, Stage.RECEIVED, ordered), "shown": _took(found, Stage.SHOWN, ordered)}


async def _drawing(here: Installation) -> list[uuid.UUID]:
    """The screens that draw: those that said how large they are."""
    async with here.db.read() as session:
        rows = (await session.execute(select(Screen.id, Screen.caps))).all()
    return [screen for screen, caps in rows if caps.get("width")]


def _took(found: Progress, stage: Stage, ordered: dt.datetime) -> list[float]:
    return sorted((one.times[stage] - ordered).total_seconds() for one in found.screens if stage in one.times)


def _summary(found: Sequence[float], limit: float) -> dict[str, Any]:
    p99 = _percentile(found, 0.99)
    return {"count": len(found), "p50": _percentile(found, 0.5), "p99": p99, "limit": limit, "within": 0 < p99 <= limit}


def _percentile(found: Sequence[float], part: float) -> float:
    ordered = sorted(found)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 3) if ordered else 0.0


def _loopback(count: int) -> float:
    """Seconds until the last of as many loopback connections got a message of a state's usual size."""
    pairs = [socket.socketpair() for _ in range(count)]
    began = time.perf_counter()
    for ours, _ in pairs:
        ours.send(b"x" * 4096)
    for _, theirs in pairs:
        theirs.recv(4096)
    took = time.perf_counter() - began
    for ours, theirs in pairs:
        ours.close()
        theirs.close()
    return took
