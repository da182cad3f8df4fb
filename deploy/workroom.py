"""The folder in which a process works on uploads: its own, locked while it lives, removed when it is found dead."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_PREFIX: Final = "process-"


def take_folder(parent: Path) -> Path:
    """A new folder of this process below `parent`; what killed processes left there is removed (blocking).

    The lock is on the folder itself and is let go by the kernel when the process ends, however it ends. A video that
    was being encoded would otherwise keep its gigabytes for ever.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in list(parent.iterdir()):
        _remove_if_dead(left)
    while True:
        made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Another process that starts now may have taken it for a dead one's before the lock was on.
        if made.exists():
            return made
        os.close(descriptor)


def _remove_if_dead(left: Path) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(descriptor)
