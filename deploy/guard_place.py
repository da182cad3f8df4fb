"""Where the guard of an installation lives; apart from its adapters, so that its own process loads no database."""

from pathlib import Path

from cms.guard.core import GuardSettings
from deploy.settings import Settings


def guard_settings(settings: Settings) -> GuardSettings:
    door = settings.guard_door
    return GuardSettings(
        directory=settings.guard_dir,
        domain=settings.domain,
        socket=socket_path(settings),
        public=door / "public" if door else None,
        shared=door is not None,
    )


def socket_path(settings: Settings) -> Path:
    """Where the guard listens."""
    return (settings.guard_door or settings.guard_dir) / "guard.sock"
