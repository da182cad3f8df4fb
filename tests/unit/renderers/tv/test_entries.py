"""Entries to the portal: which channels a place may see, who signs them, and what the desk previews with."""

import dataclasses
import datetime as dt
import json

import pytest

from cms.contract import Ask, Target
from renderers.tv import entries, paths, tokens
from renderers.tv.passes import Pass, issued
from renderers.tv.plan import Rule, decode, encode
from renderers.tv.serve import serve
from renderers.tv.tokens import Wrong
from tests.fakes import channel
from tests.fakes.house_files import imagined

SECRET = b"secret of the installation"
NOW = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)
SECONDS = int(NOW.timestamp())
LED = Rule(signed=True, keys=(("telecom", 2),), entry_only=True)


def entry(*codes: str, operator: str = "telecom", number: int = 2, expires: int = SECONDS + 60) -> str:
    return entries.signed(entries.key_of(SECRET, operator, number), codes, operator, number, expires)


def wrong(token: str, channel: str = "hall", rule: Rule = LED, now: int = SECONDS) -> Wrong | None:
    return entries.wrong_with(token, secret=SECRET, channel=channel, keys=dict(rule.keys), now=now)


def test_entry_of_several_channels_opens_each_of_them_and_no_other() -> None:
    token = entry("square", "hall")
    assert entries.is_of_several(token)
    assert [wrong(token, code) for code in ("hall", "square", "stage")] == [None, None, Wrong.SIGNATURE]
    assert wrong(token, now=SECONDS + 60) is Wrong.EXPIRED
    assert wrong(token.replace("_square", "_stage"), "stage") is Wrong.SIGNATURE
    assert wrong(entry("hall", expires=SECONDS + 32 * 86_400)) is Wrong.EXPIRED, "none for ever"


def test_channel_says_itself_which_operators_it_takes_entries_of() -> None:
    assert wrong(entry("hall", operator="unicom")) is Wrong.SIGNATURE
    assert [wrong(entry("hall", number=n)) for n in (1, 2, 3)] == [None, None, Wrong.SIGNATURE]
    later = Rule(signed=True, keys=(("telecom", 4),), entry_only=True)
    assert wrong(entry("hall"), rule=later) is Wrong.SIGNATURE
    # The key of one channel signs no entry of several.
    key = tokens.key_of(SECRET, "hall", "telecom", 2)
    assert wrong(entries.signed(key, ["hall", "square"], "telecom", 2, SECONDS + 60)) is Wrong.SIGNATURE


def test_token_of_one_channel_is_an_entry_to_it_as_before() -> None:
    key = tokens.key_of(SECRET, "hall", "telecom", 2)
    one = tokens.signed(key, "hall", "telecom", 2, SECONDS + 60)
    assert (wrong(one), wrong(one, "square")) == (None, Wrong.SIGNATURE)
    assert not entries.is_of_several(one)


def test_pass_for_an_entry_of_several_ends_with_it() -> None:
    for token in (entry("hall", "square"), entry("hall", operator=f"{entries.DESK}0a1b2c3d", number=1)):
        found = issued(LED, "hall", SECRET, {"s": "abcdefgh1234", "token": token}, SECONDS)
        assert isinstance(found, Pass)
        assert found.expires == SECONDS + 60


@pytest.mark.parametrize("codes", [(), ("UPPER",), ("a",), tuple(f"channel-{n}" for n in range(51))])
def test_entry_to_no_channel_or_too_many_is_not_signed(codes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="codes"):
        entry(*codes)


def target(code: str, **settings: object) -> Target:
    return Target(code, "tv", code, settings=settings)


def test_desk_gets_an_entry_only_for_channels_that_ask_for_one() -> None:
    led = {"signed": True, "entry_only": True}
    given = [target("open"), target("signed", signed=True), target("broken", pass_minutes=0), target("hall", **led)]
    assert entries.for_the_desk(given[:3], SECRET, "0a1b2c3d", NOW) == ""
    token = entries.for_the_desk([*given, target("square", **led)], SECRET, "0a1b2c3d", NOW)
    assert token.startswith("portal-desk-0a1b2c3d.1.")
    assert token.split(".")[3] == "hall_square"
    assert (wrong(token), wrong(token, "signed")) == (None, Wrong.SIGNATURE)
    assert wrong(token, now=SECONDS + 8 * 3600) is Wrong.EXPIRED
    assert wrong(token, rule=Rule(signed=True, keys=(("portal", 3),))) is Wrong.SIGNATURE, "its key was raised twice"
    assert entries.for_the_desk([target("hall", **led)], b"", "0a1b2c3d", NOW) == ""


async def test_list_of_channels_names_those_that_are_open_and_those_of_the_entry() -> None:
    world = channel.ChannelWorld()
    world.lecture(1, imagined("item", segments=30), at=channel.NOW)
    await world.render(channel.NOW)
    file = world.tree[paths.plan("t-tv")]
    for code, name, rule in (("hall", "礼堂", LED), ("square", "广场", LED), ("stage", "大舞台", Rule(signed=True))):
        told = encode(dataclasses.replace(decode(file.data), code=code, name=name, rule=rule))
        world.tree[paths.plan(code)] = dataclasses.replace(file, path=paths.plan(code), data=told)
    token = entry("hall", expires=int(channel.NOW.timestamp()) + 60)

    async def answer(path: str, query: dict[str, str], now: dt.datetime = channel.NOW) -> str:
        ask = Ask("GET", path, query, {}, b"", now, secret=SECRET)
        reply = await serve(ask, world, world.assets, world.services.site)
        assert reply is not None
        return b"".join(part for part in reply.parts if isinstance(part, bytes)).decode()

    async def named(own: str, **query: str) -> list[tuple[int, str]]:
        told = json.loads(await answer(f"{own}/channels/list.json", query))
        page = await answer(f"{own}/channels/", query)
        shown = {name for name in ("礼堂", "广场", "大舞台") if f">{name}<" in page}
        assert shown == {one["name"] for one in told["channels"]} - {decode(file.data).name}
        return [(one["number"], one["code"]) for one in told["channels"]]

    assert await named("t-tv") == [(3, "stage"), (4, "t-tv")]
    # A number is the same for every viewer.
    assert await named("t-tv", token=token) == [(1, "hall"), (3, "stage"), (4, "t-tv")]
    assert await named("hall", token="x") == [(1, "hall"), (3, "stage"), (4, "t-tv")], "the one they are in"
    later = channel.NOW + dt.timedelta(seconds=61)
    told = json.loads(await answer("t-tv/channels/list.json", {"token": token}, later))
    assert [one["code"] for one in told["channels"]] == ["stage", "t-tv"]
