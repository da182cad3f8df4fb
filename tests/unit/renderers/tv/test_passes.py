"""Passes of the portal: for whom there is one, until when, and what they are worth elsewhere."""

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import pytest

from cms.contract import Ask, Reply
from renderers.tv import passes, tokens
from renderers.tv.passes import Pass, issued
from renderers.tv.plan import Rule, from_value, to_value
from renderers.tv.serve import serve
from renderers.tv.settings import ChannelSettings
from tests.fakes.channel import NOW, SLOT, ChannelWorld
from tests.fakes.house_files import imagined

SECRET = b"secret of the installation"
SECONDS = int(NOW.timestamp())
SIGNED = Rule(signed=True, keys=(("telecom", 2),))
LED = dataclasses.replace(SIGNED, entry_only=True)
HERE = {"s": "abcdefgh1234"}


def entry(expires: int, operator: str = "telecom", number: int = 2) -> str:
    key = tokens.key_of(SECRET, "t-tv", operator, number)
    return tokens.signed(key, "t-tv", operator, number, expires)


def given(rule: Rule, **query: str) -> Pass | tokens.Wrong:
    return issued(rule, "t-tv", SECRET, {**HERE, **query}, SECONDS)


def token_of(found: Pass | tokens.Wrong) -> str:
    assert isinstance(found, Pass)
    return found.prefix.removeprefix("t/").removesuffix("/")


def right(token: str, rule: Rule = SIGNED, now: int = SECONDS) -> tokens.Wrong | None:
    return tokens.wrong_with(token, secret=SECRET, channel="t-tv", keys=dict(rule.keys), now=now)


def test_pass_of_a_signed_channel_is_a_token_that_ends() -> None:
    found = given(SIGNED)
    token = token_of(found)
    assert isinstance(found, Pass)
    assert found.expires == SECONDS + 120 * 60
    assert right(token) is None
    assert right(token, now=found.expires) is tokens.Wrong.EXPIRED
    assert passes.viewer_of(token) == "portal-abcdefgh1234"
    assert passes.viewer_of(entry(SECONDS + 60)) == ""


def test_pass_of_an_open_channel_is_none_at_all() -> None:
    assert given(Rule()) == Pass("", 0)


@pytest.mark.parametrize("session", ["", "short", "UPPER-CASE-1", "a" * 21, "x.y.z.zzzzzz", "../../../../"])
def test_session_that_is_no_word_gets_no_pass(session: str) -> None:
    assert given(SIGNED, s=session) is tokens.Wrong.FORM


def test_portal_key_when_its_number_rises_twice_ends_the_passes_of_before() -> None:
    token = token_of(given(SIGNED))
    assert right(token, dataclasses.replace(SIGNED, keys=(("portal", 2),))) is None
    assert right(token, dataclasses.replace(SIGNED, keys=(("portal", 3),))) is tokens.Wrong.SIGNATURE
    assert token.split(".")[1] == "1"


def test_channel_for_an_operators_viewers_gives_passes_only_for_an_entry_and_no_longer_than_that() -> None:
    assert given(LED) is tokens.Wrong.MISSING
    assert given(LED, token=entry(SECONDS)) is tokens.Wrong.EXPIRED
    assert given(LED, token=entry(SECONDS + 60, "unicom", 1)) is tokens.Wrong.SIGNATURE
    short = given(LED, token=entry(SECONDS + 60))
    assert isinstance(short, Pass)
    assert short.expires == SECONDS + 60
    # What was given once is no entry: otherwise whoever has a pass has the next one too.
    assert given(LED, token=token_of(short)) is tokens.Wrong.SIGNATURE


async def asked(path: str, query: Mapping[str, str] = HERE, **settings: Any) -> Reply:
    world = ChannelWorld()
    told = {"signed": True, "operators": ["telecom 2"], **settings}
    world.target = dataclasses.replace(world.target, settings=told)
    world.lecture(1, imagined("item 1", segments=9), at=NOW)
    await world.render(NOW)
    ask = Ask("GET", f"t-tv/{path}", query, {}, b"", NOW + 7 * SLOT, SECRET)
    return await serve(ask, world, world.assets, world.services.site) or Reply(404)


async def test_pass_is_answered_to_our_own_pages_alone_and_opens_the_stream() -> None:
    reply = await asked("pass.json")
    told = json.loads(reply.parts[0])  # type: ignore[arg-type]
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Access-Control-Allow-Origin"] != "*"
    assert told["expires"] - told["now"] <= 120 * 60_000
    listed = await asked(f"{told['prefix']}720.m3u8", {})
    assert (listed.status, listed.viewing, listed.viewer) == (200, "t-tv", "portal-abcdefgh1234")
    assert (await asked("pass.json", {})).status == 403
    refused = await asked("pass.json", entry_only=True)
    assert (refused.status, refused.headers["Cache-Control"]) == (403, "no-store")
    assert "入口" in refused.parts[0].decode()  # type: ignore[union-attr]


async def test_address_that_has_ended_lives_on_while_its_page_fetches_passes() -> None:
    world = ChannelWorld()
    world.target = dataclasses.replace(world.target, settings={"signed": True, "pass_minutes": 5})
    world.lecture(1, imagined("item 1", segments=9), at=NOW)
    await world.render(NOW)

    async def answered(path: str, minutes: int, session: str = "renewed12345") -> Reply:
        at = NOW + 7 * SLOT + dt.timedelta(minutes=minutes)
        ask = Ask("GET", f"t-tv/{path}", {"s": session}, {}, b"", at, SECRET)
        return await serve(ask, world, world.assets, world.services.site) or Reply(404)

    def prefix(reply: Reply) -> str:
        return str(json.loads(reply.parts[0])["prefix"])  # type: ignore[arg-type]

    first = prefix(await answered("pass.json", 0))
    await answered("pass.json", 4)
    await answered("pass.json", 4, "another12345")
    assert (await answered(f"{first}720.m3u8", 8)).viewer == "portal-renewed12345", "one viewer still"
    assert (await answered(f"{first}720.m3u8", 10)).status == 403, "its page is gone"
    forged = first.replace("renewed12345", "another12345")
    assert (await answered(f"{forged}720.m3u8", 8)).status == 403, "only what we signed"


def test_memory_of_renewals_is_bounded() -> None:
    held = passes.Renewals(most=2)
    tokens_ = [token_of(given(SIGNED, s=f"session-{n}".replace("-", ""))) for n in range(3)]
    for token in tokens_:
        held.note("t-tv", Pass(f"t/{token}/", SECONDS + 60))
    assert [held.lives("t-tv", token, SECONDS) for token in tokens_] == [False, True, True]
    assert not held.lives("another", tokens_[2], SECONDS)


def test_settings_keep_the_portals_name_for_the_portal() -> None:
    assert ChannelSettings(operators=("portal 3",)).keys == {"portal": 3}
    with pytest.raises(ValueError, match="operators"):
        ChannelSettings(operators=("portal-telecom",))


async def test_plan_of_before_there_were_passes_is_read() -> None:
    world = ChannelWorld()
    await world.render(NOW)
    value = to_value(from_value(json.loads((await world.read("/tv/t-tv/plan.json")) or b"")))
    del value["rule"]["entry_only"], value["rule"]["pass_minutes"]
    assert from_value(value).rule.pass_minutes == 120
