"""Starts the kiosk's browser, moves it when the box asks, and ends it when it stops painting; stdlib only."""

import argparse
import json
import logging
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

from screens.kiosk import limbs
from screens.kiosk.devtools import Devtools

LOOK_S: Final = 5
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


def watch(child: "subprocess.Popen[bytes]", port: int, over: threading.Event) -> int:
    """Waits for the browser's end and makes one if its page falls silent; the exit code for systemd."""
    waited = 0
    while not over.wait(LOOK_S):
        if child.poll() is not None:
            return child.returncode or 1
        waited += LOOK_S
        silent = silent_ms(port)
        if (silent is None and waited > START_S) or (silent is not None and silent > SILENT_MS and waited > START_S):
            log.warning("nothing was painted for %s ms: the browser is started again", silent)
            child.kill()
            return 1
    child.terminate()
    return 0


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
    code = watch(browser.child, asked.port, over)
    if door:
        door.close()
    sys.exit(code)


if __name__ == "__main__":
    main()
