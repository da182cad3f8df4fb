"""What a first start shows or loads: the set-up code of an empty installation, or the demo world and its screens."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click
from sqlalchemy import func, select

from cms.desk.refusing import REFUSALS, as_refusal
from cms.kernel.messages import catalogue
from cms.kernel.metrics import CORE, Metrics
from cms.people import first_run
from cms.people.models import PersonKey
from cms.people.sessions import actor_of
from cms.publishing.registry import load_channels
from deploy.announcing import announce
from deploy.demo import addresses, boxes, keeper_file, platforms, ports, world
from deploy.demo.hands import DemoParts
from deploy.demo.load import confirm_new_keys, keeper_of, load_demo, new_codes
from deploy.guard_place import guard_settings
from deploy.guarding import GuardedKeys
from deploy.installation import Installation, open_workshop, opened
from deploy.press import press_of
from deploy.services_maker import ServicesMaker
from deploy.settings import Settings
from deploy.supervisor import Supervisor

LOOK_EVERY: Final = 0.7
# Lies in the data folder while the demo world is loaded.
HALF: Final = "demo-half-loaded"
_WHAT: Final = {
    "units": "单位",
    "people": "人员",
    "film": "宣讲视频",
    "pieces": "稿件",
    "encode": "视频转码 %",
    "life": "在办稿件",
}
_ROLES: Final = {
    "editor": "采编",
    "correspondent": "通讯员",
    "proofreader": "校对",
    "reviewer": "责任编辑（初审）",
    "director": "主任（复审）",
    "chief": "总编（终审签发）",
    "publisher": "发布",
    "team_leader": "志愿队长",
    "admin": "安全管理员",
    "operator": "系统管理员",
    "auditor": "审计管理员",
}


async def show_code(settings: Settings) -> None:
    """Prints the one-time set-up code of an empty installation; each start prints a new one."""
    async with opened(settings, {}, Metrics(CORE)) as here:
        async with here.db.read() as session:
            is_first = await first_run.is_first_run(session)
        announce(settings)
        if is_first:
            async with here.db.write() as session:
                code = await first_run.issue_set_up_code(session, now=here.clock.now())
            click.echo(f"\n首次启用码  {code}")
            click.echo(f"请打开 {settings.public}/desk/first-run 输入启用码，建立单位与第一位管理员。")


async def set_up_demo(settings: Settings, keeper: Supervisor) -> None:
    """Loads the demo world when it is not there, starts its screens, and tends it until cancelled."""
    channels = await asyncio.to_thread(load_channels)
    async with opened(settings, channels, Metrics(CORE)) as here:
        known = await asyncio.to_thread(platforms.credentials, settings)
        keeper.add(platforms.child(settings, known))
        parts = await parts_of(here, known)
        codes: Mapping[str, str] = {}
        async with here.db.read() as session:
            is_first = await first_run.is_first_run(session)
        half = settings.data / HALF
        if is_first:
            codes = await _load(settings, parts, half)
            announce(settings)
        elif half.exists():
            # Stopped while it was loaded: without new codes nobody could come in.
            codes = await _as_far_as_it_came(settings, parts)
        root = guard_settings(settings).public_directory / "root.json"
        for child in await asyncio.to_thread(boxes.install, settings, root):
            keeper.add(child)
        for number, address in enumerate(addresses(), start=1):
            click.echo(f"  演示屏 {number}  {address}   （在浏览器中打开，将自动配对）")
        for name, address in ports.shown().items():
            click.echo(f"  {name}模拟器  {address}   （仅用于演示，手机上看到的样子）")
        click.echo(f"  电视      {settings.public}/tv/   （用方向键与回车操作）")
        _show(codes)
        await _tend(here, parts)


async def _load(settings: Settings, parts: DemoParts, half: Path) -> Mapping[str, str]:
    """Loads the demo world; what refuses it is said, and what is there by then can be used."""
    click.echo("正在载入演示数据（吴江区，全部内容为演示而作）……")
    secret = await asyncio.to_thread((settings.guard_dir / "first-run").read_text)
    await asyncio.to_thread(half.touch)
    try:
        codes = await load_demo(parts, secret=secret, say=_progress)
    except (ExceptionGroup, *REFUSALS) as problem:
        refused = next(filter(None, map(as_refusal, _leaves(problem))), None)
        if refused is None:
            raise
        said = catalogue().error(settings.language, refused.code, refused.params)
        click.echo(f"\n{said.text}\n{said.next}", err=True)
        return await _as_far_as_it_came(settings, parts)
    await asyncio.to_thread(half.unlink)
    return codes


async def _as_far_as_it_came(settings: Settings, parts: DemoParts) -> Mapping[str, str]:
    click.echo(
        f"演示数据没有载入完，先以已有的内容运行。要完整的演示：停止后删除数据目录 {settings.data.resolve()}"
        "（用 PostgreSQL 时一并清空该数据库），再运行 ./yunping up --demo。",
        err=True,
    )
    async with parts.db.read() as session:
        keeper = await actor_of(session, await keeper_of(parts))
    return await new_codes(parts, keeper)


def _leaves(problem: BaseException) -> Iterator[BaseException]:
    if isinstance(problem, BaseExceptionGroup):
        for one in problem.exceptions:
            yield from _leaves(one)
    else:
        yield problem


def _show(codes: Mapping[str, str]) -> None:
    if not codes:
        return
    click.echo("\n一次性登录码（首次登录后自设密码；演示环境会自动确认签名密钥）：")
    for person in (one for one in world()["people"] if one["login"] in codes):
        roles = "、".join(_ROLES[role] for role in person["roles"])
        click.echo(f"  {person['name']}（{roles}）  账号 {person['login']}  登录码 {codes[person['login']]}")


async def parts_of(here: Installation, known: platforms.Credentials) -> DemoParts:
    """What loading works with."""
    keys = GuardedKeys(here.guard)
    press = press_of(here.channels, here.site, domain=here.settings.domain, epoch=await keys.epoch())
    workshop = await open_workshop(here)
    services = await asyncio.to_thread(ServicesMaker, here, workshop)
    kept = keeper_file(here.settings)
    return DemoParts(here.db, here.clock, keys, workshop, press, here.channels, kept, services, known)


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
    elif done == total or what == "pieces" or (what == "encode" and done % 25 == 0):
        click.echo(f"  {_WHAT[what]} {done}/{total}")
