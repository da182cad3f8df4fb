"""The people of the demo who look at the desk: signed in once, their cookies kept beside the pictures."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.chromium import CHROMIUM, FLAGS

# Every role of the demo by login, those who see most of the daily work first; nobody in particular is last.
ROLES = {
    "chenjing": "editor",
    "shenweimin": "chief",
    "zhoulan": "reviewer",
    "songyu": "director",
    "guyun": "publisher",
    "luming": "admin",
    "qianfeng": "operator",
    "xiaqing": "auditor",
    "hewenjing": "proofreader",
    "tangrui": "proofreader",
    "yeqiu": "proofreader",
}
PASSWORD = "Xingyun-2026-qiutian"  # noqa: S105 - of a demo that is thrown away
_SETTLED = """[...document.images].every(one => one.complete || one.loading === 'lazy')
  && !document.querySelector('.htmx-request')"""
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


def start(playwright: Playwright) -> Browser:
    """The browser of the tests."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))


@contextmanager
def visitor(
    browser: Browser,
    state: Path | None,
    *,
    size: str = "desk",
    dark: bool = False,
    language: str = "zh-CN",
    url: str = "",
) -> Iterator[BrowserContext]:
    """A browser of somebody's at a size, in a light or dark room, in a language."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        storage_state=str(state) if state else None,
        color_scheme="dark" if dark else "light",
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        has_touch=size == "phone",
        reduced_motion="reduce",
    )
    if language != "zh-CN":
        context.add_cookies([{"name": "yp_lang", "value": language, "url": url}])
    yield context
    context.close()


def sign_in(browser: Browser, url: str, log: Path, folder: Path) -> None:
    """Everybody by the one-time code the terminal printed; who was signed in before keeps the session."""
    folder.mkdir(parents=True, exist_ok=True)
    said = log.read_text("utf-8")
    for login in ROLES:
        state = folder / f"{login}.json"
        if state.exists():
            continue
        found = re.search(rf"\b{login}\b.*\b([0-9a-z]{{4}}-[0-9a-z]{{4}})\b", said)
        if found is None:
            raise SystemExit(f"no code for {login} in {log}")
        with visitor(browser, None) as context:
            page = context.new_page()
            page.goto(f"{url}/desk/login?by=code")
            page.fill("[name=code]", found[1])
            page.click("main button[type=submit], form[action='/desk/login'] button[type=submit]")
            page.wait_for_url("**/password")
            page.fill("[name=password]", PASSWORD)
            page.fill("[name=again]", PASSWORD)
            page.click("form[action='/desk/password'] button[type=submit]")
            page.wait_for_url("**/desk/")
            context.storage_state(path=str(state))
        print(login, json.loads(state.read_text())["cookies"][0]["name"])


def settle(page: Page) -> None:
    """Until fonts and pictures are there and what a page fetches after itself has come; some pages listen for ever."""
    page.evaluate("document.fonts.ready.then(() => 1)")
    # Asked again and again from here: the policy of the pages lets nothing evaluate itself in them.
    for _ in range(60):
        if page.evaluate(_SETTLED):
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(250)
