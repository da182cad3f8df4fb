"""Sessions: how a cookie looks, when it ends, and where somebody with a one-time code may go."""

import datetime as dt
import re
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from tests.integration.desk.house import PASSWORD, House, open_house
from tests.schema import on_both


class ShiftedClock(SystemClock):
    """The machine's clock, ahead by as much as a test says."""

    ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        return super().now() + self.ahead


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
async def house(database: Database, tmp_path: Path, clock: ShiftedClock) -> AsyncIterator[House]:
    async with open_house(database, tmp_path, clock) as opened:
        yield opened


async def test_session_when_unused_for_half_an_hour_ends_and_comes_back_to_the_page(
    house: House, clock: ShiftedClock
) -> None:
    admin = await house.set_up()
    clock.ahead = dt.timedelta(minutes=29)
    await admin.get("/desk/people/")
    assert admin.at == "/desk/people/"

    clock.ahead += dt.timedelta(minutes=31)
    await admin.get("/desk/people/?q=%E6%B2%88")
    assert admin.at == "/desk/login"
    await admin.post("/desk/login", {"name": "admin", "password": PASSWORD, "next": "/desk/people/?q=x"})
    assert admin.at == "/desk/people/"


async def test_session_when_twelve_hours_old_ends_however_busy(house: House, clock: ShiftedClock) -> None:
    admin = await house.set_up()
    for _ in range(29):
        clock.ahead += dt.timedelta(minutes=25)
        await admin.get("/desk/account")
    assert admin.at == "/desk/login"


async def test_session_when_signed_out_elsewhere_is_over_at_once(house: House) -> None:
    first = await house.set_up()
    second = house.browser()
    await second.get("/desk/login")
    await second.post("/desk/login", {"name": "admin", "password": PASSWORD})
    page = await second.get("/desk/account")
    other = re.search(r"/desk/account/sessions/([0-9a-f-]+)/end", page)
    assert other is not None
    await second.post(other[0])
    await first.get("/desk/")
    assert first.at == "/desk/login"


@on_both
async def test_code_when_used_opens_the_set_password_page_alone(house: House) -> None:
    admin = await house.set_up()
    page = await admin.get("/desk/people/")
    unit = re.search(r'data-value="([0-9a-f-]{36})"', page)
    assert unit is not None
    page = await admin.post("/desk/people/", {"name": "新人", "login": "new", "unit": unit[1], "role": "editor"})
    code = re.search(r'once-code">([^<]+)<', page)
    assert code is not None
    new = house.browser()
    await new.get("/desk/login?by=code")
    await new.post("/desk/login", {"code": code[1]})
    for path in ("/desk/", "/desk/documents/", "/desk/account", "/desk/library/"):
        await new.get(path)
        assert new.at == "/desk/password"
    await new.post("/desk/documents/new", {"kind": "news"}, status=403)
    assert "people.denied.password" in new.page

    again = house.browser()
    await again.get("/desk/login?by=code")
    await again.post("/desk/login", {"code": code[1]}, status=403)
    assert "people.code_failed" in again.page


async def test_cookie_when_set_is_for_this_site_and_no_script(house: House) -> None:
    await house.set_up()
    browser = house.browser()
    await browser.get("/desk/login")
    answer = await browser.session.post(
        browser.base.join(browser.base.with_path("/desk/login")),
        data={"csrf": browser.token, "name": "admin", "password": PASSWORD},
        allow_redirects=False,
    )
    cookies: SimpleCookie = SimpleCookie()
    for line in answer.headers.getall("Set-Cookie"):
        cookies.load(line)
    assert (cookies["yp"]["samesite"], cookies["yp"]["httponly"], cookies["yp"]["path"]) == ("Lax", True, "/")


async def test_sign_in_when_it_fails_keeps_the_name_and_slows_down(house: House) -> None:
    await house.set_up()
    browser = house.browser()
    await browser.get("/desk/login")
    for _ in range(5):
        await browser.post("/desk/login", {"name": "admin", "password": "not this one"}, status=403)
    assert 'value="admin"' in browser.page
    await browser.post("/desk/login", {"name": "admin", "password": PASSWORD}, status=429)
    assert "people.locked" in browser.page


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/desk//evil.example", "/desk/\\evil"])
async def test_next_page_when_it_lies_elsewhere_is_not_followed(house: House, target: str) -> None:
    await house.set_up()
    browser = house.browser()
    await browser.get("/desk/login")
    await browser.post("/desk/login", {"name": "admin", "password": PASSWORD, "next": target})
    assert (browser.at, browser.base.host) == ("/desk/", "127.0.0.1")
