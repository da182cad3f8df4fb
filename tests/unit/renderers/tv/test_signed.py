"""Signed addresses: what is answered, what is refused and why, and what others may keep of it."""

import dataclasses
import re
from collections.abc import Mapping

import pytest

from cms.contract import Ask, Reply
from renderers.tv.serve import _ROUTES, serve
from renderers.tv.tokens import LONGEST_SECONDS, Wrong, key_of, signed, wrong_with
from tests.fakes.channel import NOW, SLOT, ChannelWorld, slot_of
from tests.fakes.house_files import imagined

SECRET = b"secret of the installation"
SECONDS = int(NOW.timestamp())
KEYS = {"telecom": 2}


def token(operator: str = "telecom", number: int = 2, expires: int = SECONDS + 60, channel: str = "t-tv") -> str:
    return signed(key_of(SECRET, channel, operator, number), channel, operator, number, expires)


def wrong(text: str, now: int = SECONDS) -> Wrong | None:
    return wrong_with(text, secret=SECRET, channel="t-tv", keys=KEYS, now=now)


async def demanding(**settings: object) -> ChannelWorld:
    world = ChannelWorld()
    world.target = dataclasses.replace(world.target, settings={"signed": True, "operators": ["telecom 2"], **settings})
    world.lecture(1, imagined("item 1", segments=9), at=NOW)
    await world.render(NOW)
    return world


async def asked(world: ChannelWorld, path: str, query: Mapping[str, str] | None = None) -> Reply:
    ask = Ask("GET", f"t-tv/{path}", query or {}, {}, b"", NOW + 7 * SLOT, SECRET)
    return await serve(ask, world, world.assets, world.services.site) or Reply(404)


def test_token_of_the_present_key_and_of_the_one_before_is_right() -> None:
    assert wrong(token()) is None
    assert wrong(token(number=1)) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Wrong.MISSING),
        ("telecom.2.x", Wrong.FORM),
        (token()[:-1], Wrong.FORM),
        (token(number=3), Wrong.SIGNATURE),
        (token("unicom"), Wrong.SIGNATURE),
        (token(channel="t-other"), Wrong.SIGNATURE),
        (token().replace(str(SECONDS + 60), str(SECONDS + 61)), Wrong.SIGNATURE),
        (token(expires=SECONDS), Wrong.EXPIRED),
        (token(expires=SECONDS + LONGEST_SECONDS + 1), Wrong.EXPIRED),
    ],
)
def test_token_that_is_anything_else_is_refused_with_the_reason(text: str, why: Wrong) -> None:
    assert wrong(text) is why


def test_token_without_a_secret_or_two_keys_later_is_refused() -> None:
    assert wrong_with(token(), secret=b"", channel="t-tv", keys=KEYS, now=SECONDS) is Wrong.SIGNATURE
    assert wrong_with(token(), secret=SECRET, channel="t-tv", keys={"telecom": 4}, now=SECONDS) is Wrong.SIGNATURE


async def test_channel_that_demands_a_signature_answers_no_part_of_its_stream_without() -> None:
    world = await demanding()
    slot = slot_of(NOW) + 3
    stream = ["master.m3u8", "720.m3u8", f"720/{slot}.m4s", f"720/slate-{slot}.m4s", "720/init-house-of-tests.mp4"]
    for path in (*stream, f"subtitles-zh/{slot}.vtt", "start-over.m3u8", f"catchup.m3u8?begin={SECONDS}"):
        reply = await asked(world, path.partition("?")[0])
        assert (reply.status, reply.headers["Cache-Control"]) == (403, "no-store"), path
        assert (await asked(world, f"t/{token(expires=SECONDS)}/{path.partition('?')[0]}")).status == 403
    for path in ("now.json", "day/"):
        assert (await asked(world, path)).status == 200


async def test_signed_address_is_answered_like_an_open_one_and_kept_by_nobody_between() -> None:
    world = await demanding()
    path = f"t/{token(expires=SECONDS + 600)}/"
    ladder = await asked(world, path + "master.m3u8")
    listed = await asked(world, path + "720.m3u8")
    begun = await asked(world, path + "720/init-house-of-tests.mp4")
    for reply in (ladder, listed, begun):
        assert reply.status == 200
        assert reply.headers["Cache-Control"].startswith("private")
    # The bytes are everybody's: addresses in them are relative and inherit the token.
    assert b"".join(p for p in listed.parts if isinstance(p, bytes)).count(b"\n720/") == 6
    assert token(expires=SECONDS + 600).encode() not in b"".join(p for p in ladder.parts if isinstance(p, bytes))


async def test_token_in_the_query_leads_to_the_one_in_the_path() -> None:
    world = await demanding()
    mark = token(expires=SECONDS + 600)
    reply = await asked(world, "catchup.m3u8", {"token": mark, "begin": "20261120110000"})
    assert (reply.status, reply.headers["Cache-Control"]) == (302, "no-store")
    assert reply.headers["Location"] == f"/tv/t-tv/t/{mark}/catchup.m3u8?begin=20261120110000"
    assert (await asked(world, "master.m3u8", {"token": "x\r\nSet-Cookie: a=b"})).status == 403


async def test_channel_without_the_demand_takes_any_token_and_none() -> None:
    world = await demanding(signed=False)
    assert (await asked(world, "master.m3u8")).headers["Cache-Control"].startswith("public")
    assert (await asked(world, f"t/{token(expires=1)}/master.m3u8".replace(".1.", ".0000000001."))).status == 200
    assert re.fullmatch(r"/tv/t-tv/t/\S+", (await asked(world, "720.m3u8", {"token": token()})).headers["Location"])


async def test_every_address_of_a_stream_that_the_channel_knows_asks_for_a_token_and_ends_with_it() -> None:
    world = await demanding()
    slot, span = slot_of(NOW) + 3, {"begin": "20261120110000", "end": "20261120110010"}
    samples = [
        *(f"{track}.m3u8" for track in ("1080", "audio", "subtitles-zh", "subtitles-en")),
        *(f"catchup{track}.m3u8" for track in ("", "-720", "-audio", "-subtitles-zh")),
        *(
            f"480/{name}"
            for name in (f"{slot}.m4s", f"over-1-{slot}.m4s", f"slate-{slot}.m4s", "init-house-of-tests.mp4")
        ),
        *(f"ts/{name}" for name in ("master.m3u8", "720.m3u8", f"720/{slot}.ts", f"480/slate-{slot}.ts")),
        *("master.m3u8", "start-over.m3u8", f"subtitles-zh/{slot}.vtt"),
    ]
    patterns = [pattern for pattern, _, is_stream in _ROUTES if is_stream]
    assert all(any(pattern.fullmatch(path) for path in samples) for pattern in patterns), "a new one stands here too"
    good, over = token(expires=SECONDS + 600), token(expires=SECONDS + 1)
    for path in samples:
        for refused in (path, f"t/{over}/{path}", f"t/{token(number=3, expires=SECONDS + 600)}/{path}"):
            reply = await asked(world, refused, span)
            assert (reply.status, reply.headers["Cache-Control"]) == (403, "no-store"), refused
        reply = await asked(world, f"t/{good}/{path}", span)
        assert reply.status not in {302, 403}, path
        assert not reply.headers.get("Cache-Control", "private").startswith("public"), path
        text = b"".join(part for part in reply.parts if isinstance(part, bytes)) if path.endswith(".m3u8") else b""
        addresses = [line for line in text.decode().splitlines() if line and not line.startswith("#")]
        assert not any(line.startswith("/") or "://" in line for line in addresses), "they inherit the token"
