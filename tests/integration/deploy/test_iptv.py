"""An operator over real sockets: it takes an order, fetches a real film of ours, tells how it ended, and loses it."""

import asyncio
import dataclasses
import datetime as dt
import ftplib
import hashlib
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select, update

from cms.contract import Accepted, ContractError, Piece, Receipt, Sent, Services, Site
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.kernel.ids import uuid7
from cms.kernel.metrics import CORE, Metrics
from cms.library.upload import Workshop
from cms.planning.models import Target
from cms.planning.targets import as_contract
from cms.publishing.services.models import AccountEvent
from deploy.ftp import FtpServer
from deploy.ftp_offers import FtpOffers
from deploy.hooks import Hooks
from deploy.installation import Installation
from deploy.services_maker import ServicesMaker
from media.sandbox import Sandbox
from media.store import Store
from renderers.conformance.samples import make_piece
from renderers.iptv import channel
from tests.contract.iptv_world import filmed
from tests.fakes.iptv.operator import SERVICE, Operator
from tests.fakes.stage.clock import RunningClock
from tests.fakes.stage.serving import serving

NOW = dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC)


class Tombstones:
    """Nothing is recalled until a test says so."""

    def __init__(self) -> None:
        self.releases: set[str] = set()
        self.assets: set[str] = set()

    def asset_gone(self, sha256: str) -> bool:
        return sha256 in self.assets


@dataclasses.dataclass
class Line:
    """Both ends: the hub's services and tombstones, and the operator."""

    services: Services
    operator: Operator
    tombstones: Tombstones
    store: Store
    target: Target
    database: Database
    here: Installation
    maker: ServicesMaker


@pytest.fixture
async def line(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Line]:
    await asyncio.to_thread(shutil.copy, _sqlite_template, tmp_path / "y.sqlite")
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'y.sqlite'}")
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    (tmp_path / "work").mkdir()
    operator, tombstones = Operator(RunningClock()), Tombstones()
    async with serving(operator) as base:
        operator.base = base
        app = web.Application()
        server = TestServer(app)
        hub = f"http://127.0.0.1:{server.port or 0}"
        port = int(base.rpartition(":")[2])
        row = Target(
            id=uuid7(NOW), code="box", kind="iptv", name="有线", units=[], unit_path="/1/", created_at=NOW, settings={}
        )
        here = SimpleNamespace(
            db=database,
            clock=SystemClock(),
            settings=SimpleNamespace(data=tmp_path, exceptions=frozenset({("127.0.0.1", port)})),
            store=store,
            tombstones=tombstones,
            channels={"iptv": channel()},
            site=Site("吴江云屏", "区委宣传部", hub, hub),
            metrics=Metrics(CORE),
        )
        room = Workshop(store, await Sandbox.detect(allow_unsandboxed=False), tmp_path / "work")
        maker = await asyncio.to_thread(ServicesMaker, cast("Installation", here), room)
        app.add_routes(Hooks(cast("Installation", here), maker).routes())
        await server.start_server()
        hub = str(server.make_url("")).rstrip("/")
        here.site = dataclasses.replace(here.site, base_url=hub)
        row.settings = {"csp": operator.csp, "lsp": operator.lsp, "service": base + SERVICE, "film": "720"}
        operator.callback = f"{hub}/hooks/iptv/box/notify"
        async with database.write() as session:
            session.add(row)
        services = maker(as_contract(row))
        yield Line(services, operator, tombstones, store, row, database, cast("Installation", here), maker)
        await server.close()
    await database.close()


async def lecture(line: Line, folder: Path) -> Piece:
    """Two seconds of film and a poster in the store."""
    piece = filmed(make_piece(1, at=NOW))
    path = folder / "film.mp4"
    argv = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=320x180:r=25:d=2", "-f", "lavfi"]
    argv += ["-i", "sine=440:r=48000:d=2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    await asyncio.to_thread(subprocess.run, [*argv, "-c:a", "aac", str(path)], check=True)
    data = await asyncio.to_thread(path.read_bytes)
    await line.store.put(data, media_type="video/mp4")
    await line.store.put(b"poster", media_type="image/jpeg")
    kept = {"play-720": hashlib.sha256(data).hexdigest(), "og": hashlib.sha256(b"poster").hexdigest()}
    sizes = {"play-720": len(data), "og": 6}
    assets = tuple(
        dataclasses.replace(one, sha256=kept[one.rendition], size=sizes[one.rendition])
        for one in piece.assets
        if one.rendition in kept
    )
    return dataclasses.replace(piece, assets=assets)


async def test_operator_over_sockets_takes_a_film_and_gives_it_back(line: Line, tmp_path: Path) -> None:
    post, target, services = channel().post, as_contract(line.target), line.services
    assert post is not None
    piece = await lecture(line, tmp_path)
    prepared = await post.prepare(piece, target, services)
    outcome = await post.send(prepared, "a1", target, services)
    async with asyncio.timeout(30):
        while isinstance(outcome, Accepted):
            await asyncio.sleep(0.02)
            outcome = await post.reconcile("a1", target, services)
    assert isinstance(outcome, Sent)
    movie = next(one for one in line.operator.library.things.values() if one.kind == "Movie")
    assert line.operator.visible(piece.title) == 1
    address = movie.properties["FileURL"]
    async with aiohttp.ClientSession() as session:
        async with session.get(address) as answer:
            film = await answer.read()
            assert (answer.status, answer.content_type) == (200, "video/mp2t")
        assert len(film) == int(movie.properties["FileSize"])
        assert {film[at] for at in range(0, len(film), 188)} == {0x47}
        async with session.get(address, headers={"Range": "bytes=188-375"}) as answer:
            assert (answer.status, await answer.read()) == (206, film[188:376])
            assert answer.headers["Content-Range"] == f"bytes 188-375/{len(film)}"
        async with session.head(address) as answer:
            assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(film)))
        line.tombstones.releases.add(piece.release)
        async with session.get(address) as answer:
            assert answer.status == 410
        line.tombstones.releases.clear()
        receipt = await _recalled(line, outcome.post)
        assert receipt.state == "gone"
        async with session.get(address) as answer:
            assert answer.status == 410
        async with session.get(address.replace("m0.ts", "../../../etc/passwd")) as answer:
            assert answer.status == 404
    assert line.operator.library.things == {}
    async with line.database.read() as session:
        events = {event for (event,) in (await session.execute(select(AccountEvent.event))).all()}
    assert {"iptv.exec", "iptv.notice"} <= events


async def _recalled(line: Line, post: str) -> Receipt:
    sender = channel().post
    assert sender is not None
    async with asyncio.timeout(30):
        while True:
            try:
                return await sender.recall(post, as_contract(line.target), line.services)
            except ContractError:
                await asyncio.sleep(0.02)


async def test_operator_that_wants_ftp_fetches_the_same_film_with_the_password_of_its_address(
    line: Line, tmp_path: Path
) -> None:
    post = channel().post
    assert post is not None
    piece = await lecture(line, tmp_path)
    target = dataclasses.replace(as_contract(line.target), settings={**line.target.settings, "offer": "ftp://yp@x"})
    async with line.database.write() as session:
        await session.execute(update(Target).values(settings=target.settings))
    line.operator.manners.delay = 3600.0
    await line.services.vault.put("ftp_password", "pw")
    prepared = await post.prepare(piece, target, line.services)
    assert await post.send(prepared, "a1", target, line.services) == Accepted("taken")
    order = next(iter(line.operator.commands))
    assert line.operator.commands[order].address == f"ftp://yp:pw@x/box/{order}/order.xml"
    server = await FtpServer(FtpOffers(line.here, line.maker), (0, 0)).start("127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        said = await asyncio.to_thread(_fetched, port, order)
    film = b"".join([block async for block in line.store.stream(next(iter(prepared.uploads)))])
    assert said == {
        "wrong": "550 Not there",
        "up": "550 Not there",
        "store": "502 Not here",
        "list": "502 Not here",
        "order.xml": said["order.xml"],
        "size": len(film),
        "m0.ts": film,
        "rest": film[188:],
    }
    assert isinstance(said["order.xml"], bytes)
    assert f">ftp://yp:pw@x/box/{order}/m0.ts<".encode() in said["order.xml"]
    # At rest there is no password in it.
    kept, _ = await line.services.state.get(f"order:{order}")
    assert "pw@" not in str(kept)
    assert await post.reconcile("a1", target, line.services) == Accepted("fetching")
    offers = FtpOffers(line.here, line.maker)
    assert await offers(f"/box/{order}/m0.ts", "yp", "pw", 0) is not None
    line.tombstones.releases.add(piece.release)
    assert await offers(f"/box/{order}/m0.ts", "yp", "pw", 0) is None


def _fetched(port: int, order: str) -> dict[str, object]:
    """What the standard library's own client gets."""
    said: dict[str, object] = {}

    def got(client: ftplib.FTP, name: str, rest: int | None = None) -> bytes:
        blocks: list[bytes] = []
        client.retrbinary(f"RETR /box/{order}/{name}", blocks.append, rest=rest)
        return b"".join(blocks)

    def refused(client: ftplib.FTP, command: str) -> str:
        try:
            return client.sendcmd(command)
        except ftplib.Error as problem:
            return str(problem)

    with ftplib.FTP() as client:
        client.connect("127.0.0.1", port, timeout=10)
        client.login("yp", "other")
        said["wrong"] = refused(client, f"SIZE /box/{order}/m0.ts")
        client.login("yp", "pw")
        client.cwd(f"/box/{order}")
        said["up"] = refused(client, "SIZE ../../../etc/passwd")
        said["store"] = refused(client, "STOR m0.ts")
        said["list"] = refused(client, "LIST")
        said["size"] = client.size("m0.ts")
        said["order.xml"], said["m0.ts"] = got(client, "order.xml"), got(client, "m0.ts")
        said["rest"] = got(client, "m0.ts", 188)
    return said
