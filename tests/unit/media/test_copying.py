import errno
import os
from pathlib import Path

import pytest

from media import copying
from media.copying import copied

DATA = bytes(range(256)) * 1_000


def _copy(tmp_path: Path, heard: list[int]) -> bytes:
    given, made = tmp_path / "given", tmp_path / "made"
    given.write_bytes(DATA)
    with given.open("rb", buffering=0) as source, made.open("w+b", buffering=0) as target:
        copied(source.fileno(), target.fileno(), each=heard.append)
    return made.read_bytes()


@pytest.mark.parametrize("block", [1_000, len(DATA), 1 << 20])
def test_copy_has_the_bytes(tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "BLOCK", block)
    heard: list[int] = []
    assert _copy(tmp_path, heard) == DATA
    assert heard[-1] == len(DATA)


def test_copy_where_the_kernel_cannot_goes_through_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> int:
        raise OSError(errno.EXDEV, "two volumes")

    monkeypatch.setattr(os, "copy_file_range", refuses)
    assert _copy(tmp_path, []) == DATA


def test_copy_ends_where_its_caller_ends_it(tmp_path: Path) -> None:
    def too_much(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    given, made = tmp_path / "given", tmp_path / "made"
    given.write_bytes(DATA)
    with given.open("rb") as source, made.open("w+b") as target, pytest.raises(OSError, match="full"):
        copied(source.fileno(), target.fileno(), each=too_much)
