"""`./yunping keys`: root keys with their holders, the next root signed by several, recall sets after a restore.

The work is in `deploy.keys`; here is what is typed and what is said.
"""

from pathlib import Path
from typing import Any

import click

from cms.kernel.messages import catalogue
from deploy.commanding import with_settings
from deploy.settings import Settings

FILE = click.Path(dir_okay=False, path_type=Path)
THERE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _say(settings: Settings, line: str, /, **params: Any) -> None:
    click.echo(catalogue().text(settings.language, f"deploy.keys.{line}", **params))


@click.group()
def keys() -> None:
    """根密钥：三人各持一把、两人签名换根；轮换守护进程密钥；恢复后合并撤回名单。"""


@keys.command()
@with_settings
def show(settings: Settings) -> None:
    """显示现行的根：版本、纪元、有效期，以及各项职责由哪些密钥签名。"""
    from deploy import keys as work  # noqa: PLC0415 - the other commands need no guard to start

    for key, params in work.shown(settings):
        _say(settings, key, **params)


@keys.command()
@click.argument("name")
@click.argument("file", type=FILE)
@with_settings
def holder(settings: Settings, name: str, file: Path) -> None:
    """为一位持有人制作根密钥，用本人口令封存在一个文件里。"""
    from deploy import keys as work  # noqa: PLC0415

    passphrase = click.prompt(
        catalogue().text(settings.language, "deploy.keys.passphrase_new", name=name),
        hide_input=True,
        confirmation_prompt=catalogue().text(settings.language, "deploy.keys.passphrase_again"),
    )
    _say(settings, "holder_made", name=name, file=file, key_id=work.make_holder(name, passphrase, file))


@keys.command()
@click.argument("out", type=FILE)
@click.option("--holder", "holders", multiple=True, type=THERE, help="根密钥持有人的文件；写几个，根就由这几把组成。")
@click.option("--threshold", type=int, help="根需要几把密钥签名。")
@click.option("--rotate", multiple=True, type=click.Choice(["guard", "delegations"]), help="换掉守护进程的这把密钥。")
@click.option("--player", "players", multiple=True, help="签发播放器更新的密钥：持有人的文件，或 guard（本机）。")
@click.option("--player-threshold", type=int, help="播放器更新需要几把密钥签名。")
@click.option("--raise-epoch", is_flag=True, help="开启新纪元：从备份恢复之后，或有密钥被盗时。")
@click.option("--days", type=int, default=365, show_default=True, help="新的根有效几天。")
@with_settings
def draft(settings: Settings, out: Path, **wanted: Any) -> None:
    """起草下一版根，存成文件，依次交给持有人签名。"""
    from deploy import keys as work  # noqa: PLC0415

    for key, params in work.make_draft(settings, out, **wanted):
        _say(settings, key, **params)


@keys.command()
@click.argument("file", type=THERE)
@click.option("--key", type=THERE, help="持有人的密钥文件。")
@click.option("--person", help="用本机现有的根密钥签名时，授权管理员的姓名或编号。")
@with_settings
def sign(settings: Settings, file: Path, key: Path | None, person: str | None) -> None:
    """核对草稿的改动并签名；每位持有人各签一次。"""
    from deploy import keys as work  # noqa: PLC0415

    if (key is None) == (person is None):
        raise click.UsageError(catalogue().text(settings.language, "deploy.keys.key_or_person"))
    for name, params in work.told(settings, file):
        _say(settings, name, **params)
    click.confirm(catalogue().text(settings.language, "deploy.keys.sign_it"), abort=True)
    secret = click.prompt(catalogue().text(settings.language, "deploy.keys.passphrase"), hide_input=True)
    for name, params in work.sign(settings, file, secret, key=key, person=person):
        _say(settings, name, **params)


@keys.command()
@click.argument("file", type=THERE)
@with_settings
def accept(settings: Settings, file: Path) -> None:
    """把签够的根交给守护进程，此后各屏依次换上。"""
    from deploy import keys as work  # noqa: PLC0415

    _say(settings, "accepted", version=work.accept(settings, file))


@keys.command()
@click.argument("origins", nargs=-1)
@click.option("--person", required=True, help="授权管理员的姓名或编号。")
@with_settings
def passkeys(settings: Settings, origins: tuple[str, ...], person: str) -> None:
    """启用通行密钥：写明工作台的网址（可多个，域名须相同）；不写网址即停用。"""
    from deploy import keys as work  # noqa: PLC0415

    secret = click.prompt(catalogue().text(settings.language, "deploy.keys.passphrase"), hide_input=True)
    work.set_machines(settings, person, secret, origins=origins)
    _say(settings, "machines_set")


@keys.command()
@click.argument("names", nargs=-1)
@click.option("--person", required=True, help="授权管理员的姓名或编号。")
@with_settings
def feeds(settings: Settings, names: tuple[str, ...], person: str) -> None:
    """写明由本机签名的数据（代码，可多个）；未写到的即停用。"""
    from deploy import keys as work  # noqa: PLC0415

    secret = click.prompt(catalogue().text(settings.language, "deploy.keys.passphrase"), hide_input=True)
    work.set_machines(settings, person, secret, feeds=names)
    _say(settings, "machines_set")


@keys.command()
@click.argument("files", nargs=-1, required=True, type=THERE)
@with_settings
def union(settings: Settings, files: tuple[Path, ...]) -> None:
    """恢复之后合并撤回名单：各节点的 recalls.json、审计备份、从屏幕取回的名单。"""
    from deploy import keys as work  # noqa: PLC0415

    before, after = work.union(settings, files)
    _say(settings, "joined", new=after - before, count=after)
