"""What the terminal says once everything runs; apart, so that a second start loads nothing else for it."""

import click

from deploy.settings import Settings


def announce(settings: Settings) -> None:
    """Tells where everything is."""
    click.echo("\n云屏已启动")
    click.echo(f"  采编台    {settings.public}/desk/")
    click.echo(f"  公众网站  {settings.public}/")
    click.echo(f"  阅读屏    {settings.gateway}")
    click.echo("按 Ctrl+C 停止。")
