"""`./yunping up`: prepares the data folder, keeps the roles running, and tells where to go next."""

import asyncio
import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click
from sqlalchemy import func, select

from cms.kernel.log import configure
from cms.people import first_run
from cms.people.models import PersonKey
from cms.people.sessions import actor_of
from cms.publishing.registry import load_channels
from deploy import migrate
from deploy.demo import boxes, world
from deploy.demo.load import DemoParts, confirm_new_keys, keeper_of, load_demo
from deploy.guarding import GuardedKeys
from deploy.installation import Installation, all_metrics, open_workshop, opened
from deploy.press import press_of
from deploy.settings import FILE, Role, Settings, load
from deploy.supervisor import Child, Supervisor, role_argv

# The guard first: the others wait for what it says about recalls.
ORDER: Final[tuple[Role, ...]] = ("guard", "web", "gateway", "worker")
START_SECONDS: Final = 60.0
LOOK_EVERY: Final = 0.7
_WHAT: Final = {"units": "单位", "people": "人员", "pieces": "稿件"}


async def run_up(settings: Settings, *, demo: bool) -> int:
    """Runs until a stop signal; returns the exit code."""
    configure(role="up", level="WARNING", json_lines=settings.log_json)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_one(settings.data / "up.lock") as is_ours:
        if not is_ours:
            click.echo(
                f"数据目录 {settings.data} 已有一个云屏在运行。请先停止它，或用 YUNPING_DATA 指定另一个目录。", err=True
            )
            return 75  # EX_TEMPFAIL
        if demo:
            settings = await asyncio.to_thread(_demo_settings, settings)
        await asyncio.to_thread(_migrated, settings)
        is_demo = demo or boxes.keeper_file(settings).exists()
        children = [Child(role, role_argv(role)) for role in ORDER]
        keeper = Supervisor(children, environment=_environment(settings))
        await keeper.run(lambda: _after_start(settings, keeper, is_demo=is_demo))
    return 0


async def _after_start(settings: Settings, keeper: Supervisor, *, is_demo: bool) -> None:
    await _answering(settings.host, (settings.port, settings.gateway_port))
    channels = await asyncio.to_thread(load_channels)
    async with opened(settings, channels, all_metrics()) as here:
        async with here.db.read() as session:
            is_first = await first_run.is_first_run(session)
        if is_demo:
            await _demo(here, keeper, is_first=is_first)
            return
        code = ""
        if is_first:
            async with here.db.write() as session:
                code = await first_run.issue_set_up_code(session, now=here.clock.now())
        _announce(settings, code)


def _announce(settings: Settings, code: str) -> None:
    click.echo("\n云屏已启动")
    click.echo(f"  采编台    {settings.public}/desk/")
    click.echo(f"  公众网站  {settings.public}/")
    click.echo(f"  阅读屏    {settings.gateway}")
    if code:
        click.echo(f"\n  首次启用码  {code}")
        click.echo(f"  请打开 {settings.public}/desk/first-run 输入启用码，建立单位与第一位管理员。")
    click.echo("\n按 Ctrl+C 停止。")


async def _demo(here: Installation, keeper: Supervisor, *, is_first: bool) -> None:
    parts = await _parts(here)
    codes: Mapping[str, str] = {}
    if is_first:
        click.echo("正在载入演示数据（吴江区，全部内容为演示而作）……")
        secret = await asyncio.to_thread((here.settings.guard_dir / "first-run").read_text)
        codes = await load_demo(parts, secret=secret, say=_progress)
    root = here.settings.guard_dir / "public" / "root.json"
    children = await asyncio.to_thread(boxes.install, here.settings, root)
    for child in children:
        keeper.add(child)
    _announce(here.settings, "")
    for number, address in enumerate(boxes.addresses(), start=1):
        click.echo(f"  演示屏 {number}  {address}   （在浏览器中打开，将自动配对）")
    if codes:
        click.echo("\n一次性登录码（首次登录后自设密码；演示环境会自动确认签名密钥）：")
        for person in world()["people"]:
            roles = "、".join(person["roles"])
            click.echo(f"  {person['name']}（{roles}）  账号 {person['login']}  登录码 {codes[person['login']]}")
    await _tend(here, parts)


async def _parts(here: Installation) -> DemoParts:
    keys = GuardedKeys(here.guard)
    press = press_of(here.channels, here.site, domain=here.settings.domain, epoch=await keys.epoch())
    return DemoParts(here.db, here.clock, keys, await open_workshop(here), press, boxes.keeper_file(here.settings))


async def _tend(here: Installation, parts: DemoParts) -> None:
    """What an administrator and an operator would do in a real installation, done for the person trying it out."""
    known = -1
    while True:
        async with here.db.read() as session:
            keys = await session.scalar(select(func.count()).select_from(PersonKey)) or 0
        if keys != known:
            await confirm_new_keys(parts)
            known = keys
        async with here.db.read() as session:
            keeper = await actor_of(session, await keeper_of(parts))
        for name in await boxes.pair_waiting(here.db, keeper, now=here.clock.now()):
            click.echo(f"  演示屏已配对：{name}")
        await asyncio.sleep(LOOK_EVERY)


def _progress(what: str, done: int, total: int) -> None:
    if sys.stdout.isatty():
        click.echo(f"\r  {_WHAT[what]} {done}/{total}  ", nl=done == total)
    elif done == total:
        click.echo(f"  {_WHAT[what]} {total}")


def _demo_settings(settings: Settings) -> Settings:
    """The demo's district is written into the settings file of an empty data folder, so that every role reads it."""
    path = settings.data / FILE
    if not path.exists() and not settings.guard_dir.exists():
        told = world()
        values = {
            "DOMAIN": told["domain"],
            "SITE_NAME": told["site_name"],
            "SPONSOR": told["sponsor"],
            "ORIGINS": ",".join(boxes.addresses()),
        }
        path.write_text("".join(f"YUNPING_{name}={value}\n" for name, value in values.items()), "utf-8")
    return load()


def _migrated(settings: Settings) -> None:
    if migrate.current(settings.database_url) != migrate.head():
        migrate.upgrade(settings.database_url)


def _environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, "YUNPING_DATA": str(settings.data.resolve())}  # noqa: TID251


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[bool]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


async def _answering(host: str, ports: tuple[int, ...]) -> None:
    """Waits until every port takes connections. Raises TimeoutError."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    async with asyncio.timeout(START_SECONDS):
        for port in ports:
            while True:
                try:
                    _, writer = await asyncio.open_connection(shown, port)
                except OSError:
                    await asyncio.sleep(0.03)
                else:
                    writer.close()
                    break
