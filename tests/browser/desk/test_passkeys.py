"""A reviewer's passkey: made on their own page, confirmed by the administrator, and used to sign; Chromium's own."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select
from yarl import URL

from cms.guard.asks import SetMachines
from cms.people.models import Person
from cms.review.approved import approvals_of
from cms.review.models import ReleaseRow
from cms.trust.approval import Bundle
from cms.trust.keys import WEBAUTHN
from cms.trust.verify import verify_release
from cms.trust.webauthn import Passkeys
from tests.browser.axe import violations
from tests.browser.desk.office import Desk
from tests.browser.desk.test_review import _piece
from tests.chromium import DESK, Pages
from tests.integration.desk.house import PASSWORD, Browser, House
from tests.integration.desk.world import target

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
TITLE = "太湖新城十公里健步道开放"
SHOTS = os.environ.get("SHOTS")


async def _office(house: House) -> dict[str, Browser]:
    await house.set_up()
    people = {"shen": ("沈静怡", "editor"), "lu": ("陆明", "reviewer"), "wu": ("吴建国", "chief")}
    by = {login: await house.add(login, name, role) for login, (name, role) in people.items()}
    await by["wu"].get("/desk/columns/")
    await by["wu"].post("/desk/columns/", {"code": "news", "name": "要闻", "position": "1"})
    publisher = await house.add("gu", "顾晓峰", "publisher")
    page = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", target("site", "web", page))
    return by


async def _authenticator(page: Page, *, knows: bool = True) -> tuple[object, str]:
    """A security key that knows its owner and is touched by itself."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": knows,
        "automaticPresenceSimulation": True,
    }
    made = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, str(made["authenticatorId"])


async def _sit(pages: Pages, house: House, login: str) -> Desk:
    page = await (await pages.context(DESK)).new_page()
    desk = Desk(page, str(house.server.make_url("/")).rstrip("/"))
    await desk.go("/desk/login")
    await page.fill("[name=name]", login)
    await page.fill("[name=password]", PASSWORD)
    await desk.press("登录")
    await expect(page.locator(".side-brand")).to_be_attached()
    return desk


async def _in_use(house: House) -> None:
    """What `keys passkeys` does: the place stands in the delegations."""
    async with house.deps.db.read() as session:
        admin = (await session.scalars(select(Person.id).where(Person.login == "admin"))).one()
    origin = str(house.server.make_url("/").origin())
    await house.guard.set_machines(SetMachines(str(admin), PASSWORD, (), Passkeys("localhost", (origin,))))


async def test_piece_is_signed_with_a_passkey_that_an_administrator_confirmed(
    pages: Pages, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = await _office(house)
    document = await _piece(by["shen"], TITLE)
    await by["shen"].post(f"/desk/documents/{document}/submit", {})
    # an address of numbers is no place for a passkey
    monkeypatch.setattr(house.server, "_root", URL(f"http://localhost:{house.server.port}/"))
    chief = await _sit(pages, house, "lu")
    page = chief.page
    await chief.go("/desk/account")
    await expect(page.get_by_text("尚未启用通行密钥")).to_be_visible()
    await _in_use(house)
    devtools, authenticator = await _authenticator(page, knows=False)
    await chief.go("/desk/account")
    await page.fill("[name=label]", "蓝色安全钥匙")
    await page.fill("[name=own_password]", PASSWORD)
    await chief.press("登记通行密钥")
    await expect(page.locator("[data-passkey-failed]")).to_be_visible()
    assert await violations(page) == []
    await devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})  # type: ignore[attr-defined]
    await chief.press("登记通行密钥")
    await chief.said("通行密钥已登记")
    await expect(page.get_by_text("蓝色安全钥匙", exact=True)).to_be_visible()
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / "account.png"), full_page=True)

    await chief.go(f"/desk/documents/{document}/review")
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / "sign.png"), full_page=True)
    await chief.press("用通行密钥通过")
    await expect(page.locator(".refusal, .banner-bad").first).to_be_visible()  # nobody has confirmed it yet
    admin = house.logins["admin"]
    await admin.get("/desk/people/")
    await admin.post("/desk/people/keys", {"own_password": PASSWORD})
    await chief.go(f"/desk/documents/{document}/review")
    await chief.press("用通行密钥通过")
    await chief.said("审核通过")

    async with house.deps.db.read() as session:
        row = (await session.scalars(select(ReleaseRow))).one()
        approvals = await approvals_of(session, row.id)
    assert [(one.alg, one.webauthn is not None) for one in approvals] == [(WEBAUTHN, True)]
    granted = await house.deps.keys.delegations()
    with pytest.raises(Exception, match=r"trust\.approvals"):  # good, and one is not enough
        verify_release(Bundle(row.text, approvals), granted, now=approvals[0].at)
