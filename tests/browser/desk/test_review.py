"""三审三校 by hands and eyes: plans, a queue by keyboard alone, proofs, a phone, the slip on one sheet, two keys."""

import json
import os
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.desk.office import Desk
from tests.chromium import DESK, PHONE, Pages
from tests.integration.desk.house import PASSWORD, Browser, House
from tests.integration.desk.world import begin, draft_fields, target, upload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# Where to keep pictures of the pages for people to look at; nowhere when not set.
SHOTS = os.environ.get("SHOTS")
PEOPLE = {
    "shen": ("沈静怡", "editor"),
    "xu": ("徐文", "proofreader"),
    "lu": ("陆明", "reviewer"),
    "zhou": ("周岚", "director"),
    "wu": ("吴建国", "chief"),
    "he": ("何平", "chief"),
    "gao": ("高远", "chief"),
}
TEXT = (
    "十一月二十八日，太湖新城十公里健步道向市民开放。步道串起三处湖湾，沿途设六个文明实践驿站。",
    "驿站备有饮水、急救包和充电设备，每天七时至二十时有志愿者值守。",
    "街道提醒：雨天路滑，请勿在木栈道上跑步。",
)


async def _office(house: House) -> dict[str, Browser]:
    await house.set_up()
    by = {login: await house.add(login, name, role) for login, (name, role) in PEOPLE.items()}
    chief = by["wu"]
    await chief.get("/desk/columns/")
    await chief.post("/desk/columns/", {"code": "news", "name": "要闻", "position": "1"})
    publisher = await house.add("gu", "顾晓峰", "publisher")
    page = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", target("site", "web", page))
    return by


async def _piece(editor: Browser, title: str) -> str:
    document = await begin(editor, title, column="news")
    page = await editor.get(f"/desk/documents/{document}/edit")
    blocks = [
        {"id": f"b_{'a' * 11}{number}", "type": "paragraph", "text": [{"t": words}]}
        for number, words in enumerate(TEXT)
    ]
    body = json.dumps({"schema": 1, "blocks": blocks}, ensure_ascii=False)
    _, cover = await upload(editor, "lake.png")
    fields = draft_fields(page, title=title, body=body, **_whole(cover["asset"]))
    await editor.post(f"/desk/documents/{document}/edit", fields)
    return document


def _whole(cover: str) -> dict[str, object]:
    """What a piece has that leaves nothing to explain."""
    return {"summary": "步道串起三处湖湾。", "cover": cover, "cover_alt": "湖边的步道"}


async def _sit(pages: Pages, house: House, login: str, *, phone: bool = False) -> Desk:
    page = await (await pages.context(PHONE if phone else DESK, touch=phone)).new_page()
    desk = Desk(page, str(house.server.make_url("/")).rstrip("/"))
    await desk.go("/desk/login")
    await page.fill("[name=name]", login)
    await page.fill("[name=password]", PASSWORD)
    await desk.press("登录")
    await expect(page.locator(".side-brand")).to_be_attached()
    return desk


async def _seen(page: Page, name: str) -> None:
    """No serious fault of accessibility, nothing wider than the page; a picture for people."""
    assert await violations(page) == [], name
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


async def _proof(browser: Browser, document: str, note: str = "") -> None:
    page = await browser.get(f"/desk/documents/{document}/review")
    answers = {f"check-{name}": "good" for name in ("typos", "format", "links", "media")}
    await browser.post(f"/desk/documents/{document}/review/proof", {"hash": _hash(page), "note": note, **answers})


async def _sign(browser: Browser, document: str, opinion: str) -> None:
    page = await browser.get(f"/desk/documents/{document}/review")
    fields = {"hash": _hash(page), "opinion": opinion, "password": PASSWORD}
    await browser.post(f"/desk/documents/{document}/review/pass", fields)


def _hash(page: str) -> str:
    found = re.search(r'name="hash" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


async def test_piece_when_three_review_and_three_proofread_is_signed_and_an_emergency_goes_out_on_two_keys(
    pages: Pages, house: House
) -> None:
    by = await _office(house)

    # the office takes 三审三校 over
    chief = await _sit(pages, house, "wu")
    await chief.go("/desk/review/plans")
    await chief.press("采用三审三校")
    await chief.said("审核方案已保存为新版本")
    await expect(chief.page.locator(".plan-line").first).to_contain_text("初审")
    await _seen(chief.page, "plans")
    await chief.page.get_by_text("修改", exact=True).first.click()
    await chief.page.locator(".plan-form").first.locator("[name=hours]").last.fill("4")
    await chief.page.locator(".plan-form").first.get_by_role("button", name="保存为新版本").click()
    await expect(chief.page.locator(".plan-line").first).to_contain_text("4 小时内")
    await chief.page.locator("[name=channel][value=web]").check()
    await chief.press("查看环节")
    await expect(chief.page.locator(".steps")).to_contain_text("复审")

    document = await _piece(by["shen"], "太湖新城十公里健步道开放")
    second = await _piece(by["shen"], "银龄课堂走进流虹社区")
    for one in (document, second):
        await by["shen"].post(f"/desk/documents/{one}/submit", {})

    # the queue and the piece by keyboard alone
    reviewer = await _sit(pages, house, "lu")
    page = reviewer.page
    await reviewer.go("/desk/review/")
    await _seen(page, "queue")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator(".sheet-title")).to_have_text("太湖新城十公里健步道开放")
    await page.locator(".remark > summary").nth(1).focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("值守时间请核实")
    await page.keyboard.press("Escape")
    await page.keyboard.press("r")
    await expect(page.locator("[name=opinion]")).to_be_focused()
    await page.keyboard.type("请核实后重送")
    await page.keyboard.press("Control+Enter")
    await reviewer.said("已退回")

    # returned, changed, sent again: the changes since I saw it, and what became of my words
    before = await by["shen"].get(f"/desk/documents/{document}/edit")
    cover = re.search(r'name="cover" value="([^"]+)"', before)
    assert cover is not None
    fields = draft_fields(before, title="太湖新城十公里健步道开放", **_whole(cover[1]))
    body = [{"id": f"b_{'a' * 11}{n}", "type": "paragraph", "text": [{"t": t}]} for n, t in enumerate(TEXT)]
    body[1]["text"] = [{"t": TEXT[1].replace("七时", "八时")}]
    fields["body"] = json.dumps({"schema": 1, "blocks": body}, ensure_ascii=False)
    await by["shen"].post(f"/desk/documents/{document}/edit", fields)
    await by["shen"].post(f"/desk/documents/{document}/submit", {})
    await reviewer.go(f"/desk/documents/{document}/review")
    await expect(page.locator(".said-done")).to_contain_text("值守时间请核实")
    await expect(page.locator(".said-done")).to_contain_text("本段已修改")
    await _seen(page, "piece")
    await page.keyboard.press("c")
    await expect(page.locator("ins.diff")).to_have_text("八")
    await page.keyboard.press("c")
    await expect(page.locator("ins.diff")).to_have_count(0)
    await page.wait_for_load_state()
    await page.keyboard.press("p")
    await expect(page.locator("[name=password]")).to_be_focused()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Control+Enter")
    await reviewer.said("审核通过")

    # a batch takes only what was read
    await expect(page.locator("[data-queue-pick]")).to_have_count(0)
    await reviewer.go(f"/desk/documents/{second}/review")
    await page.keyboard.press("u")
    await expect(page.locator("#batch")).to_be_visible()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.locator("#batch [name=password]").fill(PASSWORD)
    await reviewer.press("通过选中的稿件")
    await reviewer.said("选中的稿件均已通过")

    # a proof with its checklist, and the others
    await _proof(by["he"], document)
    await _proof(by["gao"], document, "标点已统一")
    proofer = await _sit(pages, house, "xu", phone=True)
    await proofer.go("/desk/m/")
    await _seen(proofer.page, "phone-queue")
    await proofer.page.get_by_role("link", name="太湖新城十公里健步道开放").click()
    for name in ("typos", "format", "links", "media"):
        value = "none" if name == "media" else "good"
        await proofer.page.locator(f"[name=check-{name}][value={value}]").check()
    await proofer.press("完成本校")
    await proofer.said("校对已记录")

    # on a phone: read, listen, sign
    await _sign(by["zhou"], document, "同意")
    phone = await _sit(pages, house, "wu", phone=True)
    await phone.page.add_init_script(
        """window.heard = [];
        speechSynthesis.speak = (one) => { heard.push(one.text); one.dispatchEvent(new Event("end")); };"""
    )
    await phone.go("/desk/m/")
    await phone.page.get_by_role("link", name="太湖新城十公里健步道开放").click()
    await phone.press("听稿")
    assert "".join(await phone.page.evaluate("heard")).endswith(TEXT[2])
    await _seen(phone.page, "phone-piece")
    await phone.page.locator(".phone-verdict > summary").click()
    await phone.page.fill("[name=password]", PASSWORD)
    await phone.press("签发")
    await phone.said("已签发")

    # the slip fits one sheet of A4
    await chief.go(f"/desk/documents/{document}/slip")
    await expect(chief.page.locator(".slip")).to_contain_text("三校")
    await _seen(chief.page, "slip")
    sheet = await chief.page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1

    # an emergency: reason, two keys, out at once, a third person afterwards
    urgent = await _piece(by["shen"], "燃气抢修：鲈乡南路临时封闭")
    editor = await _sit(pages, house, "shen")
    await editor.go(f"/desk/documents/{urgent}/edit")
    await editor.press("提交审核")
    await editor.page.locator(".rush > summary").click()
    await editor.page.fill("[name=reason]", "燃气泄漏，须立即告知沿线居民")
    await editor.press("提交应急发布")
    await editor.said("已提交应急发布")
    await _sign(by["he"], urgent, "情况属实")
    await chief.go("/desk/review/")
    await expect(chief.page.locator("[data-queue-item]").first).to_contain_text("应急")
    await chief.go(f"/desk/documents/{urgent}/review")
    await _seen(chief.page, "urgent")
    await chief.page.fill("[name=password]", PASSWORD)
    await chief.press("第二把密钥并立即发布")
    await chief.said("应急发布已发出")
    await editor.go(f"/desk/documents/{urgent}")
    await expect(editor.page.locator("main")).to_contain_text("已发布待补审")
    third = await _sit(pages, house, "gao", phone=True)
    await third.go("/desk/m/")
    await third.page.get_by_role("link", name="燃气抢修").click()
    await third.page.fill("[name=opinion]", "处置得当")
    await third.press("补审通过")
    await third.said("补审通过")
    await editor.go(f"/desk/documents/{urgent}")
    await expect(editor.page.locator(".chip").first).to_have_text("已发布")

    # and taken back from the phone
    await third.go("/desk/m/")
    item = third.page.locator(".phone-item", has_text="燃气抢修")
    await item.locator("summary").click()
    await item.locator("[name=reason]").fill("抢修完成，恢复通行")
    await item.get_by_role("button").click()
    await third.said("已撤稿")
