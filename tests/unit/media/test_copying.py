import contextlib
import errno
import hashlib
import os
import threading
from pathlib import Path

import pytest

from media import copying
from media.copying import copied

DATA = bytes(range(256)) * 1_000
HASH = hashlib.sha256(DATA).hexdigest()


def _copy(tmp_path: Path, heard: list[int]) -> tuple[str, bytes]:
    given, made = tmp_path / "given", tmp_path / "made"
    given.write_bytes(DATA)
    with given.open("rb", buffering=0) as source:
        hashing = copied(source.fileno(), made, each=heard.append)
    assert made.read_bytes() == DATA  # whole before its hash is waited for
    return hashing.result(10), made.read_bytes()


@pytest.mark.parametrize("block", [1_000, len(DATA), 1 << 20])
def test_copy_has_the_bytes_and_its_hash_follows(tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "BLOCK", block)
    heard: list[int] = []
    assert _copy(tmp_path, heard) == (HASH, DATA)
    assert heard[-1] == len(DATA)


def test_copy_where_the_kernel_cannot_goes_through_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> int:
        raise OSError(errno.EXDEV, "two volumes")

    monkeypatch.setattr(os, "copy_file_range", refuses)
    assert _copy(tmp_path, []) == (HASH, DATA)


def test_copy_ends_where_its_caller_ends_it_and_leaves_no_file_open(tmp_path: Path) -> None:
    def too_much(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    given, made = tmp_path / "given", tmp_path / "made"
    given.write_bytes(DATA)
    with given.open("rb", buffering=0) as source, pytest.raises(OSError, match="full"):
        copied(source.fileno(), made, each=too_much)
    for _ in range(500):
        if made not in _open_files():
            return
        threading.Event().wait(0.01)
    pytest.fail("still open")


def _open_files() -> list[Path]:
    found = []
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(one.readlink())
    return found
