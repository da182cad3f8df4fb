"""`./yunping player`: a new player is signed by two people and, where the root says so, by holders of further keys.

The work is in `deploy.players`; here is what is typed and what is said.
"""

import asyncio
from pathlib import Path
from typing import Any

import click

from cms.kernel.messages import catalogue
from deploy.commanding import with_settings
from deploy.settings import Settings

FILE = click.Path(dir_okay=False, path_type=Path)
THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _text(settings: Settings, line: str, /, **params: Any) -> str:
    return catalogue().text(settings.language, line, **params)


@click.group()
def player() -> None:
    """播放器更新：由两位同志签发，须更多密钥时依次交给持有人签名；签发后由运维人员在桌面上开始。"""


@player.command()
@click.option("--version", required=True, help="新版本号，如 1.1.0。")
@click.option("--minimum", default="0.0.0", help="低于此版本的屏幕在任何阶段都更新。")
@click.option("--first", required=True, help="第一位签发人（管理员）的登录名。")
@click.option("--second", required=True, help="第二位签发人的登录名。")
@click.option("--folder", type=FOLDER, help="播放器的文件所在目录；缺省为本程序自带的播放器。")
@click.option("--out", type=FILE, help="根要求更多密钥时，把待签名的更新存成这个文件。")
@with_settings
def release(
    settings: Settings,
    *,
    version: str,
    minimum: str,
    first: str,
    second: str,
    folder: Path | None,
    out: Path | None,
) -> None:
    """由两位同志签发新的播放器；签发后由运维人员在“播放器更新”页开始分批更新。"""
    from deploy.players import PLAYER, Signer, release_player  # noqa: PLC0415

    ask = [_text(settings, "deploy.player_password", login=login) for login in (first, second)]
    passwords = [click.prompt(one, hide_input=True) for one in ask]
    signers = [Signer(*one) for one in zip((first, second), passwords, strict=True)]
    doing = release_player(
        settings,
        version=version,
        minimum=minimum,
        first=signers[0],
        second=signers[1],
        folder=folder or PLAYER,
        out=out,
    )
    made = asyncio.run(doing)
    line = "deploy.player_half" if made.missing else "deploy.player_released"
    said = {"file": out, "left": made.missing, "keys": " ".join(made.who)} if made.missing else {}
    click.echo(_text(settings, line, version=version, count=made.count, **said))


@player.command()
@click.argument("file", type=THERE)
@click.option("--key", required=True, type=THERE, help="持有人的密钥文件。")
@with_settings
def sign(settings: Settings, *, file: Path, key: Path) -> None:
    """密钥持有人核对版本后签名，可在另一台机器上进行。"""
    from deploy.players import sign_shares, told  # noqa: PLC0415

    click.echo(_text(settings, "deploy.player_draft", **told(file)))
    click.confirm(_text(settings, "deploy.keys.sign_it"), abort=True)
    secret = click.prompt(_text(settings, "deploy.keys.passphrase"), hide_input=True)
    sign_shares(file, key, secret)
    click.echo(_text(settings, "deploy.player_signed"))


@player.command()
@click.argument("file", type=THERE)
@click.option("--person", required=True, help="登记人（管理员）的登录名，将记入记录。")
@with_settings
def accept(settings: Settings, *, file: Path, person: str) -> None:
    """签名齐全后登记更新，由运维人员在“播放器更新”页开始。"""
    from deploy.players import accept_shares  # noqa: PLC0415

    made = asyncio.run(accept_shares(settings, file, by=person))
    click.echo(_text(settings, "deploy.player_released", version=made.version, count=made.count))
