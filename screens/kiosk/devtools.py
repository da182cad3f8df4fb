"""Chromium's DevTools over two pipes of its parent: no port that anybody else could open; standard library only."""

import base64
import binascii
import fcntl
import itertools
import json
import os
import queue
import subprocess
import threading
from collections.abc import Sequence
from typing import Any, Final

from screens.kiosk.limbs import LimbFailed

SECONDS: Final = 15.0
QUALITY: Final = 90
MAX_MESSAGE: Final = 64 * 2**20
_LOW: Final = 10  # our ends of the pipes stay clear of 3 and 4, which are the browser's


class Devtools:
    """Starts a browser that is moved over its pipes (``--remote-debugging-pipe``: it reads 3 and writes 4)."""

    def __init__(self, words: Sequence[str]) -> None:
        theirs_in, ours_out = _pipe()
        ours_in, theirs_out = _pipe()

        def placed() -> None:
            os.dup2(theirs_in, 3)
            os.dup2(theirs_out, 4)

        flagged = [words[0], "--remote-debugging-pipe", *words[1:]]
        self.child = subprocess.Popen(flagged, pass_fds=(3, 4), preexec_fn=placed)  # noqa: PLW1509, S603 - no thread runs yet
        os.close(theirs_in)
        os.close(theirs_out)
        self._out = ours_out
        self._in = ours_in
        self._numbers = itertools.count(1)
        self._writing = threading.Lock()
        self._answers: dict[int, dict[str, Any]] = {}
        self._events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._came = threading.Condition()
        self._over = False
        threading.Thread(target=self._read, daemon=True, name="devtools").start()

    def screenshot(self) -> bytes:
        """What stands on the glass now, a playing film included. Raises LimbFailed."""
        asked = {"format": "webp", "quality": QUALITY, "fromSurface": True}
        try:
            return base64.b64decode(self._on_page("Page.captureScreenshot", asked)["data"])
        except (KeyError, binascii.Error) as problem:
            raise LimbFailed("hands.limb") from problem

    def reload(self) -> None:
        """Loads the page again, without the browser's own cache. Raises LimbFailed."""
        self._on_page("Page.reload", {"ignoreCache": True})

    def clear_cache(self) -> None:
        """Empties the browser's own cache; what the player keeps is the player's. Raises LimbFailed."""
        self._on_page("Network.clearBrowserCache", {})

    def call(self, method: str, params: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        """One question and its answer. Raises LimbFailed."""
        number = next(self._numbers)
        asked = {"id": number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        data = json.dumps(asked).encode() + b"\0"
        try:
            with self._writing:
                while data:
                    data = data[os.write(self._out, data) :]
        except OSError as problem:
            raise LimbFailed("hands.limb") from problem
        with self._came:
            self._came.wait_for(lambda: number in self._answers or self._over, timeout=SECONDS)
            answer = self._answers.pop(number, None)
        if answer is None or "result" not in answer:
            raise LimbFailed("hands.limb")
        result: dict[str, Any] = answer["result"]
        return result

    def event(self, wait: float) -> dict[str, Any] | None:
        """What the browser tells unasked (`method`, `params`), or None when nothing came within `wait` seconds."""
        try:
            return self._events.get(timeout=wait)
        except queue.Empty:
            return None

    def _on_page(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        targets = self.call("Target.getTargets", {})["targetInfos"]
        page = next((one for one in targets if one["type"] == "page"), None)
        if page is None:
            raise LimbFailed("hands.limb")
        attached = self.call("Target.attachToTarget", {"targetId": page["targetId"], "flatten": True})
        try:
            return self.call(method, params, str(attached["sessionId"]))
        finally:
            self.call("Target.detachFromTarget", {"sessionId": attached["sessionId"]})

    def _read(self) -> None:
        pending = bytearray()
        while True:
            try:
                part = os.read(self._in, 2**16)
            except OSError:
                part = b""
            if not part or len(pending) > MAX_MESSAGE:
                break
            pending += part
            while (end := pending.find(b"\0")) >= 0:
                self._take(bytes(pending[:end]))
                del pending[: end + 1]
        with self._came:
            self._over = True
            self._came.notify_all()

    def _take(self, data: bytes) -> None:
        try:
            said = json.loads(data)
        except ValueError:
            return
        if "id" in said:
            with self._came:
                self._answers[int(said["id"])] = said
                self._came.notify_all()
        else:
            self._events.put(said)


def _pipe() -> tuple[int, int]:
    """Both ends, out of the way of the low numbers, and closed in every other child."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _LOW) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
