"""A bell is heard by everyone who waits, once for all rings since the last look."""

from pathlib import Path

import pytest

from cms.kernel.bell import Bell


def test_bell_when_rung_by_another_is_heard_once(tmp_path: Path) -> None:
    here, there = (Bell.opened(str(tmp_path / "bell")) for _ in range(2))
    assert not here.wait(0)
    assert there.ring()
    assert there.ring()
    assert here.wait(5)
    assert there.wait(5)
    assert not here.wait(0)
    here.close()
    there.close()


def test_bell_when_closed_rings_nowhere(tmp_path: Path) -> None:
    bell = Bell.opened(str(tmp_path / "bell"))
    bell.close()
    (tmp_path / "other").write_bytes(b"-")
    with (tmp_path / "other").open("rb+"):
        assert not bell.ring()
    assert (tmp_path / "other").read_bytes() == b"-"


def test_bell_when_its_folder_is_missing_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Bell.opened(str(tmp_path / "none" / "bell"))
