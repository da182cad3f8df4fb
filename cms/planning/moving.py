"""Targets follow a unit that moves: where they belong, and the subtrees that they reach or leave out."""

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.people.actor import Actor
from cms.planning.models import Target


async def targets_follow(session: AsyncSession, actor: Actor, old: str, new: str, now: dt.datetime) -> None:  # noqa: ARG001
    """A `cms.people.units.Follower`."""
    for row in (await session.scalars(select(Target).with_for_update())).all():
        if row.unit_path.startswith(old):
            row.unit_path = moved(row.unit_path, old, new)
        if any(path.startswith(old) for path in row.units):
            row.units = [moved(path, old, new) for path in row.units]
        settings = moved_within(row.settings, old, new)
        if settings != row.settings:
            row.settings = settings
    await session.flush()


def moved(path: str, old: str, new: str) -> str:
    """A path after the move; pure."""
    return new + path.removeprefix(old) if path.startswith(old) else path


def moved_within(settings: Any, old: str, new: str) -> Any:
    """Settings with each path in them moved, however deep it stands; pure."""
    if isinstance(settings, str):
        return moved(settings, old, new)
    if isinstance(settings, list):
        return [moved_within(one, old, new) for one in settings]
    if isinstance(settings, dict):
        return {name: moved_within(one, old, new) for name, one in settings.items()}
    return settings
