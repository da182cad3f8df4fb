"""Every kind of trouble, and whether the call took effect under it."""

import json
import random
from typing import Any

import pytest

from renderers.conformance.post import Platform
from tests.fakes.douyin.simulator import Douyin
from tests.fakes.stage.faults import Kind
from tests.fakes.wechat.simulator import WeChat
from tests.unit.fakes.asking import AskDouyin, AskWeChat, douyin, wechat

ADD = "/cgi-bin/draft/add"


async def plain(asking: AskWeChat, **options: Any) -> tuple[int, Any, bytes]:
    """One draft/add under a fault; status, headers and body."""
    article = {"title": "课堂", "content": "正文", "thumb_media_id": await asking.cover()}
    kind = options.pop("kind")
    asking.sim.faults.plan(ADD, kind, **options)
    body = json.dumps({"articles": [article]}, ensure_ascii=False).encode()
    return await asking.sim.handle("POST", f"{ADD}?access_token={asking.token}", {}, body)


@pytest.mark.parametrize(
    ("options", "drafts"),
    [
        ({"kind": "code", "code": 45009}, 0),
        ({"kind": "code", "code": -1, "after": True}, 1),
        ({"kind": "http", "status": 500}, 0),
        ({"kind": "http", "status": 502, "after": True}, 1),
        ({"kind": "redirect"}, 0),
        ({"kind": "slow", "seconds": 3}, 1),
        ({"kind": "strings"}, 1),
        ({"kind": "gzip"}, 1),
        ({"kind": "malformed"}, 1),
    ],
)
async def test_fault_when_met_answers_as_planned_and_takes_effect_or_not(options: dict[str, Any], drafts: int) -> None:
    asking = await wechat()
    status, headers, body = await plain(asking, **options)
    assert asking.sim.journal.counters["drafts"] == drafts == len(asking.sim.drafts.box)
    match options["kind"]:
        case "code":
            assert json.loads(body)["errcode"] == options["code"]
        case "http":
            assert status == options["status"]
        case "redirect":
            assert (status, headers["Location"]) == (302, "http://redirect.invalid/")
        case "malformed":
            with pytest.raises(json.JSONDecodeError):
                json.loads(body)
        case _:
            assert "media_id" in json.loads(body)
    assert asking.sim.journal.calls(ADD)[0].fault == options["kind"]


@pytest.mark.parametrize(("kind", "drafts"), [("cut_before", 0), ("cut_after", 1)])
async def test_connection_when_cut_loses_the_answer_and_maybe_the_effect(kind: str, drafts: int) -> None:
    asking = await wechat()
    with pytest.raises(ConnectionError):
        await plain(asking, kind=kind)
    assert asking.sim.journal.counters["drafts"] == drafts


async def test_answer_when_too_slow_is_lost_after_the_effect() -> None:
    asking = await wechat()
    with pytest.raises(TimeoutError):
        await plain(asking, kind="slow", seconds=60)
    assert asking.sim.journal.counters["drafts"] == 1


async def test_fault_when_used_up_is_over() -> None:
    asking = await wechat()
    asking.sim.faults.plan("/cgi-bin/draft/*", Kind.CODE, times=2, code=-1)
    assert [(await asking.get("draft/count")).get("errcode", 0) for _ in range(3)] == [-1, -1, 0]


async def test_numbers_when_sent_as_text_are_all_text() -> None:
    asking = await wechat()
    await asking.draft()
    asking.sim.faults.plan("*", Kind.STRINGS)
    assert await asking.get("draft/count") == {"total_count": "1"}
    other = await douyin()
    other.sim.faults.plan("*", Kind.STRINGS)
    assert (await other.get("video_list"))["error_code"] == "0"


async def test_code_at_douyin_is_in_its_own_envelope() -> None:
    asking = await douyin()
    asking.sim.faults.plan("*", Kind.CODE, code=2190020)
    found = await asking.raw("GET", "/api/douyin/v1/video/video_list/")
    assert found["data"]["error_code"] == found["extra"]["error_code"] == 2190020


def test_simulators_are_platforms_of_the_kit() -> None:
    platforms: list[Platform] = [WeChat(), Douyin()]
    for platform in platforms:
        platform.arrange(random.Random(1))
        platform.calm()
        assert platform.visible("nothing") == 0


async def story(seed: int) -> tuple[list[str], dict[str, int]]:
    """What forty calls meet under the schedule of a seed."""
    sim = WeChat()
    asking = AskWeChat(sim)
    await asking.sign_in()
    sim.arrange(random.Random(seed))
    for _ in range(40):
        try:
            await asking.draft()
        except (ConnectionError, TimeoutError, ValueError, KeyError):
            continue
    return [f"{path} {fault.kind} {fault.takes_effect}" for path, fault in sim.faults.met], dict(sim.journal.counters)


async def test_schedule_of_a_seed_is_the_same_each_time() -> None:
    first, again = await story(5), await story(5)
    assert first == again


async def test_schedules_of_fifty_seeds_hold_every_kind_of_loss() -> None:
    met = " ".join([line for seed in range(50) for line in (await story(seed))[0]])
    for kind in (Kind.CUT_AFTER, Kind.CUT_BEFORE, Kind.HTTP, Kind.MALFORMED, Kind.CODE, Kind.SLOW, Kind.REDIRECT):
        assert f" {kind} " in met
    assert f"{ADD} http True" in met
    assert f"{ADD} http False" in met


async def test_calm_ends_faults_and_finishes_what_is_under_way() -> None:
    asking = await wechat()
    asking.sim.publishing.plan.delay = 600
    media_id = (await asking.draft())["media_id"]
    job = await asking.post("freepublish/submit", {"media_id": media_id})
    asking.sim.faults.plan("*", Kind.HTTP, times=99)
    asking.sim.calm()
    assert (await asking.post("freepublish/get", {"publish_id": job["publish_id"]}))["publish_status"] == 0
    other = await douyin()
    other.sim.posts.review.delay = 600
    await other.created()
    other.sim.calm()
    assert other.sim.visible("板凳课堂") == 1


async def test_journal_keeps_what_was_sent_and_masks_secrets() -> None:
    asking = await wechat()
    await asking.cover()
    entry = asking.sim.journal.calls("/cgi-bin/material/add_material")[0]
    assert entry.parts[0]["filename"] == "a.jpg"
    assert entry.parts[0]["size"] > 100
    await asking.draft("课堂")
    assert asking.sim.journal.calls(ADD)[0].json()["articles"][0]["title"] == "课堂"
    other = AskDouyin()
    await other.sign_in()
    await other.get("video_list")
    written = json.dumps([*asking.sim.journal.as_json(), *other.sim.journal.as_json()], ensure_ascii=False)
    for secret in (
        asking.sim.account.secret,
        asking.token,
        other.sim.app.client_secret,
        other.grant["access_token"],
    ):
        assert secret not in written
    assert "client_secret" in written
