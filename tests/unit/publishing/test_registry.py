"""Installed channels are found by entry point, and one that breaks the contract is named."""

import dataclasses
from importlib.metadata import EntryPoint

import pytest

from cms.contract import Channel, Route
from cms.publishing.registry import GROUP, BadChannel, check_channel, load_channels
from renderers.web import channel as web


def point(value: str, name: str = "x") -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_a_channel_behind_an_entry_point_is_found_by_its_kind() -> None:
    found = load_channels([point("renderers.web:channel"), point("renderers.screen:channel", "y")])
    assert sorted(found) == ["screen", "web"]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("renderers.nowhere:channel", "nowhere"),
        ("renderers.web:nothing", "nothing"),
        ("renderers.web:FORMS", "not a Channel"),
    ],
)
def test_an_entry_point_that_gives_no_channel_is_named(value: str, why: str) -> None:
    with pytest.raises(BadChannel, match=why):
        load_channels([point(value)])


def test_two_channels_of_one_kind_are_refused() -> None:
    with pytest.raises(BadChannel, match="two channels"):
        load_channels([point("renderers.web:channel", "a"), point("renderers.web:channel", "b")])


async def _handler() -> None: ...


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"display": None}, "neither"),
        ({"display": object()}, "render"),
        ({"post": object()}, "stage"),
        ({"kind": "Web"}, "lower-case"),
        ({"routes": (Route("GET", "/x", _handler, ""),)}, "permission"),
    ],
)
def test_a_channel_that_breaks_the_contract_is_refused(changes: dict[str, object], why: str) -> None:
    broken: Channel = dataclasses.replace(web(), **changes)  # type: ignore[arg-type]
    with pytest.raises(BadChannel, match=why):
        check_channel(broken, name="web")
