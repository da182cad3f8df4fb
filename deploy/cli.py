"""The commands of `./yunping`: a thin shell over the roles, the demo, the checks and the benchmarks."""

import asyncio
import contextlib
import json
import sys

import click

from cms.kernel.messages import catalogue
from deploy.cli_keys import keys
from deploy.cli_player import player
from deploy.cli_tv import tv
from deploy.commanding import with_settings
from deploy.settings import ROLES, Role, Settings

VERSION = "0.1.0"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="yunping")
def main() -> None:
    """云屏 yunping：一云四屏内容发布平台。"""


main.add_command(keys)
main.add_command(player)
main.add_command(tv)


@main.command()
@click.option("--demo", is_flag=True, help="载入演示数据：吴江区、各级单位、人员、稿件与阅读屏。")
@with_settings
def up(settings: Settings, *, demo: bool) -> None:
    """安装缺少的组件、迁移数据库并启动全部服务。"""
    from deploy.up import run_up  # noqa: PLC0415 - a second start must not read what it does not need

    raise SystemExit(run_up(settings, demo=demo))


@main.command()
@click.argument("role", type=click.Choice(ROLES))
@click.option("--number", type=click.IntRange(1, 64), default=1, help="同一角色的第几个进程，只影响指标端口。")
@click.option("--listener", type=click.IntRange(3), help="gateway 已在监听的套接字描述符；systemd 套接字单元自动识别。")
@with_settings
def run(settings: Settings, role: Role, number: int, listener: int | None) -> None:
    """只启动一个角色：web、gateway、worker 或 guard。"""
    from deploy.roles import run_role  # noqa: PLC0415

    if role == "gateway" and listener is None:
        from deploy.kept_socket import from_systemd  # noqa: PLC0415

        listener = from_systemd()
    if listener is None:
        from deploy.ports import ports_free  # noqa: PLC0415

        ports_free(settings, role)
    run_role(settings, role, number, listener=listener)


@main.command()
@click.argument("revision", default="head")
@click.option("--down", is_flag=True, help="降级到指定版本。")
@with_settings
def migrate(settings: Settings, revision: str, *, down: bool) -> None:
    """把数据库迁移到指定版本（缺省为最新）。"""
    from deploy import migrate as migration  # noqa: PLC0415

    settings.data.mkdir(parents=True, exist_ok=True)
    (migration.downgrade if down else migration.upgrade)(settings.database_url, revision)
    click.echo(f"{settings.database_url.partition('://')[0]}: {migration.current(settings.database_url)}")


@main.command()
@with_settings
def reindex(settings: Settings) -> None:
    """重建全文检索索引；平时随稿件自动更新，仅在迁移异常或索引损坏时使用。"""
    from deploy.reindex import reindex as rebuild  # noqa: PLC0415

    count = asyncio.run(rebuild(settings.database_url))
    click.echo(catalogue().text(settings.language, "deploy.reindexed", count=count))


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """运行全部检查与测试；faults 与 soak 运行长时间的故障与耐久测试。"""
    from deploy import checks  # noqa: PLC0415

    raise SystemExit(checks.run(arguments))


@main.command()
@click.argument("name", required=False)
@click.option("--list", "listing", is_flag=True, help="列出全部基准。")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 对象。")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="基准的参数。")
def bench(name: str | None, options: tuple[str, ...], *, listing: bool, as_json: bool) -> None:
    """运行一个基准：我们的数字、同一次运行中的参照，以及两者之比。"""
    from deploy.benchmarks import BENCHMARKS, run_bench  # noqa: PLC0415

    if listing or name is None:
        for key, bench_ in BENCHMARKS.items():
            click.echo(f"{key}\t{bench_.about}")
        return
    if name not in BENCHMARKS:
        click.echo(f"没有名为 {name} 的基准；./yunping bench --list 列出全部。", err=True)
        raise SystemExit(2)
    result = run_bench(name, dict(option.split("=", 1) for option in options))
    click.echo(json.dumps(result, ensure_ascii=False, indent=None if as_json else 2))


@main.group()
def simulate() -> None:
    """用模拟设备演练，例如 simulate screens 801。"""


@simulate.command("screens")
@click.argument("count", type=click.IntRange(1, 15_000))
@click.option("--person", default="", help="由谁配对（姓名、账号或编号），首次运行时需要，将记入记录。")
@click.option("--unit", default="", help="配对到哪个单位（路径），缺省为配对人所在单位。")
@click.option("--seconds", type=float, default=None, help="运行多少秒；缺省直到 Ctrl-C。")
@click.option("--each", is_flag=True, help="结束时逐屏列出。")
@with_settings
def simulate_screens(
    settings: Settings, count: int, *, person: str, unit: str, seconds: float | None, each: bool
) -> None:
    """把 N 块模拟屏接到本机网关：首次配对，之后沿用密钥；显示各屏内容与从签发到收到的用时。"""
    from deploy.simulating import simulate_screens as run_screens  # noqa: PLC0415

    told = run_screens(settings, count, person=person, unit=unit, seconds=seconds, each=each, tell=click.echo)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(told)


@main.command()
@click.argument("release")
@click.option("--reason", required=True, help="撤回原因，将记入记录。")
@click.option("--person", required=True, help="撤回人的姓名或账号编号。")
@with_settings
def recall(settings: Settings, release: str, reason: str, person: str) -> None:
    """数据库不可用时，直接通过守护进程撤回一个签发件。"""
    from deploy.recall import recall_now  # noqa: PLC0415

    asyncio.run(recall_now(settings, release=release, reason=reason, person=person))
    click.echo("已撤回；各屏与网站将在数秒内停止显示。")


@main.command()
@click.argument("what", type=click.Choice(["verify"]))
@with_settings
def audit(settings: Settings, what: str) -> None:  # noqa: ARG001 - the only thing there is to do
    """校验操作记录：记录链、归档文件与上次校验时的末尾；完整退出 0，异常退出 1，数据库不可用退出 69。"""
    from deploy.record_command import verify  # noqa: PLC0415

    row = verify(settings)
    texts = catalogue()
    if row.fault:
        fault = texts.text(settings.language, f"desk.audit.fault.{row.fault}")
        click.echo(texts.text(settings.language, "desk.audit.broken", seq=row.fault_seq, fault=fault), err=True)
        click.echo(texts.text(settings.language, "desk.audit.broken_next"), err=True)
        raise SystemExit(1)
    click.echo(texts.text(settings.language, "deploy.record_whole", seq=row.seq, hash=row.hash))


if __name__ == "__main__":
    sys.exit(main())
