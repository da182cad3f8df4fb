"""The installed channels, by entry point: a new channel is a new folder and one line, and the core never names one."""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from cms.contract import Channel, Display, Post

GROUP: Final = "yunping.renderers"


class BadChannel(Exception):
    """An installed channel that does not keep the contract; the message names it and says why."""


def load_channels(points: Iterable[EntryPoint] | None = None) -> Mapping[str, Channel]:
    """Channels by kind; `points` are the installed entry points unless given.

    Raises:
        BadChannel: one cannot be imported, is not a `Channel`, has no renderer, or has another's kind.
    """
    found: dict[str, Channel] = {}
    for point in sorted(entry_points(group=GROUP) if points is None else points, key=lambda p: p.name):
        channel = _load(point)
        if channel.kind in found:
            raise BadChannel(f"{point.value}: there are two channels of kind {channel.kind!r}")
        found[channel.kind] = channel
    return found


def _load(point: EntryPoint) -> Channel:
    try:
        made: object = point.load()
    except (ImportError, AttributeError) as problem:
        raise BadChannel(f"{point.value}: {problem}") from problem
    made = made() if callable(made) and not isinstance(made, Channel) else made
    if not isinstance(made, Channel):
        raise BadChannel(f"{point.value}: gives a {type(made).__name__}, not a Channel")
    check_channel(made, name=point.value)
    return made


def check_channel(channel: Channel, *, name: str) -> None:
    """Raises BadChannel for what the types cannot say."""
    if channel.display is None and channel.post is None:
        raise BadChannel(f"{name}: has neither a display nor a post")
    if channel.display is not None and not isinstance(channel.display, Display):
        raise BadChannel(f"{name}: its display has no render")
    if channel.post is not None and not isinstance(channel.post, Post):
        raise BadChannel(f"{name}: its post lacks a stage")
    if not channel.kind.isascii() or not channel.kind.islower():
        raise BadChannel(f"{name}: its kind must be lower-case ASCII")
    if any(not route.permission for route in channel.routes):
        raise BadChannel(f"{name}: a route declares no permission")
