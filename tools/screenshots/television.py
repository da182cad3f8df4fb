"""The pictures of the portal: every kind of page of the demo's channel at 1280×720, as a set-top box shows it."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page

from tools.screenshots.people import settle, visitor

FOLDER: Final = Path("docs/images")
CODE: Final = "wujiang-tv"
_SIZE: Final = {"width": 1280, "height": 720}
_MOST: Final = 100_000
_LEFT: Final = 37
_RIGHT: Final = 39
_INFO: Final = 0x116


@dataclass(frozen=True)
class Shot:
    """A page, and the keys pressed before the picture; `go` finds what only the demo knows."""

    name: str
    path: str
    keys: tuple[int, ...] = ()
    go: Callable[[Page], None] = lambda _: None
    waits: int = 400


def take(browser: Browser, url: str, folder: Path) -> None:
    """Writes every picture as WebP, and the desk's page with the remote."""
    for shot in SHOTS:
        page = browser.new_page(viewport=_SIZE, locale="zh-CN", timezone_id="Asia/Shanghai")
        page.goto(f"{url}/tv/{CODE}/{shot.path}")
        if shot.name != "tv-notice":
            _without_notice(page)
        shot.go(page)
        for key in shot.keys:
            page.evaluate("code => document.onkeydown({keyCode: code, preventDefault() {}})", key)
        settle(page)
        page.wait_for_timeout(shot.waits)
        _write(shot.name, page.screenshot())
        page.close()
    with visitor(browser, folder / "guyun.json", url=url) as context:
        page = context.new_page()
        page.goto(f"{url}/desk/boxes/")
        page.frame_locator("iframe").locator(".f.here").wait_for()
        page.wait_for_timeout(2000)
        # The notice is read; the picture is of what lies behind it.
        page.locator("[data-code='8']").click()
        page.wait_for_timeout(3000)
        _write("tv-remote", page.screenshot())


def _without_notice(page: Page) -> None:
    """As somebody who has read it."""
    page.wait_for_timeout(700)
    if page.locator("#notice:not(.off)").count():
        page.evaluate("code => document.onkeydown({keyCode: code, preventDefault() {}})", 8)


def _open(kind: str) -> Callable[[Page], None]:
    """The first piece of a list that opens as a page of this kind."""

    def go(page: Page) -> None:
        start = page.url
        for way in page.evaluate("Array.from(document.querySelectorAll('.f')).map(e => e.getAttribute('data-go'))"):
            if not re.search(r"/d/", way or ""):
                continue
            page.goto(start.partition("/tv/")[0] + way)
            if page.evaluate("document.body.className") == kind:
                return
        raise SystemExit(f"the demo has no page of the kind {kind}")

    return go


def _play(page: Page) -> None:
    _open("detail")(page)
    page.goto(page.url + "play/")
    page.wait_for_timeout(6000)


def _write(name: str, png: bytes) -> None:
    with Image.open(io.BytesIO(png)) as picture:
        for quality in (86, 78, 70, 60):
            out = io.BytesIO()
            picture.convert("RGB").save(out, "WEBP", quality=quality, method=6)
            if out.tell() <= _MOST:
                break
    (FOLDER / f"{name}.webp").write_bytes(out.getvalue())
    print(f"{name:14} {out.tell() / 1000:6.1f} kB")


SHOTS: Final = (
    Shot("tv-home", "", (_RIGHT,), waits=5000),
    Shot("tv-notice", "", waits=2500),
    Shot("tv-channels", "channels/"),
    Shot("tv-day", "day/"),
    Shot("tv-columns", "c/"),
    Shot("tv-news", "n/"),
    Shot("tv-text", "n/", go=_open("text")),
    Shot("tv-lecture", "", go=_open("detail")),
    Shot("tv-player", "", (_LEFT,), _play, waits=1500),
    Shot("tv-live", "live/", (_INFO,), lambda page: page.wait_for_timeout(6000)),
    Shot("tv-lost", "d/nothing/"),
)
