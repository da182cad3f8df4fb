"""The two player folders of a box: what gets in, what passes its trial, and what is left again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cms.signals.software import Software, SoftwareFile, share
from cms.trust.keys import sha256
from screens.kiosk import slots as slots_module
from screens.kiosk.slots import TRIAL_SECONDS, UpdateFailed
from tests.fakes.boxes import PAGE, VERSION, Box, Line, an_order, release
from tests.vectors import world


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    made = Line(PAGE, release(10).wire().encode())
    monkeypatch.setattr(slots_module, "fetched", made)
    return made


def test_box_takes_an_update_only_in_its_share_and_passes_its_trial_with_a_beat(tmp_path: Path, line: Line) -> None:
    screen = next(one for n in range(1_000) if share(VERSION, one := world.uuid_of(f"s{n}")) < 10)
    other = next(one for n in range(1_000) if share(VERSION, one := world.uuid_of(f"s{n}")) > 200)
    box = Box(tmp_path / "box")
    wire = release(10).wire()
    with pytest.raises(UpdateFailed, match=r"hands\.not_staged"):
        box.take(an_order(other), wire)
    with pytest.raises(UpdateFailed, match=r"trust\.signature"):
        box.take(
            an_order(screen),
            world.by(
                Software(world.DOMAIN, 1, 1, VERSION, "0.0.0", 10, 1, 2, (SoftwareFile("index.html", "a" * 64, 1),)),
                "guard",
            ).wire(),
        )
    line.files[sha256(PAGE)] = PAGE + b"x"
    with pytest.raises(UpdateFailed, match=r"trust\.hash"):
        box.take(an_order(screen), wire)
    assert box.slots.folder == box.folder / "installed"
    line.files[sha256(PAGE)] = PAGE
    assert box.take(an_order(screen), wire)
    box.slots.beaten(VERSION, linked=False)
    box.slots.beaten("1.0.0", linked=True)
    assert box.slots.is_on_trial
    box.slots.beaten(VERSION, linked=True)
    assert (box.slots.is_on_trial, box.ends) == (False, [{"state": "done"}])
    box.time += TRIAL_SECONDS * 2
    box.slots.look()
    assert box.slots.version == VERSION
    assert box.take(an_order(screen), wire, running=VERSION) is False  # it runs already


def test_player_that_crashes_at_the_start_is_left_at_the_second(tmp_path: Path, line: Line) -> None:
    screen = next(one for n in range(1_000) if share(VERSION, one := world.uuid_of(f"s{n}")) < 10)
    box = Box(tmp_path / "box")
    assert box.take(an_order(screen), release(10).wire())
    box.slots = box.start()  # power went and came
    assert box.slots.version == VERSION
    box.slots = box.start()
    assert (box.slots.folder, box.ends) == (box.folder / "installed", [{"state": "failed", "code": "hands.crashed"}])
    assert line.files


def rot(box: Box) -> None:
    (box.folder / "a" / "index.html").write_bytes(PAGE[:-1] + b"?")


def add(box: Box) -> None:
    (box.folder / "a" / "late.js").write_text("alert(1)")


def reinstall(box: Box) -> None:
    (box.folder / "installed" / "index.html").write_text("of a newer checkout")


@pytest.mark.parametrize("spoil", [rot, add, reinstall])
def test_folder_that_is_not_as_it_was_filled_is_not_served_after_a_start(
    tmp_path: Path, line: Line, spoil: Callable[[Box], None]
) -> None:
    screen = next(one for n in range(1_000) if share(VERSION, one := world.uuid_of(f"s{n}")) < 10)
    box = Box(tmp_path / "box")
    assert box.take(an_order(screen), release(10, seq=4).wire())
    box.slots.beaten(VERSION, linked=True)
    box.slots = box.start()
    assert box.slots.version == VERSION
    spoil(box)
    box.slots = box.start()
    assert (box.slots.folder, box.slots.version) == (box.folder / "installed", "")
    with pytest.raises(UpdateFailed, match=r"trust\.rollback"):
        box.take(an_order(screen), release(10, seq=3).wire())  # it still knows what it was told
    assert box.take(an_order(screen), release(10, seq=5).wire())
    assert line.files
