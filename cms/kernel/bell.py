"""A bell between the processes of one machine: who writes a byte into a file wakes whoever waits for it (inotify(7)).

SQLite tells nobody that it committed, and a look ten times a second is late by a tenth at every step of a way that has
several. Only Linux has it; elsewhere, and where the system gives no more watches, `opened` says so with OSError.
"""

import ctypes
import os
import select
import threading
from typing import Any, Final, Self

_MODIFIED: Final = 0x2  # IN_MODIFY, linux/inotify.h
_ROOM: Final = 4096


class Bell:
    """An open bell; `ring` may be called from any thread, `wait` from one."""

    def __init__(self, file: int, watch: int) -> None:
        self._file = file
        self._watch = watch
        self._turn = threading.Lock()  # or a ring might go to whatever file has the number after `close`
        self._poll = select.poll()
        self._poll.register(watch, select.POLLIN)

    @classmethod
    def opened(cls, path: str) -> Self:
        """The bell of this name, made unless it is there; blocking. Raises OSError."""
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        try:
            return cls(file, _watching(path))
        except BaseException:
            os.close(file)
            raise

    def ring(self) -> bool:
        """Wakes everybody who waits, here too; False when the file cannot be written to."""
        with self._turn:
            try:
                return os.pwrite(self._file, b"!", 0) == 1
            except OSError:
                return False

    def wait(self, seconds: float) -> bool:
        """Whether it rang before the time was over; what rang since the last time counts. Blocking."""
        if not self._poll.poll(seconds * 1000):
            return False
        os.read(self._watch, _ROOM)  # rings that nobody has looked at are one
        return True

    def close(self) -> None:
        with self._turn:
            os.close(self._watch)
            os.close(self._file)
            self._file = -1


def _watching(path: str) -> int:
    try:
        libc: Any = ctypes.CDLL(None, use_errno=True)
        start, add = libc.inotify_init1, libc.inotify_add_watch
    except AttributeError as missing:
        raise OSError("inotify") from missing
    watch: int = start(os.O_NONBLOCK | os.O_CLOEXEC)
    if watch >= 0 and add(watch, os.fsencode(path), _MODIFIED) < 0:
        problem = ctypes.get_errno()
        os.close(watch)
        raise OSError(problem, os.strerror(problem), path)
    if watch < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    return watch
