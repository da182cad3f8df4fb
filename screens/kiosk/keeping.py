"""Small facts of the box on its disk: whole or not at all, and there after a power cut; standard library only."""

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Any

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class DiskFull(Exception):
    """There is no room; nothing that was kept before is lost."""


def write(path: Path, data: bytes) -> None:
    """Puts `data` in place of what is there, by a rename. Raises DiskFull, OSError."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync(path.parent)
    except OSError as problem:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        if problem.errno in FULL:
            raise DiskFull(str(path)) from problem
        raise


def keep(path: Path, value: object) -> None:
    """As `write`, of JSON."""
    write(path, json.dumps(value, ensure_ascii=False).encode())


def load(path: Path, default: Any) -> Any:
    """What `keep` wrote; `default` for a file that is missing or damaged."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return default
    return found if isinstance(found, type(default)) else default


def sync(folder: Path) -> None:
    """The names in a folder are on disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
