"""A box's hands: what they heed, remember over a start, keep when the disk is full, and never let out."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from cms.hands.order import LIFE
from screens.kiosk.clock import BELIEVED, TrustedClock
from screens.kiosk.diary import BYTES, Diary, clipped, masked
from screens.kiosk.hands import Hands
from screens.kiosk.limbs import Backlight, Dial, LimbClient, LimbFailed, Limbs, LimbServer, Outputs
from tests.vectors import world
from tests.vectors.orders import TICKET, order, signed
from tests.vectors.world import T0

YEAR_1970 = 12.0


class Arms:
    """Limbs that note what was asked of them."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.moved: list[tuple[str, int]] = []

    def can(self) -> list[str]:
        return self.names

    def move(self, limb: str, level: int = 0) -> tuple[int | None, bytes]:
        if limb not in self.names:
            raise LimbFailed("hands.no_limb")
        self.moved.append((limb, level))
        return (level if limb in {"volume", "brightness"} else None), b"picture"


class Ticking:
    """A box's own clocks: one that only counts, and a date."""

    def __init__(self, wall: float = YEAR_1970) -> None:
        self.ticks, self.wall = 0.0, wall


def box(folder: Path, arms: Arms, time: Ticking | None = None) -> Hands:
    time = time or Ticking()
    clock = TrustedClock(folder / "clock.json", wall=lambda: time.wall, ticks=lambda: time.ticks)
    root: Any = world.by(world.root(), "root").value()
    return Hands(folder, root=root, server="https://yunping.example", limbs=arms, diary=Diary(), clock=clock)


def told(one: Any, *, at: int = T0 + 1000, screen: Any = None) -> dict[str, Any]:
    """What the page brings: the order, the facts of the screen and the last beacon, each signed."""
    facts = screen or world.by(world.screen(), "guard")
    issue = world.Issue(
        root=world.root(), delegations=world.delegations(), recalls=world.recalls(), bundles=(), version=1, seq=1, at=at
    )
    beacon = world.by(issue.beacon(world.by(issue.manifest(), "guard")), "guard")
    return {"order": one.value(), "screen": facts.value(), "beacon": beacon.value()}


def test_order_is_done_once_though_the_box_stands_in_1970_and_starts_again(tmp_path: Path) -> None:
    arms = Arms("volume")
    given = told(signed(order(action="volume", params={"level": 30})))
    assert box(tmp_path, arms).order(given) == {"state": "done", "value": 30}
    assert box(tmp_path, arms).order(given) == {"state": "done", "value": 30}  # answered from the disk
    assert arms.moved == [("volume", 30)]
    older = told(signed(order(1, order=world.uuid_of("another"), action="volume", params={"level": 90})))
    assert box(tmp_path, arms).order(older) == {"state": "refused", "code": "hands.replayed"}
    assert arms.moved == [("volume", 30)]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (told(signed(order(), "zhao")), "trust.signature"),
        (told(signed(order()), at=T0 + LIFE), "hands.expired"),
        (told(signed(order(screen=world.uuid_of("other")))), "hands.target"),
        (told(signed(order()), screen=world.by(world.screen(), "zhao")), "trust.signature"),
        ({"order": signed(order()).value()}, "trust.schema"),
        ({}, "trust.schema"),
    ],
)
def test_anything_unsigned_foreign_or_late_is_refused_before_anything_moves(
    tmp_path: Path, given: dict[str, Any], code: str
) -> None:
    arms = Arms("reload")
    assert box(tmp_path, arms).order(given) == {"state": "refused", "code": code}
    assert arms.moved == []
    assert not (tmp_path / "orders.json").exists()


def test_full_disk_heeds_nothing_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arms = Arms("volume")
    made = box(tmp_path, arms)
    assert made.order(told(signed(order(1, action="volume", params={"level": 1}))))["state"] == "done"
    kept = (tmp_path / "orders.json").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(descriptor))

    monkeypatch.setattr("screens.kiosk.keeping.os.fsync", full)
    later = told(signed(order(2, action="volume", params={"level": 2})))
    assert made.order(later) == {"state": "failed", "code": "hands.full"}
    assert (tmp_path / "orders.json").read_bytes() == kept
    assert arms.moved == [("volume", 1)]
    monkeypatch.undo()
    assert made.order(later) == {"state": "done", "value": 2}  # not written down was not heeded


def test_hours_are_kept_on_the_box_and_a_clock_nobody_knows_leaves_the_screen_on(tmp_path: Path) -> None:
    arms, time = Arms("power"), Ticking()
    made = box(tmp_path, arms, time)
    night = {"zone": "UTC", "open": [{"days": [1, 2, 3, 4, 5, 6, 7], "on": 0, "off": 1}]}
    assert made.order(told(signed(order(action="hours", params=night)))) == {"state": "done"}
    assert arms.moved == [("power", 0)]
    again = box(tmp_path, arms, Ticking())  # 1970 after a power cut, the server away
    assert (again.hours, again.is_on()) == (made.hours, True)
    known = box(tmp_path, arms, Ticking(wall=T0 / 1000 + 3600))
    assert known.is_on() is False
    far = box(tmp_path, arms, Ticking(wall=(T0 + BELIEVED) / 1000 + 10_000))
    assert far.is_on() is True


def test_what_is_handed_in_goes_to_the_own_server_with_the_ticket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []

    class Answer:
        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    def urlopen(asked: Any, timeout: float) -> Answer:
        sent.append((asked, timeout))
        return Answer()

    monkeypatch.setattr("screens.kiosk.hands.urllib.request.urlopen", urlopen)
    made = box(tmp_path, Arms("screenshot"))
    assert made.order(told(signed(order(action="screenshot", params={"ticket": TICKET}))))["state"] == "done"
    asked, _ = sent[0]
    assert asked.full_url == f"https://yunping.example/box/v1/files/{order().order}"
    assert (asked.data, asked.get_header("Authorization")) == (b"picture", f"Ticket {TICKET}")
    assert made.can() == ["screenshot", "logs"]


def test_log_that_leaves_the_box_has_no_secret_and_an_end() -> None:
    lines = (
        f"PUT /box/v1/files/x Authorization: Ticket {TICKET}",
        'got {"token": "abc123def", "psk":"wifi-geheim"} from https://user:pass@yunping.example/a?key=1234',
        f"key {'A' * 43} \x1b[31mred",
    )
    said = masked("\n".join(lines))
    for secret in (TICKET, "abc123def", "wifi-geheim", "user:pass", "1234", "A" * 43, "\x1b"):
        assert secret not in said
    assert "/box/v1/files/x" in said
    assert len(clipped("很长的一行\n" * 100_000).encode()) <= BYTES


def test_dials_read_back_what_the_tools_of_the_box_say(tmp_path: Path) -> None:
    ran: list[list[str]] = []

    def run(words: Any) -> str:
        ran.append(list(words))
        return 'HDMI-A-1 "x"\n  Enabled: yes\n' if words[0] == "wlr-randr" else "  Mono: Playback 20 [30%] [on]\n"

    dial = Dial("amixer", ("-M", "sset", "Master", "{}%"), ("-M", "sget", "Master"), r"\[(\d+)%\]", run)
    assert dial.turn(30) == 30
    assert ran[0] == ["amixer", "-M", "sset", "Master", "30%"]
    assert Outputs("wlr-randr", run).power(0) == 0
    assert ran[-1] == ["wlr-randr", "--output", "HDMI-A-1", "--off"]
    (tmp_path / "max_brightness").write_text("255")
    (tmp_path / "brightness").write_text("255")
    assert Backlight(tmp_path).turn(40) == 40
    assert (tmp_path / "brightness").read_text() == "102"


def test_limbs_answer_over_the_socket_of_the_boxs_user_alone(tmp_path: Path) -> None:
    class Page:
        def screenshot(self) -> bytes:
            return b"\x89" * 100_000

        def reload(self) -> None:
            raise LimbFailed("hands.limb")

        def clear_cache(self) -> None: ...

    server = LimbServer(tmp_path / "limbs.sock", Limbs(browser=Page()))
    server.start()
    client = LimbClient(tmp_path / "limbs.sock")
    assert client.can() == ["screenshot", "reload", "cache"]
    assert client.move("screenshot") == (None, b"\x89" * 100_000)
    assert (tmp_path / "limbs.sock").stat().st_mode & 0o777 == 0o600
    for limb, code in (("reload", r"hands\.limb"), ("volume", r"hands\.no_limb"), ("shell; rm", r"hands\.no_limb")):
        with pytest.raises(LimbFailed, match=code):
            client.move(limb)
    server.close()
    assert LimbClient(tmp_path / "nobody.sock").can() == []
