"""Consent, tokens, uploads in parts and webhooks against the Douyin simulator."""

import asyncio
import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import pytest

from cms.contract import Ask, NotSent, Reply
from renderers.conformance.world import World
from renderers.douyin import consent
from renderers.douyin.account import MODE, TOKENS, Account, Halt
from renderers.douyin.calls import call
from renderers.douyin.hooks import callback, signature
from renderers.douyin.settings import Settings
from renderers.douyin.tokens import upkeep
from renderers.douyin.uploads import mark_used, uploaded
from renderers.douyin.wire import Answer
from tests.contract.douyin_world import BASE, dialled
from tests.fakes.douyin.simulator import Douyin
from tests.fakes.stage.faults import Kind

DATA = "/api/douyin/v1/video/video_list/"
MIB = 1 << 20
FILM = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(range(256)) * 4096 * 12
SHA = "f" * 64


async def ask(world: World, method: str, path: str, body: bytes = b"", query: str = "", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    flat = {name: values[0] for name, values in parse_qs(query).items()}
    return await callback(Ask(method, path, flat, named, body, world.services.now()), world.target, world.services)


def words(reply: Reply) -> str:
    return b"".join(part for part in reply.parts if isinstance(part, bytes)).decode()


async def event(world: World, platform: Douyin, name: str, content: object, **headers: str) -> Reply:
    body = platform.webhooks.body(name, content)
    given = {"x_douyin_signature": signature(platform.app.client_secret, body), "msg_id": "m1", **headers}
    return await ask(world, "POST", "", body, **given)


async def consents(world: World, platform: Douyin) -> tuple[str, str]:
    """A person opens the link and agrees: the state and the code that come back."""
    link = urlsplit(await consent.begin(world.target, world.services))
    given = {name: values[0] for name, values in parse_qs(link.query).items()}
    platform.oauth.check_consent(given)
    assert given["redirect_uri"] == "https://www.example.cn/hooks/douyin/t-douyin/oauth"
    return given["state"], platform.oauth.consent(given["scope"])


# consent


async def test_consent_when_given_lets_the_account_post_again() -> None:
    platform = Douyin()
    world = await dialled(platform, open_id="")
    await world.services.vault.put("access_token", "dead")
    await world.services.state.put(MODE, {"outbox": True}, version=0)
    state, code = await consents(world, platform)
    reply = await ask(world, "GET", "oauth", query=f"code={code}&state={state}")
    assert (reply.status, reply.hint) == (200, True)
    assert "授权成功" in words(reply)
    tokens, _ = await world.services.state.get(TOKENS)
    assert tokens["open_id"] == platform.app.open_id
    left = dt.datetime.fromtimestamp(tokens["consent_ends"], dt.UTC) - platform.clock.now()
    assert left.days in {164, 165}
    account = await Account.open(world.target, world.services)
    assert not await account.needs_outbox()
    answer = await call(account, DATA, query={"cursor": "0", "count": "10"}, method="GET")
    assert isinstance(answer, Answer)
    assert answer.code == 0


@pytest.mark.parametrize("trick", ["forged", "twice", "late", "none"])
async def test_consent_when_its_state_is_not_ours_changes_nothing(trick: str) -> None:
    platform = Douyin()
    world = await dialled(platform)
    state, code = await consents(world, platform)
    if trick == "twice":
        await ask(world, "GET", "oauth", query=f"code={code}&state={state}")
        code = platform.oauth.consent()
    before = await world.services.vault.get("access_token")
    if trick == "late":
        platform.advance(dt.timedelta(minutes=31))
    state = {"forged": "x" * 43, "none": ""}.get(trick, state)
    reply = await ask(world, "GET", "oauth", query=f"code={code}&state={state}")
    assert reply.status == 400
    assert "授权链接已失效" in words(reply)
    assert await world.services.vault.get("access_token") == before


async def test_consent_when_of_another_account_is_refused() -> None:
    platform = Douyin()
    world = await dialled(platform, open_id="_000ours")
    before = await world.services.vault.get("access_token")
    state, code = await consents(world, platform)
    reply = await ask(world, "GET", "oauth", query=f"code={code}&state={state}")
    assert "不一致" in words(reply)
    assert await world.services.vault.get("access_token") == before


async def test_consent_when_the_code_is_dead_says_so() -> None:
    platform = Douyin()
    world = await dialled(platform)
    state, _ = await consents(world, platform)
    assert (await ask(world, "GET", "oauth", query=f"code=nonsense&state={state}")).status == 400


# tokens


async def ended(world: World) -> object:
    """One daily look; the outcome that ends the consent, if it does."""
    try:
        await upkeep(world.target, world.services)
    except Halt as halt:
        return halt.outcome
    return None


async def test_upkeep_when_called_daily_keeps_a_quiet_account_to_the_end_of_its_consent() -> None:
    platform = Douyin()
    world = await dialled(platform)
    began, days = platform.clock.now(), 0
    ends = await upkeep(world.target, world.services)
    while (over := await ended(world)) is None:
        platform.advance(dt.timedelta(days=1))
        days += 1
    assert isinstance(over, NotSent)
    assert over.code == "douyin.setup.consent_over"
    assert platform.oauth.grants[0].renewals == 5
    assert ends is not None
    # The countdown was right from the first day on, to the days between two daily looks.
    assert abs((ends - began).days - days) <= 6
    assert days > 155


async def test_renewal_when_its_answer_is_lost_leaves_the_access_token_alive() -> None:
    platform = Douyin()
    world = await dialled(platform)
    platform.advance(dt.timedelta(days=28))
    platform.faults.plan("/oauth/renew_refresh_token/", Kind.CUT_AFTER)
    with pytest.raises(Halt, match="renewal_open"):
        await upkeep(world.target, world.services)
    account = await Account.open(world.target, world.services)
    answer = await call(account, DATA, query={"cursor": "0", "count": "10"}, method="GET")
    assert isinstance(answer, Answer)
    assert answer.code == 0
    assert [name for name, _ in world.journal if name == "douyin.renewal_lost"]


async def test_refresh_when_two_workers_are_refused_at_once_is_made_once() -> None:
    platform = Douyin()
    world = await dialled(platform)
    platform.advance(dt.timedelta(days=16))
    account = await Account.open(world.target, world.services)
    query = {"cursor": "0", "count": "10"}
    first = await call(account, DATA, query=query, method="GET")
    second = await call(account, DATA, query=query, method="GET")
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert (first.code, second.code) == (0, 0)
    assert sum(f["path"] == "/oauth/refresh_token/" for n, f in world.journal if n == "douyin.call") == 1


async def test_journal_when_read_has_no_secret() -> None:
    platform = Douyin()
    world = await dialled(platform)
    platform.advance(dt.timedelta(days=26))
    await upkeep(world.target, world.services)
    told = json.dumps(world.journal)
    for name in ("client_secret", "access_token", "refresh_token"):
        assert str(await world.services.vault.get(name)) not in told


# uploads


async def upload(world: World, name: str = "upload:x") -> str:
    world.assets.held[SHA] = FILM
    account = await Account.open(world.target, world.services)
    return await uploaded(account, name, sha256=SHA, size=len(FILM))


async def test_upload_when_large_goes_up_in_parts_and_arrives_whole() -> None:
    platform = Douyin()
    world = await dialled(platform, chunk_above_mb=1, chunk_mb=5)
    video = await upload(world)
    assert platform.uploads.videos[video].data == FILM
    paths = [str(fields["path"]).split("/")[-2] for name, fields in world.journal if name == "douyin.call"]
    assert paths == ["init_video_part_upload", *["upload_video_part"] * 3, "complete_video_part_upload"]
    assert await upload(world) == video
    assert platform.journal.counters["videos"] == 1


@pytest.mark.parametrize("kind", [Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.MALFORMED, Kind.HTTP])
async def test_upload_when_a_part_is_lost_goes_on_from_there(kind: Kind) -> None:
    platform = Douyin()
    world = await dialled(platform, chunk_above_mb=1, chunk_mb=5)
    init, part = (f"/api/douyin/v1/video/{name}/" for name in ("init_video_part_upload", "upload_video_part"))
    assert isinstance(await call(await Account.open(world.target, world.services), init), Answer)
    platform.faults.plan(part, kind, times=1)
    with pytest.raises(Halt) as halted:
        await upload(world)
    assert isinstance(halted.value.outcome, NotSent)
    assert halted.value.outcome.retry
    video = await upload(world)
    assert platform.uploads.videos[video].data == FILM
    paths = [fields["path"] for name, fields in world.journal if name == "douyin.call"]
    assert paths.count(init) == 2  # the one above, and one for this upload


async def test_upload_when_the_last_answer_is_lost_begins_anew_and_ends() -> None:
    platform = Douyin()
    world = await dialled(platform, chunk_above_mb=1, chunk_mb=5)
    platform.faults.plan("*/complete_video_part_upload/", Kind.CUT_AFTER)
    for _ in range(2):
        with pytest.raises(Halt):
            await upload(world)
    assert platform.uploads.videos[await upload(world)].data == FILM


async def test_upload_when_killed_at_any_call_arrives_whole() -> None:
    kill_at, killed, video = 0, True, ""
    while killed:
        kill_at += 1
        platform = Douyin()
        world = await dialled(platform, chunk_above_mb=1, chunk_mb=5)
        world.faults.calls, world.faults.kill_at = 0, kill_at
        try:
            video = await upload(world)
            killed = False
        except asyncio.CancelledError:
            world.faults.kill_at = 0
            for _ in range(3):
                try:
                    video = await upload(world)
                    break
                except Halt:
                    continue
        assert platform.uploads.videos[video].data == FILM
    assert kill_at > 15


async def test_upload_when_used_is_not_offered_again() -> None:
    platform = Douyin()
    world = await dialled(platform)
    first = await upload(world)
    await mark_used(await Account.open(world.target, world.services), "upload:x")
    assert await upload(world) != first


# webhooks


async def test_event_when_signed_only_hints_and_once() -> None:
    platform = Douyin()
    world = await dialled(platform)
    reply = await event(world, platform, "create_video", {"item_id": "@1"})
    assert (reply.status, reply.hint) == (200, True)
    again = await event(world, platform, "create_video", {"item_id": "@1"})
    assert (again.status, again.hint) == (200, False)
    other = await event(world, platform, "create_video", json.dumps({"item_id": "@2"}), msg_id="m2")
    assert (other.status, other.hint) == (200, True)


async def test_event_when_forged_is_refused() -> None:
    platform = Douyin()
    world = await dialled(platform)
    body = platform.webhooks.body("create_video", {"item_id": "@1"})
    for given in ("", "0" * 40, signature("other", body), "é" * 40):
        reply = await ask(world, "POST", "", body, x_douyin_signature=given)
        assert (reply.status, reply.hint) == (403, False)
    signed = signature(platform.app.client_secret, body)
    assert (await ask(world, "POST", "", body + b" ", x_douyin_signature=signed)).status == 403


async def test_event_when_there_is_no_secret_is_refused() -> None:
    platform = Douyin()
    world = await dialled(platform)
    await world.services.vault.put("client_secret", "")
    body = b"{}"
    assert (await ask(world, "POST", "", body, x_douyin_signature=signature("", body))).status == 403


async def test_event_when_it_is_the_check_of_the_address_answers_its_number() -> None:
    platform = Douyin(callback="https://www.example.cn/hooks/douyin/t-douyin/")
    world = await dialled(platform)

    async def send(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        named = {name.lower(): value for name, value in headers.items()}
        found = Ask(method, "", {}, named, body, world.services.now())
        reply = await callback(found, world.target, world.services)
        return reply.status, words(reply).encode()

    assert await platform.webhooks.verify(send)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"event":"create_video","client_key":"someone-else"}'])
async def test_event_when_it_is_none_is_refused(body: bytes) -> None:
    platform = Douyin()
    world = await dialled(platform)
    reply = await ask(world, "POST", "", body, x_douyin_signature=signature(platform.app.client_secret, body))
    assert (reply.status, reply.hint) == (400, False)


async def test_ask_when_for_anything_else_is_not_found() -> None:
    world = await dialled(Douyin())
    assert (await ask(world, "GET", "")).status == 404
    assert (await ask(world, "POST", "oauth")).status == 404


def test_consent_url_when_made_names_all_that_the_page_asks_for() -> None:
    settings = Settings(client_key="aw1", base_url=BASE, scope="a,b")
    url = consent.consent_url(settings, state="s", redirect_uri="https://h/x")
    assert parse_qs(urlsplit(url).query) == {
        "client_key": ["aw1"],
        "response_type": ["code"],
        "scope": ["a,b"],
        "redirect_uri": ["https://h/x"],
        "state": ["s"],
    }


async def test_account_when_not_set_up_posts_by_hand() -> None:
    world = await dialled(Douyin())
    bare = dataclasses.replace(world.target, settings={})
    assert await (await Account.open(bare, world.services)).needs_outbox()
