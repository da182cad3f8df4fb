"""Pictures of what no address shows: dialogs, a conflict, an upload under way, a dry run, what a guest sees."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, FilePayload, Page, TimeoutError as TooLong

from tools.screenshots.people import PASSWORD, settle, visitor

LOOKS: Final = {
    "light": {"size": "desk"},
    "dark": {"size": "desk", "dark": True},
    "phone": {"size": "phone"},
    "en": {"size": "desk", "language": "en"},
}
_DRAFT: Final = "/desk/documents/?tab=drafts"


@dataclass(frozen=True)
class Corner:
    """Who looks (nobody in particular for `""`), from where, and what they do until it shows."""

    name: str
    login: str
    path: str
    go: Callable[[Page], None] = lambda _: None
    full: bool = False


def take(browser: Browser, url: str, folder: Path, only: str, looks: list[str]) -> None:
    """Every corner in every look, into `corners` below the folder; what scrolls sideways is told."""
    for look in looks:
        target = folder / "corners" / look
        target.mkdir(parents=True, exist_ok=True)
        for corner in CORNERS:
            if re.search(only, corner.name):
                _one(browser, url, corner, look, target / f"{corner.name}.png")


def _one(browser: Browser, url: str, corner: Corner, look: str, path: Path) -> None:
    state = path.parents[2] / f"{corner.login}.json" if corner.login else None
    with visitor(browser, state, url=url, **LOOKS[look]) as context:
        page = context.new_page()
        page.set_default_timeout(15000)
        page.goto(url + corner.path)
        try:
            corner.go(page)
        except TooLong as error:
            print(path.parent.name, corner.name, str(error).splitlines()[0])
        settle(page)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            print(path.parent.name, corner.name, f"scrolls sideways by {over}")
        page.screenshot(path=path, full_page=corner.full)


def _draft(page: Page) -> None:
    page.locator("a.table-title:has-text('一页书，一座桥')").first.click()
    page.wait_for_load_state("load")
    if not page.url.endswith("/edit"):
        page.goto(f"{page.url}/edit")
    page.wait_for_selector("yp-editor .ProseMirror")


def _conflict(page: Page) -> None:
    _draft(page)
    other = page.context.new_page()
    other.goto(page.url)
    for one, words in ((other, "（同事改过的标题）"), (page, "（我改的标题）")):
        one.locator("[name=title]").press("End")
        one.locator("[name=title]").press_sequentially(words)
        one.wait_for_timeout(4000)
    page.wait_for_selector(".conflict")
    other.close()


def _overrides(page: Page) -> None:
    _draft(page)
    for one in page.locator("details.own > summary").all()[:2]:
        one.click()
    page.fill("[name$='-title'][name^='o-'] >> nth=0", "一句话标题：给街头大屏看的短标题")
    page.locator("#field-overrides").scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, document.querySelector('#field-overrides').offsetTop + 60)")


def _live(page: Page) -> None:
    _draft(page)
    page.click("[data-live-open]")
    page.wait_for_timeout(5000)


def _submission(page: Page) -> None:
    _draft(page)
    page.click("[data-submit-open]")
    page.wait_for_selector("#submit-form")


def _rush(page: Page) -> None:
    _submission(page)
    page.locator(".rush summary").click()
    page.wait_for_timeout(200)
    page.locator(".rush button").scroll_into_view_if_needed()


def _upload(page: Page) -> None:
    """A film that goes at the pace of a poor line."""
    session = page.context.new_cdp_session(page)
    film = Path("/tmp/yunping-film.mp4")  # noqa: S108 - no film, only weight; the pictures' own
    film.write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 30_000_000)
    session.send("Network.enable")
    rates = {"downloadThroughput": 2_000_000, "uploadThroughput": 900_000}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": 5, **rates})
    page.set_input_files("input[type=file] >> nth=0", [str(film)])
    page.wait_for_timeout(6000)


def _open(selector: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_timeout(400)

    return go


def _calendar(page: Page) -> None:
    page.wait_for_timeout(800)


def _proof(page: Page) -> None:
    page.locator("main a.table-title, main a[href$='/review']").first.click()
    page.wait_for_load_state("load")
    fold = page.locator("#proofs details.plan-edit")
    if fold.count() and fold.get_attribute("open") is None:
        fold.locator("summary").click()
    page.locator("#proofs").scroll_into_view_if_needed()
    page.evaluate(
        "const one = document.querySelector('#proofs'); scrollTo(0, one.getBoundingClientRect().top + scrollY - 80)"
    )


def _shared(page: Page) -> None:
    page.locator("a.table-title").first.click()
    page.wait_for_load_state("load")
    page.goto(page.url.removesuffix("/edit") + "/share")
    page.fill("[name=label]", "请社区核对活动时间")
    page.click("form[action$='/share'] button[type=submit]")
    page.goto(page.locator("[data-share-address]").input_value())


def _sheet(more: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        lines = page.request.get(page.url.split("/desk/")[0] + "/desk/imports/template.csv").text().splitlines()
        body = "\n".join([*lines, *filter(None, [more and lines[-1].replace("新闻", more)])])
        file = FilePayload(name="十一月稿件.csv", mimeType="text/csv", buffer=body.encode("utf-8-sig"))
        page.set_input_files("input[type=file] >> nth=0", [file])
        page.wait_for_url("**/imports/sheets/**")

    return go


def _factor(page: Page) -> None:
    if page.locator("form[action$='/begin']").count():
        page.fill("[name=password]", PASSWORD)
        page.click("form[action$='/begin'] button[type=submit]")
        page.wait_for_selector(".factor-qr")


def _slip(page: Page) -> None:
    page.locator("a.table-title").first.click()
    page.wait_for_load_state("load")
    page.goto(page.url.removesuffix("/edit") + "/slip")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})


def _timing(page: Page) -> None:
    page.locator("a.table-title").first.click()
    page.wait_for_load_state("load")
    page.goto(page.url.removesuffix("/edit") + "/timing")


CORNERS: Final = (
    Corner("login", "", "/desk/login"),
    Corner("login-code", "", "/desk/login?by=code"),
    Corner("not-found", "chenjing", "/desk/documents/zzzzzz"),
    Corner("denied", "chenjing", "/desk/people/"),
    Corner("conflict", "chenjing", _DRAFT, _conflict),
    Corner("overrides", "chenjing", _DRAFT, _overrides),
    Corner("live", "chenjing", _DRAFT, _live),
    Corner("submission", "chenjing", _DRAFT, _submission),
    Corner("rush", "chenjing", _DRAFT, _rush),
    Corner("upload", "chenjing", "/desk/library/", _upload),
    Corner("week", "guyun", "/desk/calendar/?view=week", _calendar, full=True),
    Corner("timeline", "guyun", "/desk/calendar/?view=timeline", _calendar, full=True),
    Corner("proof", "zhoulan", "/desk/review/", _proof),
    Corner("sheet-good", "chenjing", "/desk/imports/sheets", _sheet("")),
    Corner("sheet-bad", "chenjing", "/desk/imports/sheets", _sheet("新文")),
    Corner("pool", "chenjing", "/desk/pool/", full=True),
    Corner("pool-item", "chenjing", "/desk/pool/", _open("main a.table-title"), full=True),
    Corner("shared", "chenjing", "/desk/documents/?q=冬日送暖", _shared, full=True),
    Corner("factor", "chenjing", "/desk/account/factor", _factor),
    Corner("slip", "guyun", "/desk/documents/?q=冬日送暖", _slip, full=True),
    Corner("timing", "guyun", "/desk/documents/?q=冬日送暖", _timing, full=True),
    Corner("batches", "guyun", "/desk/calendar/batches", full=True),
    Corner("batch", "guyun", "/desk/calendar/batches", _open("main a.table-title"), full=True),
)
