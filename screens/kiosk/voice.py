"""The box's own voice: a sentence becomes sound by espeak-ng, on this machine and for it; standard library only.

The page asks for one sentence after the other (`POST /voice`) and plays what it is told (`GET /voice/{sha256}.wav`).
What was said lately is kept, so that a headline that many people ask for is made once.
"""

import hashlib
import shutil
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

PROGRAM: Final = "espeak-ng"
LANGUAGE: Final = "cmn"  # Mandarin
PACE: Final = "165"  # words a minute; a Chinese character counts as about half of one
MAX_TEXT: Final = 2_000  # bytes of a sentence in UTF-8
SECONDS: Final = 8.0
KEPT: Final = 48  # sentences; at 22 kHz about 20 MB at the most
AT_ONCE: Final = 2


class VoiceError(Exception):
    """No sound could be made of it."""


def espeak(text: str) -> bytes:
    """WAV of a sentence. Raises VoiceError."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise VoiceError(PROGRAM)
    # The text goes by standard input: no argument of the page's reaches a command line.
    command = [program, "-v", LANGUAGE, "-s", PACE, "--stdin", "--stdout"]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=SECONDS, check=True)  # noqa: S603
    except (subprocess.SubprocessError, OSError) as error:
        raise VoiceError(str(error)) from error
    if not done.stdout.startswith(b"RIFF"):
        raise VoiceError(PROGRAM)
    return done.stdout


class Voice:
    """Sentences by the sha256 of their text; `make` turns one into sound."""

    def __init__(self, make: Callable[[str], bytes] = espeak) -> None:
        self._make = make
        self._said: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    @staticmethod
    def is_able() -> bool:
        """Whether this box can speak at all."""
        return shutil.which(PROGRAM) is not None

    def say(self, body: bytes) -> str:
        """The path under which the sentence can be fetched. Raises VoiceError."""
        try:
            text = body.decode().strip()
        except UnicodeDecodeError as error:
            raise VoiceError("utf-8") from error
        if not text or len(body) > MAX_TEXT:
            raise VoiceError("size")
        name = hashlib.sha256(text.encode()).hexdigest()
        if self._kept(name) is None:
            with self._turns:
                sound = self._make(text)
            with self._lock:
                self._said[name] = sound
                while len(self._said) > KEPT:
                    self._said.popitem(last=False)
        return f"voice/{name}.wav"

    def sound(self, path: str) -> bytes | None:
        """What `say` made, or None when it is no more."""
        name, _, ending = path.removeprefix("/voice/").partition(".")
        return self._kept(name) if ending == "wav" else None

    def _kept(self, name: str) -> bytes | None:
        with self._lock:
            if name in self._said:
                self._said.move_to_end(name)
            return self._said.get(name)
