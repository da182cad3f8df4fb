"""The pictures of README and guide: the pages that show most and one on the phone, small enough for the repository."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Page

from tools.screenshots.paper import open_zones
from tools.screenshots.people import settle, visitor

FOLDER: Final = Path("docs/images")
MOST: Final = 120_000
_PHONE: Final = {"size": "phone"}


@dataclass(frozen=True)
class Shot:
    """A picture: who looks, from where, and what they do until it shows what it is for."""

    name: str
    login: str
    path: str
    go: Callable[[Page], None] = lambda _: None
    look: Mapping[str, Any] = field(default_factory=dict)


def take(browser: Browser, url: str, folder: Path, only: str = "") -> None:
    """Writes each picture whose name holds `only`, as WebP; raises SystemExit for one that stays too large."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for shot in (one for one in SHOTS if only in one.name):
        with visitor(browser, folder / f"{shot.login}.json", url=url, **shot.look) as context:
            page = context.new_page()
            page.goto(url + shot.path)
            shot.go(page)
            settle(page)
            data = _small(page.screenshot())
        (FOLDER / f"{shot.name}.webp").write_bytes(data)
        print(f"{shot.name:12} {len(data) / 1000:6.1f} kB")


def _small(png: bytes) -> bytes:
    with Image.open(io.BytesIO(png)) as picture:
        for quality in (86, 80, 72, 64):
            out = io.BytesIO()
            picture.convert("RGB").save(out, "WEBP", quality=quality, method=6)
            if out.tell() <= MOST:
                return out.getvalue()
    raise SystemExit("a picture stays too large")


def _click(*selectors: str) -> Callable[[Page], None]:
    """Follows links one after the other."""

    def go(page: Page) -> None:
        for selector in selectors:
            page.locator(selector).first.click()
            page.wait_for_load_state("load")

    return go


def _previews(page: Page) -> None:
    page.locator(f"a.table-title:has-text('{_DRAFT}')").first.click()
    page.wait_for_load_state("load")
    page.goto(page.url.removesuffix("/edit") + "/preview")
    page.evaluate("for (const one of document.querySelectorAll('iframe')) one.loading = 'eager'")
    page.wait_for_load_state("networkidle")


def _edit(page: Page) -> None:
    page.locator(f"a.table-title:has-text('{_DRAFT}')").first.click()
    page.wait_for_load_state("load")
    if not page.url.endswith("/edit"):
        page.goto(f"{page.url}/edit")
    page.wait_for_selector("yp-editor figure img")


def _slip(page: Page) -> None:
    _click(f"a.table-title:has-text('{_SIGNED}')")(page)
    page.goto(f"{page.url}/slip")


def _down(page: Page) -> None:
    page.wait_for_selector(".ec-event")
    page.evaluate("scrollTo(0, document.querySelector('.cal-card').offsetTop - 72)")


def _commands(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("步道")
    page.wait_for_selector("#command-list [role=option]")


_DRAFT: Final = "一页书，一座桥"
_RETURNED: Final = "小田变大田"
_SIGNED: Final = "冬日送暖"
_LIST: Final = "/desk/documents/"
SHOTS: Final = (
    Shot("dashboard", "shenweimin", "/desk/"),
    Shot("editor", "chenjing", f"{_LIST}?tab=drafts", _edit),
    Shot("previews", "chenjing", f"{_LIST}?tab=drafts", _previews),
    Shot("review", "zhoulan", "/desk/review/", _click(f"a:has-text('{_RETURNED}')", ".tab:has-text('对比')")),
    Shot("slip", "guyun", f"{_LIST}?q={_SIGNED}", _slip),
    Shot("library", "chenjing", "/desk/library/"),
    Shot("calendar", "guyun", "/desk/calendar/", _down),
    Shot("accounts", "guyun", "/desk/accounts/"),
    Shot("search", "chenjing", f"{_LIST}?q=太湖"),
    Shot("newspaper", "chenjing", "/desk/newspapers/", open_zones),
    Shot("dark", "chenjing", _LIST, _commands, {"dark": True}),
    Shot("phone", "zhoulan", "/desk/m/", _click(f"a:has-text('{_RETURNED}')"), _PHONE),
)
