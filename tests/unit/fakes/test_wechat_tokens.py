import pytest

from tests.unit.fakes.asking import AskWeChat, wechat

HOUR = 3600


async def works(asking: AskWeChat, token: str) -> int:
    found = await asking.raw("GET", f"/cgi-bin/draft/count?access_token={token}")
    return int(found.get("errcode", 0))


async def test_stable_token_when_asked_again_is_the_same() -> None:
    asking = AskWeChat()
    first, again = await asking.sign_in(), await asking.sign_in()
    assert first["access_token"] == again["access_token"]
    assert first["expires_in"] == 7200
    assert "errcode" not in first


async def test_stable_token_near_its_end_is_followed_by_another_and_both_work() -> None:
    asking = AskWeChat()
    first = await asking.sign_in()
    asking.sim.advance(6890)
    assert (await asking.sign_in())["access_token"] == first["access_token"]
    asking.sim.advance(20)
    second = await asking.sign_in()
    assert second["access_token"] != first["access_token"]
    assert await works(asking, first["access_token"]) == 0
    assert await works(asking, second["access_token"]) == 0
    asking.sim.advance(300)
    assert await works(asking, first["access_token"]) == 42001
    assert await works(asking, second["access_token"]) == 0


async def test_plain_token_when_followed_lives_five_minutes_more() -> None:
    asking = AskWeChat()
    first = (await asking.sign_in_plainly())["access_token"]
    second = (await asking.sign_in_plainly())["access_token"]
    assert first != second
    asking.sim.advance(295)
    assert await works(asking, first) == 0
    asking.sim.advance(10)
    assert await works(asking, first) == 42001
    assert await works(asking, second) == 0


async def test_plain_and_stable_tokens_leave_each_other_alone() -> None:
    asking = AskWeChat()
    stable = (await asking.sign_in())["access_token"]
    plain = (await asking.sign_in_plainly())["access_token"]
    await asking.sign_in(force=True)
    asking.sim.advance(400)
    assert await works(asking, plain) == 0
    assert (await asking.sign_in())["access_token"] != stable


async def test_forced_token_when_asked_too_soon_or_too_often_is_refused() -> None:
    asking = AskWeChat()
    old = (await asking.sign_in())["access_token"]
    assert "access_token" in await asking.sign_in(force=True)
    assert await works(asking, old) == 42001
    assert (await asking.sign_in(force=True))["errcode"] == 45011
    for _ in range(19):
        asking.sim.advance(30)
        assert "access_token" in await asking.sign_in(force=True)
    asking.sim.advance(30)
    assert (await asking.sign_in(force=True))["errcode"] == 45009
    asking.sim.advance(24 * HOUR)
    assert "access_token" in await asking.sign_in(force=True)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("appid", "wxother", 40013),
        ("appid", "", 41002),
        ("secret", "wrong", 40125),
        ("secret", "", 41004),
    ],
)
async def test_sign_in_when_a_credential_is_wrong_says_which(field: str, value: str, code: int) -> None:
    asking = AskWeChat()
    right = {"appid": asking.sim.account.appid, "secret": asking.sim.account.secret}
    asked = {**right, field: value}
    found = await asking.raw(
        "GET", f"/cgi-bin/token?grant_type=client_credential&appid={asked['appid']}&secret={asked['secret']}"
    )
    assert found["errcode"] == code
    assert "rid: " in found["errmsg"]


async def test_caller_when_not_on_the_list_is_told_its_address() -> None:
    asking = AskWeChat()
    asking.sim.account.allowed = frozenset({"10.0.0.1"})
    found = await asking.sign_in()
    assert found["errcode"] == 40164
    assert "127.0.0.1" in found["errmsg"]
    asking.sim.account.allowed = frozenset({"127.0.0.1"})
    assert "access_token" in await asking.sign_in()


async def test_secret_when_frozen_or_address_unconfirmed_is_said() -> None:
    asking = AskWeChat()
    asking.sim.account.frozen = True
    assert (await asking.sign_in())["errcode"] == 40243
    asking.sim.account.frozen = False
    asking.sim.account.address_state = 89503
    assert (await asking.sign_in())["errcode"] == 89503


async def test_token_when_missing_or_invented_is_refused() -> None:
    asking = await wechat()
    assert await works(asking, "") == 41001
    assert await works(asking, "invented") == 40001


async def test_quota_when_used_up_stops_until_cleared() -> None:
    asking = await wechat()
    asking.sim.limits.daily["/cgi-bin/draft/count"] = 2
    assert [await works(asking, asking.token) for _ in range(3)] == [0, 0, 45009]
    told = await asking.post("openapi/quota/get", {"cgi_path": "/cgi-bin/draft/count"})
    assert told["quota"] == {"daily_limit": 2, "used": 2, "remain": 0}
    for _ in range(10):
        assert (await asking.post("clear_quota", {"appid": asking.sim.account.appid}))["errcode"] == 0
    assert await works(asking, asking.token) == 0
    assert (await asking.post("clear_quota", {"appid": asking.sim.account.appid}))["errcode"] == 48006
