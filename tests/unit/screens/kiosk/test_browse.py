"""The keeper of the box's browser: its sandbox stays on, a crashed page comes again, a hopeless browser is ended."""

import threading
from pathlib import Path
from typing import Any, cast

import pytest

from screens.kiosk import browse
from screens.kiosk.browse import BACK_S, SILENT_MS, START_S, Watch, command
from screens.kiosk.devtools import Devtools
from screens.kiosk.limbs import LimbFailed

KIOSK = Path(browse.__file__).parent
CRASH = {"method": "Target.targetCrashed", "params": {"targetId": "t1", "status": "crashed"}}


class Child:
    """As much of a process as its keeper touches."""

    returncode = None
    end = ""

    def poll(self) -> int | None:
        return None

    def kill(self) -> None:
        self.end = "killed"

    def terminate(self) -> None:
        self.end = "asked to go"


class Browser:
    """A browser by a clock that is given; `told` are its events by the second at which they come."""

    def __init__(self, told: dict[float, dict[str, Any]] | None = None) -> None:
        self.child = Child()
        self.now = 0.0
        self.told = dict(told or {})
        self.asked: list[str] = []
        self.is_deaf_at = float("inf")
        self.over = threading.Event()
        self.ends_at = 600.0

    def call(self, method: str, params: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        self.asked.append(f"{method} {params.get('url', '')}".strip())
        return {"sessionId": session or "s1"}

    def event(self, wait: float) -> dict[str, Any] | None:
        self.now += wait
        if self.now >= self.is_deaf_at:
            raise LimbFailed("hands.limb")
        if self.now >= self.ends_at:
            self.over.set()
        due = next((at for at in self.told if at <= self.now), None)
        return None if due is None else self.told.pop(due)


def watched(browser: Browser, monkeypatch: pytest.MonkeyPatch, silent: Any) -> int:
    """What the keeper answers to systemd; `silent(now)` is what the box says of the page's last report (ms)."""
    monkeypatch.setattr("screens.kiosk.browse.time.monotonic", lambda: browser.now)
    monkeypatch.setattr(browse, "silent_ms", lambda _port: silent(browser.now))
    return Watch(cast("Devtools", browser), 8790).run(browser.over)


def test_page_when_it_crashes_is_loaded_again_and_the_browser_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser({100.0: CRASH})
    assert watched(browser, monkeypatch, lambda now: 200 if now < 100 or now > 105 else (now - 100) * 1000) == 0
    assert browser.asked[-2:] == ["Target.attachToTarget", "Page.navigate http://127.0.0.1:8790/"]
    assert browser.child.end == "asked to go"


def test_page_that_does_not_come_back_after_a_crash_ends_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser({100.0: CRASH})
    assert watched(browser, monkeypatch, lambda now: max(0, now - 100) * 1000) == 1
    assert browser.child.end == "killed"
    assert browser.now < 100 + BACK_S + 3


@pytest.mark.parametrize("silent", [lambda now: max(0, now - 200) * 1000, lambda now: None if now > 200 else 100])
def test_page_that_paints_no_more_ends_the_browser_within_its_minute(
    monkeypatch: pytest.MonkeyPatch, silent: Any
) -> None:
    browser = Browser()
    assert watched(browser, monkeypatch, silent) == 1
    assert browser.child.end == "killed"
    assert 200 < browser.now < 200 + SILENT_MS / 1000 + 3


def test_page_of_a_cold_box_has_its_time_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()
    assert watched(browser, monkeypatch, lambda now: None if now < START_S - 5 else 100) == 0


def test_browser_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()
    browser.is_deaf_at = 30
    assert watched(browser, monkeypatch, lambda _: 100) == 1
    assert browser.child.end == "killed"


def test_browser_is_started_as_a_kiosk_with_its_sandbox() -> None:
    words = command("/usr/bin/chromium", Path("/p"), 8790)
    assert "--kiosk" in words
    assert words[-1] == "http://127.0.0.1:8790/"
    assert not [word for word in words if "sandbox" in word or word.startswith("--remote-debugging-port")]
    unit = (KIOSK / "yunping-kiosk.service").read_text("utf-8")
    assert "User=yunping-screen" in unit
    assert "sandbox" not in "".join(line for line in unit.splitlines() if line.startswith("ExecStart"))
    assert not [line for line in unit.splitlines() if line.startswith("NoNewPrivileges")]  # the helper is setuid
