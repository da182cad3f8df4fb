"""Starts the kiosk's browser, moves it when the box asks, and loads its page again after a crash; stdlib only.

One that stops painting is ended, and systemd starts a new one at once. The browser's DevTools are two pipes between it
and this process.
"""

import argparse
import json
import logging
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from screens.kiosk import limbs
from screens.kiosk.devtools import Devtools

LISTEN_S: Final = 0.5
LOOK_S: Final = 2
BACK_S: Final = 10  # a page that crashed has reported again within this, or the browser is of no use
START_S: Final = 90  # a cold box may take this long to its first report
SILENT_MS: Final = 60_000  # a page reports every 5 s; one that is silent this long hangs or crashed

# The sandbox stays on. Nothing here asks the network for anything but the page.
FLAGS: Final = (
    "--kiosk",
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--disable-session-crashed-bubble",
    "--hide-crash-restore-bubble",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--autoplay-policy=no-user-gesture-required",
    "--password-store=basic",
    "--ozone-platform-hint=auto",
    "--lang=zh-CN",
)

log = logging.getLogger("yunping.kiosk")


def command(chromium: str, profile: Path, port: int) -> list[str]:
    """The browser's command line."""
    return [chromium, *FLAGS, f"--user-data-dir={profile}", f"http://127.0.0.1:{port}/"]


def silent_ms(port: int) -> int | None:
    """Since the page's last report; None where it never reported or the box does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            said = json.load(answer)["silent"]
    except (urllib.error.URLError, OSError, ValueError, KeyError):
        return None
    return None if said is None else int(said)


def rotate(folder: Path) -> None:
    """Turns every output as the configuration says; a box without wlr-randr stays as it is."""
    turn = json.loads((folder / "config.json").read_text("utf-8")).get("rotate", "normal")
    if turn == "normal":
        return
    try:
        listed = subprocess.run(["wlr-randr"], capture_output=True, text=True, check=True).stdout  # noqa: S607
        for name in (line.split()[0] for line in listed.splitlines() if line and not line[0].isspace()):
            subprocess.run(["wlr-randr", "--output", name, "--transform", turn], check=True)  # noqa: S603, S607
    except (OSError, subprocess.CalledProcessError):
        log.warning("the output could not be rotated by %s", turn)


class Watch:
    """One browser: its page is loaded again when it crashes, and the browser ended when that does not help."""

    def __init__(self, browser: Devtools, port: int) -> None:
        self._browser = browser
        self._port = port
        self._began = time.monotonic()
        self._crashed_at: float | None = None

    def run(self, over: threading.Event) -> int:
        """Until the browser ends or has to; the exit code for systemd."""
        child = self._browser.child
        looked = time.monotonic()
        try:
            self._browser.call("Target.setDiscoverTargets", {"discover": True})
            while not over.is_set():
                if child.poll() is not None:
                    return child.returncode or 1
                event = self._browser.event(LISTEN_S)
                if event is not None and event.get("method") == "Target.targetCrashed":
                    self._crashed(event["params"])
                if time.monotonic() - looked >= LOOK_S:
                    looked = time.monotonic()
                    if why := self._fault():
                        log.warning("the browser is started again: %s", why)
                        child.kill()
                        return 1
        except limbs.LimbFailed:
            log.warning("the browser does not answer any more")
            child.kill()
            return 1
        child.terminate()
        return 0

    def _crashed(self, told: dict[str, Any]) -> None:
        """A crashed page is attached to, then loaded again."""
        log.warning("the page crashed (%s): it is loaded again", told.get("status"))
        self._crashed_at = time.monotonic()
        attached = self._browser.call("Target.attachToTarget", {"targetId": told["targetId"], "flatten": True})
        url = f"http://127.0.0.1:{self._port}/"
        self._browser.call("Page.navigate", {"url": url}, str(attached["sessionId"]))

    def _fault(self) -> str | None:
        """Why this browser is of no use any more."""
        silent, up = silent_ms(self._port), time.monotonic() - self._began
        if self._crashed_at is not None:
            since = (time.monotonic() - self._crashed_at) * 1000
            if silent is not None and silent < since:
                self._crashed_at = None  # the page has reported since
            elif since > BACK_S * 1000:
                return "the page did not come back after a crash"
        if up > START_S and (silent is None or silent > SILENT_MS):
            return f"nothing was painted for {silent} ms"
        return None


def main() -> None:
    """Runs the browser until it ends, hangs, or we are told to stop."""
    parser = argparse.ArgumentParser(description="Runs the kiosk's browser and watches over it.")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--limbs", type=Path, help="the socket on which the box's server asks")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    rotate(asked.dir)
    browser = Devtools(command(asked.chromium, asked.profile, asked.port))
    door = limbs.LimbServer(asked.limbs, limbs.found(browser)) if asked.limbs else None
    if door:
        door.start()
    code = Watch(browser, asked.port).run(over)
    if door:
        door.close()
    sys.exit(code)


if __name__ == "__main__":
    main()
