"""A file is complete when two looks see the same, and never when it is empty."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from media.errors import MediaRefused
from media.stable import Look, completed, is_complete, look, unchanged

SOON = timedelta(milliseconds=1)
LOOKS = st.builds(Look, st.integers(0, 3), st.integers(0, 3), st.integers(0, 2))


@given(LOOKS, LOOKS)
def test_is_complete_only_when_nothing_changed_and_something_is_there(before: Look, now: Look) -> None:
    assert is_complete(before, now) == (before == now and now.size > 0)
    assert not is_complete(None, now)


async def test_completed_waits_while_a_file_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lecture.mp4"
    path.write_bytes(b"")
    sizes = iter([b"", b"a", b"ab", b"ab"])

    def grow(seen: Path) -> Look:
        path.write_bytes(next(sizes))
        os.utime(path, ns=(1, 1))
        return look(seen)

    monkeypatch.setattr("media.stable.look", grow)
    assert (await completed(path, every=SOON)).size == 2
    assert next(sizes, None) is None


async def test_completed_and_unchanged_refuse_what_is_gone_or_no_file(tmp_path: Path) -> None:
    path = tmp_path / "lecture.mp4"
    path.write_bytes(b"a")
    seen = look(path)
    await unchanged(path, seen)
    path.write_bytes(b"ab")
    with pytest.raises(MediaRefused, match="video_changed"):
        await unchanged(path, seen)
    path.unlink()
    (tmp_path / "link.mp4").symlink_to("/etc/passwd")
    for gone in (path, tmp_path, tmp_path / "link.mp4"):
        with pytest.raises(MediaRefused, match="video_vanished"):
            await completed(gone, every=SOON)
