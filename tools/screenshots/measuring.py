"""How heavy each page of the desk is when it is opened for the first time, and whether anything jumps on it."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession

from tools.screenshots.people import settle, visitor
from tools.screenshots.routes import Seen

_SHIFT = """() => new Promise(done => {
  let sum = 0; const from = []
  new PerformanceObserver(list => { for (const one of list.getEntries()) { sum += one.value
    for (const s of one.sources) from.push(s.node?.className || s.node?.nodeName) } })
    .observe({type: 'layout-shift', buffered: true})
  setTimeout(() => done([sum, from.slice(0, 4)]), 300)
})"""
# Fonts come one by one as characters need them, and are kept for a year; pictures are what the page is about.
_COUNTED = ("stylesheet", "script")


def measure(browser: Browser, url: str, folder: Path, seen: list[Seen]) -> None:
    """One line for each page: packed bytes besides the editor, fonts and pictures, and its layout shift."""
    for one in sorted(seen, key=lambda seen: seen.name):
        with visitor(browser, folder / f"{one.login}.json") as context:
            page = context.new_page()
            session = context.new_cdp_session(page)
            main = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
            weights = _weigh(session, main)
            answer = page.goto(url + one.path)
            settle(page)
            shift, sources = page.evaluate(_SHIFT)
            html = len(gzip.compress(answer.body())) if answer else 0
            rest = html + sum(
                size for kind, path, size in weights() if kind in _COUNTED and "editor-bundle" not in path
            )
            fonts = sum(size for kind, _, size in weights() if kind == "font")
            print(f"{one.name:44} {rest / 1000:7.1f} kB  fonts {fonts / 1000:6.0f} kB  shift {shift:.4f}", *sources)


def _weigh(session: CDPSession, main: str) -> Callable[[], list[tuple[str, str, int]]]:
    kinds: dict[str, tuple[str, str]] = {}
    sizes: dict[str, int] = {}
    session.send("Network.enable")

    def answered(event: dict[str, Any]) -> None:
        if event.get("frameId") != main:
            return  # a preview is a page of its own
        kinds[event["requestId"]] = (event["type"].lower(), event["response"]["url"])

    def finished(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = int(event["encodedDataLength"])

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    return lambda: [(*kinds[key], size) for key, size in sizes.items() if key in kinds]
