import errno
import os
from pathlib import Path

import pytest

from media.durable import STAGING, DurableFolder, refused_when_full
from media.errors import MediaRefused


def _staged(root: Path) -> list[Path]:
    return list((root / STAGING).iterdir())


def test_publish_makes_the_file_visible_and_empties_staging(tmp_path: Path) -> None:
    folder = DurableFolder(tmp_path)
    staged = folder.stage(reserve=0)
    staged.write(b"one")
    staged.write(b"two")
    assert not (tmp_path / "a").exists()
    folder.publish(staged, "a/b/c")
    assert (tmp_path / "a/b/c").read_bytes() == b"onetwo"
    assert _staged(tmp_path) == []


def test_publish_without_replace_when_taken_is_refused_and_leaves_the_old(tmp_path: Path) -> None:
    folder = DurableFolder(tmp_path)
    old, new = folder.stage(reserve=0), folder.stage(reserve=0)
    old.write(b"old")
    folder.publish(old, "n/x", replace=False)
    with pytest.raises(MediaRefused) as caught:
        folder.publish(new, "n/x", replace=False)
    new.discard()
    assert caught.value.code == "media.name_taken"
    assert (tmp_path / "n/x").read_bytes() == b"old"
    assert _staged(tmp_path) == []


def test_write_when_only_the_reserve_is_left_is_refused(tmp_path: Path) -> None:
    staged = DurableFolder(tmp_path).stage(reserve=1 << 60)
    with pytest.raises(MediaRefused) as caught:
        staged.write(b"x")
    staged.discard()
    assert caught.value.code == "media.disk_full"
    assert _staged(tmp_path) == []


def test_sweep_removes_what_a_dead_writer_left_and_spares_the_living(tmp_path: Path) -> None:
    folder = DurableFolder(tmp_path)
    living = folder.stage(reserve=0)
    (tmp_path / STAGING / "dead").write_bytes(b"half")
    assert folder.sweep() == 1
    assert _staged(tmp_path) == [living.path]
    living.discard()
    living.discard()
    assert folder.sweep() == 0


def test_remove_twice_is_fine(tmp_path: Path) -> None:
    folder = DurableFolder(tmp_path)
    staged = folder.stage(reserve=0)
    folder.publish(staged, "n/x")
    folder.remove("n/x")
    folder.remove("n/x")
    folder.remove("n/x/below")
    assert not (tmp_path / "n/x").exists()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "media.disk_full"),
        (errno.EDQUOT, "media.disk_full"),
        (errno.EEXIST, "media.name_taken"),
        (errno.ENOTDIR, "media.name_taken"),
        (errno.EIO, "media.store_failed"),
        (errno.EROFS, "media.store_failed"),
    ],
)
def test_refused_when_full_names_each_system_error(number: int, code: str) -> None:
    with pytest.raises(MediaRefused) as caught, refused_when_full():
        raise OSError(number, "text")
    assert caught.value.code == code


def test_link_takes_a_finished_file_without_a_copy_and_lets_nobody_write_into_it(tmp_path: Path) -> None:
    folder, upload = DurableFolder(tmp_path / "store"), tmp_path / "upload"
    upload.write_bytes(b"film")
    linked = folder.link(upload)
    assert linked is not None
    assert linked.path.stat().st_ino == upload.stat().st_ino
    assert upload.stat().st_mode & 0o777 == 0o440
    folder.publish(linked, "a/b/c")
    upload.unlink()
    assert (tmp_path / "store" / "a" / "b" / "c").read_bytes() == b"film"
    assert _staged(tmp_path / "store") == []


def test_link_leaves_what_somebody_may_still_write_or_is_no_file(tmp_path: Path) -> None:
    folder, upload, pipe = DurableFolder(tmp_path / "store"), tmp_path / "upload", tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "pointer").symlink_to(upload)
    with upload.open("wb") as writer:
        writer.write(b"half")
        assert folder.link(upload) is None
    assert folder.link(pipe) is None
    assert folder.link(tmp_path / "pointer") is None
    assert folder.link(tmp_path / "nothing") is None
    assert _staged(tmp_path / "store") == []
