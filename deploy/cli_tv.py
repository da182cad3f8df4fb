"""`./yunping tv`: the key of an operator that signs a channel's addresses, and an address signed with it."""

import click

from cms.kernel.clock import SystemClock
from cms.kernel.messages import catalogue
from deploy.commanding import with_settings
from deploy.settings import Settings

_CODE = click.argument("code")
_OPERATOR = click.argument("operator")
_NUMBER = click.option("--number", type=click.IntRange(1, 999_999), default=1, help="密钥编号，与频道设置里写的相同。")


@click.group()
def tv() -> None:
    """电视频道：运营商的签名密钥，以及带签名、会过期的播放地址。"""


@tv.command()
@_CODE
@_OPERATOR
@_NUMBER
@with_settings
def key(settings: Settings, code: str, operator: str, number: int) -> None:
    """显示运营商为频道签名的密钥（十六进制）；请当面或加密交给对方。"""
    click.echo(_key(settings, code, operator, number).hex())


@tv.command()
@_CODE
@_OPERATOR
@_NUMBER
@click.option("--hours", type=click.FloatRange(0.01, 744), default=6.0, help="多少小时后过期。")
@click.option("--portal", is_flag=True, help="显示门户的入口地址，而不是播放地址。")
@with_settings
def sign(settings: Settings, code: str, operator: str, number: int, hours: float, *, portal: bool) -> None:
    """显示一个带签名的播放地址，或门户的入口地址。"""
    from renderers.tv import paths, tokens  # noqa: PLC0415 - other commands need no channel

    expires = int(SystemClock().now().timestamp() + hours * 3600)
    token = tokens.signed(_key(settings, code, operator, number), code, operator, number, expires)
    click.echo(f"{settings.public}{paths.home(code)}{f'?token={token}' if portal else f't/{token}/master.m3u8'}")
    click.echo(catalogue().text(settings.language, "deploy.tv.expires", hours=round(hours, 2)), err=True)


@tv.command(name="entry-key")
@_OPERATOR
@_NUMBER
@with_settings
def entry_key(settings: Settings, operator: str, number: int) -> None:
    """显示运营商为多个频道签发门户入口的密钥（十六进制）；请当面或加密交给对方。"""
    click.echo(_entry_key(settings, operator, number).hex())


@tv.command()
@_OPERATOR
@click.argument("codes", nargs=-1, required=True)
@_NUMBER
@click.option("--hours", type=click.FloatRange(0.01, 744), default=6.0, help="多少小时后过期。")
@with_settings
def entry(settings: Settings, operator: str, codes: tuple[str, ...], number: int, hours: float) -> None:
    """显示一个门户入口：从这里进来的机顶盒可以看所列的频道。"""
    from renderers.tv import entries, paths  # noqa: PLC0415 - other commands need no channel

    expires = int(SystemClock().now().timestamp() + hours * 3600)
    try:
        token = entries.signed(_entry_key(settings, operator, number), codes, operator, number, expires)
    except ValueError:
        raise click.BadParameter(catalogue().text(settings.language, "deploy.tv.codes", most=entries.MOST)) from None
    click.echo(f"{settings.public}{paths.home(codes[0])}?token={token}")
    click.echo(catalogue().text(settings.language, "deploy.tv.expires", hours=round(hours, 2)), err=True)


def _entry_key(settings: Settings, operator: str, number: int) -> bytes:
    from renderers.tv import entries  # noqa: PLC0415

    return entries.key_of(_secret(settings), operator, number)


def _key(settings: Settings, code: str, operator: str, number: int) -> bytes:
    from renderers.tv import tokens  # noqa: PLC0415

    return tokens.key_of(_secret(settings), code, operator, number)


def _secret(settings: Settings) -> bytes:
    from deploy.services_maker import vault_key  # noqa: PLC0415
    from deploy.serving import channel_secret  # noqa: PLC0415

    return channel_secret(vault_key(settings.data.resolve() / "keys" / "vault.key"), "tv")
