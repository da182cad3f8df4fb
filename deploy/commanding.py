"""What every command of `./yunping` begins with: its settings, and what it says when something is refused."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from cms.kernel.errors import DomainError
from cms.kernel.messages import catalogue
from deploy.settings import SettingsError, load

# What a cron job tells apart from a record that is not whole, and who starts us from a fault of ours; EX_UNAVAILABLE.
EXITS = dict.fromkeys(
    (
        "deploy.database_away",
        "deploy.port_taken",
        "deploy.demo_port_taken",
        "deploy.port_forbidden",
        "deploy.address_foreign",
    ),
    69,
)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Reads the settings before a command and says in words what is wrong with them."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            settings = load()
        except SettingsError as error:
            _explain(error)
            raise SystemExit(78) from error  # EX_CONFIG
        try:
            return command(settings, *args, **kwargs)
        except DomainError as error:
            sentence = catalogue().error(settings.language, error.code, error.params)
            click.echo(f"{sentence.text}\n{sentence.next}  [{error.code}]", err=True)
            raise SystemExit(EXITS.get(error.code, 1)) from error

    return wrapped


def _explain(error: SettingsError) -> None:
    for name, code, detail in error.problems:
        sentence = catalogue().error("zh-CN", code, {"name": name, "detail": detail})
        click.echo(f"{sentence.text} {sentence.next}", err=True)
