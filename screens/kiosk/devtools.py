"""The browser's DevTools over two pipes that only its parent holds; no port is opened. Standard library only."""

import json
import os
import select
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

READ, WRITE = 3, 4  # the descriptors `--remote-debugging-pipe` reads commands from and writes answers to
MOST: Final = 16 * 2**20  # bytes of one message; a longer one ends the conversation


class Browser:
    """A started browser and the conversation with it."""

    def __init__(self, argv: Sequence[str]) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        # Copies first: what is put in place for the browser must not be one of the two still to be put in place.
        given = [os.dup2(fd, 64 + place) for place, fd in enumerate((theirs_in, theirs_out))]
        actions = [
            (os.POSIX_SPAWN_DUP2, given[0], READ),
            (os.POSIX_SPAWN_DUP2, given[1], WRITE),
            *((os.POSIX_SPAWN_CLOSE, fd) for fd in given),
        ]
        whole = [argv[0], "--remote-debugging-pipe", *argv[1:]]
        self.pid = os.posix_spawn(argv[0], whole, os.environ, file_actions=actions)  # noqa: TID251 - all of it is passed on
        for fd in (theirs_in, theirs_out, *given):
            os.close(fd)
        self.code: int | None = None
        self._out, self._in = ours_out, ours_in
        self._rest = b""
        self._number = 0

    @classmethod
    def start(cls, chromium: str, flags: Sequence[str], profile: Path, url: str) -> "Browser":
        return cls([chromium, *flags, f"--user-data-dir={profile}", url])

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def end(self, number: int) -> None:
        """Sends a signal, if there is still somebody to send it to."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def say(self, method: str, params: dict[str, Any] | None = None, session: str | None = None) -> int:
        """Sends a command; its number stands in the answer. Raises OSError when the browser is gone."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        return self._number

    def heard(self, wait: float) -> list[dict[str, Any]]:
        """What came within `wait` seconds: answers and events. Raises OSError when the browser is gone."""
        if not select.select([self._in], [], [], wait)[0]:
            return []
        data = os.read(self._in, 2**16)
        if not data:
            raise OSError("the browser closed its end")
        *whole, self._rest = (self._rest + data).split(b"\0")
        if len(self._rest) > MOST:
            raise OSError("a message without an end")
        return [json.loads(one) for one in whole]
