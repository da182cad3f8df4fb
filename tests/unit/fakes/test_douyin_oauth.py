import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.fakes.douyin.simulator import Douyin
from tests.unit.fakes.asking import AskDouyin, douyin

DAY = 86400


async def test_code_gives_tokens_of_15_and_30_days_once() -> None:
    asking = AskDouyin()
    code = asking.sim.oauth.consent()
    found = await asking.oauth("access_token", code=code, grant_type="authorization_code")
    assert found["access_token"].startswith("act.")
    assert (found["expires_in"], found["refresh_expires_in"]) == (15 * DAY, 30 * DAY)
    again = await asking.oauth("access_token", code=code, grant_type="authorization_code")
    assert again["error_code"] == 10007


async def test_code_when_old_is_refused() -> None:
    asking = AskDouyin()
    code = asking.sim.oauth.consent()
    asking.sim.advance(600)
    assert (await asking.oauth("access_token", code=code, grant_type="authorization_code"))["error_code"] == 10007


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"client_key": "other"}, 10003),
        ({"client_secret": "other"}, 10013),
        ({"client_secret": ""}, 10005),
        ({"code": ""}, 10005),
        ({"grant_type": "other"}, 10002),
    ],
)
async def test_token_when_the_client_is_wrong_is_refused(fields: dict[str, str], code: int) -> None:
    asking = AskDouyin()
    asked = {"code": asking.sim.oauth.consent(), "grant_type": "authorization_code", **fields}
    assert (await asking.oauth("access_token", **asked))["error_code"] == code


async def test_access_token_when_refreshed_early_is_the_same_and_lives_longer() -> None:
    asking = await douyin()
    asking.sim.advance(10 * DAY)
    found = await asking.oauth("refresh_token", refresh_token=asking.grant["refresh_token"], grant_type="refresh_token")
    assert found["access_token"] == asking.grant["access_token"]
    assert found["refresh_token"] == asking.grant["refresh_token"]
    assert found["expires_in"] == 15 * DAY
    assert found["refresh_expires_in"] // DAY == 19
    asking.sim.advance(14 * DAY)
    assert (await asking.get("video_list"))["error_code"] == 0


async def test_access_token_when_expired_is_replaced_by_a_refresh() -> None:
    asking = await douyin()
    asking.sim.advance(15 * DAY)
    assert (await asking.get("video_list"))["error_code"] == 2190008
    found = await asking.oauth("refresh_token", refresh_token=asking.grant["refresh_token"], grant_type="refresh_token")
    assert found["access_token"] != asking.grant["access_token"]
    assert (await asking.get("video_list"))["error_code"] == 2190008
    asking.grant = found
    assert (await asking.get("video_list"))["error_code"] == 0


async def test_refresh_token_when_30_days_old_is_dead() -> None:
    asking = await douyin()
    asking.sim.advance(30 * DAY)
    token = asking.grant["refresh_token"]
    assert (await asking.oauth("refresh_token", refresh_token=token, grant_type="refresh_token"))["error_code"] == 10010
    assert (await asking.oauth("renew_refresh_token", refresh_token=token))["error_code"] == 10010


async def test_refresh_token_is_renewed_five_times_and_each_kills_the_last() -> None:
    asking = await douyin()
    token = asking.grant["refresh_token"]
    for _ in range(5):
        asking.sim.advance(29 * DAY)
        found = await asking.oauth("renew_refresh_token", refresh_token=token)
        assert found["expires_in"] == 30 * DAY
        assert (await asking.oauth("renew_refresh_token", refresh_token=token))["error_code"] == 10010
        token = found["refresh_token"]
    assert (await asking.oauth("renew_refresh_token", refresh_token=token))["error_code"] == 10020
    assert (await asking.oauth("refresh_token", refresh_token=token, grant_type="refresh_token"))["error_code"] == 0


async def test_renewal_without_its_right_is_refused() -> None:
    asking = await douyin()
    asking.sim.app.scopes -= {"renew_refresh_token"}
    assert (await asking.oauth("renew_refresh_token", refresh_token=asking.grant["refresh_token"]))[
        "error_code"
    ] == 10004


async def client_code(asking: AskDouyin, token: str) -> int:
    found = await asking.raw("GET", "/open/getticket/", None, {"access-token": token})
    return int(found["data"]["error_code"])


async def test_app_token_when_followed_lives_five_minutes_more() -> None:
    asking = AskDouyin()
    first = (await asking.oauth("client_token", grant_type="client_credential"))["access_token"]
    second = (await asking.oauth("client_token", grant_type="client_credential"))["access_token"]
    asking.sim.advance(290)
    assert await client_code(asking, first) == 0
    asking.sim.advance(20)
    assert await client_code(asking, first) == 2190008
    assert await client_code(asking, second) == 0
    asking.sim.advance(2 * 3600)
    assert await client_code(asking, second) == 2190008
    assert await client_code(asking, "invented") == 2190002


async def test_token_of_another_person_is_a_mismatch() -> None:
    asking = await douyin()
    asking.grant["open_id"] = "_000other"
    assert (await asking.get("video_list"))["error_code"] == 2190015


async def test_consent_when_taken_back_ends_every_token() -> None:
    asking = await douyin()
    asking.sim.revoke()
    assert (await asking.get("video_list"))["error_code"] == 2190004
    asking.sim.new_family = True
    found = await asking.raw(
        "GET",
        f"/api/douyin/v1/video/video_list/?open_id={asking.grant['open_id']}",
        None,
        {"access-token": asking.grant["access_token"]},
    )
    assert found["err_no"] == 28001012


def asked(sim: Douyin, **changes: str) -> str:
    query = {
        "client_key": sim.app.client_key,
        "response_type": "code",
        "scope": "user_info,video.create.bind",
        "redirect_uri": "https://hub.example.cn/oauth/douyin",
        "state": "s&1",
        **changes,
    }
    return "/platform/oauth/connect/?" + urlencode(query)


async def test_consent_page_has_a_button_that_leads_back_with_a_code() -> None:
    sim = Douyin()
    status, headers, page = await sim.handle("GET", asked(sim))
    assert status == 200
    assert "模拟器 · 仅用于演示" in page.decode()
    assert "form-action 'self' https://hub.example.cn" in headers["Content-Security-Policy"]
    status, headers, _ = await sim.handle("POST", asked(sim).replace("/platform/oauth/connect/", "/_consent"))
    back = urlsplit(headers["Location"])
    answer = dict(parse_qsl(back.query))
    assert (status, back.hostname, back.path, answer["state"]) == (302, "hub.example.cn", "/oauth/douyin", "s&1")
    found: Any = await AskDouyin(sim).oauth("access_token", code=answer["code"], grant_type="authorization_code")
    assert found["scope"] == "user_info,video.create.bind"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scope": "user_info,video.delete"}, 10004),
        ({"client_key": "other"}, 10003),
        ({"redirect_uri": "http://hub.example.cn/"}, 10006),
        ({"redirect_uri": "https://hub.example.cn;script-src *"}, 10006),
        ({"state": ""}, 0),
        ({"response_type": ""}, 10005),
    ],
)
async def test_consent_page_when_asked_wrongly_fails_as_a_whole(changes: dict[str, str], code: int) -> None:
    sim = Douyin()
    status, _, page = await sim.handle("GET", asked(sim, **changes))
    assert status == (400 if code else 200)
    assert not code or str(code) in page.decode()


async def test_consent_from_before_outlives_the_simulator() -> None:
    tokens = []
    for seed in ("one", "two"):
        sim = Douyin(seed=seed)
        sim.oauth.adopt()
        _, _, body = await sim.handle("POST", "/_sim/grant", {"Content-Type": "application/json"}, b"{}")
        asking = AskDouyin(sim)
        asking.grant = json.loads(body)
        assert (await asking.get("video_list"))["error_code"] == 0
        tokens.append(asking.grant["access_token"])
    assert tokens[0] == tokens[1]


async def test_person_is_told_to_its_client() -> None:
    asking = await douyin()
    asked = urlencode({"open_id": asking.grant["open_id"], "access_token": asking.grant["access_token"]})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    found = await asking.raw("POST", "/oauth/userinfo/", asked.encode(), headers)
    assert found["data"]["nickname"] == "云上吴江"
