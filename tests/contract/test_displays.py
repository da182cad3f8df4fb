"""Every display channel passes the conformance kit unedited."""

import datetime as dt
from importlib.metadata import entry_points

import pytest

from cms.contract import Channel, Delta, Files, Manifests, Services
from renderers.conformance import check_display
from renderers.web.render import WebDisplay

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
# Built at import, as a process does at start: templates are read before the loop runs.
_ALL = {entry.name: entry.load()() for entry in entry_points(group="yunping.renderers")}
CHANNELS = {name: channel for name, channel in _ALL.items() if channel.display is not None}


@pytest.mark.parametrize("name", sorted(name for name, channel in CHANNELS.items() if channel.display))
async def test_channel_in_the_kit_has_no_findings(name: str) -> None:
    channel = CHANNELS[name]
    assert channel.kind == name
    assert await check_display(channel, now=NOW) == []


class _Forgetful(WebDisplay):
    """Leaves recalled articles standing, as a careless channel would."""

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Files | Manifests:  # type: ignore[override]
        files = await super().render(delta, services, now)
        return Files(files.write)


class _Lazy(WebDisplay):
    """Renders nothing the second time, as a channel with a memory of its own would."""

    def __init__(self) -> None:
        self._asked = 0

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Files | Manifests:  # type: ignore[override]
        self._asked += 1
        return await super().render(delta, services, now) if self._asked == 1 else Files(())


@pytest.mark.parametrize(("display", "check"), [(_Forgetful, "recalls"), (_Lazy, "replays")])
async def test_kit_with_a_careless_channel_finds_it(display: type[WebDisplay], check: str) -> None:
    good = CHANNELS["web"]
    careless = Channel(kind="web", display=display(), form=good.form)
    assert check in {finding.check for finding in await check_display(careless, now=NOW)}
