"""What a box can move: its picture, its voice, its light; each by one fixed command, none with a word from outside.

The browser's process has these, because it stands in the session of the display; the box's server asks for them over a
socket of its own user. Numbers are the only parameters there are.
"""

import json
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

SECONDS: Final = 20.0
MAX_BYTES: Final = 16 * 2**20
BACKLIGHT: Final = Path("/sys/class/backlight")


class LimbFailed(Exception):
    """It could not be done; the text is a code of the catalogue."""


class Browser(Protocol):
    """The browser of the kiosk, as far as it is moved."""

    def screenshot(self) -> bytes: ...

    def reload(self) -> None: ...

    def clear_cache(self) -> None: ...


Run = Callable[[Sequence[str]], str]


def run(words: Sequence[str]) -> str:
    """The output of a command. Raises LimbFailed."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=True)  # noqa: S603 - fixed words and numbers
    except (OSError, subprocess.SubprocessError) as problem:
        raise LimbFailed("hands.limb") from problem
    return done.stdout


# name of the tool -> (set, get, how the answer says per cent)
_VOLUME: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]]] = {
    "wpctl": (
        ("set-volume", "@DEFAULT_AUDIO_SINK@", "{}%"),
        ("get-volume", "@DEFAULT_AUDIO_SINK@"),
        r"Volume: (\d+\.\d+)",
    ),
    "amixer": (("-M", "sset", "Master", "{}%"), ("-M", "sget", "Master"), r"\[(\d+)%\]"),
}
_DDC: Final = (("setvcp", "10", "{}"), ("getvcp", "10", "--brief"), r"VCP 10 C (\d+)")


@dataclass(frozen=True, slots=True)
class Dial:
    """A number that can be set and read back, by a tool of the box."""

    tool: str
    set: tuple[str, ...]
    get: tuple[str, ...]
    said: str
    run: Run = run

    def turn(self, level: int) -> int:
        """Sets it and says what the box reads back. Raises LimbFailed."""
        self.run([self.tool, *(word.format(level) for word in self.set)])
        return self.read()

    def read(self) -> int:
        """Per cent. Raises LimbFailed."""
        found = re.search(self.said, self.run([self.tool, *self.get]))
        if found is None:
            raise LimbFailed("hands.limb")
        text = found.group(1)
        return round(float(text) * 100) if "." in text else int(text)


@dataclass(frozen=True, slots=True)
class Backlight:
    """A panel's own light, where the kernel has it."""

    folder: Path

    def turn(self, level: int) -> int:
        try:
            most = int((self.folder / "max_brightness").read_text())
            (self.folder / "brightness").write_text(str(round(most * level / 100)))
        except (OSError, ValueError) as problem:
            raise LimbFailed("hands.limb") from problem
        return self.read()

    def read(self) -> int:
        try:
            most, now = (int((self.folder / name).read_text()) for name in ("max_brightness", "brightness"))
        except (OSError, ValueError) as problem:
            raise LimbFailed("hands.limb") from problem
        return round(now * 100 / most) if most else 0


@dataclass(frozen=True, slots=True)
class Outputs:
    """The picture's outputs, on or off."""

    tool: str
    run: Run = run

    def power(self, on: int) -> int:
        for name in self._names():
            self.run([self.tool, "--output", name, "--on" if on else "--off"])
        return int(bool(on))

    def _names(self) -> list[str]:
        return [line.split()[0] for line in self.run([self.tool]).splitlines() if line and not line[0].isspace()]


class _Turning(Protocol):
    def turn(self, level: int) -> int: ...

    def read(self) -> int: ...


@dataclass(slots=True)
class Limbs:
    """What this box has; a limb that is None it does not have, and says so."""

    browser: Browser | None = None
    volume: _Turning | None = None
    brightness: _Turning | None = None
    outputs: Outputs | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def can(self) -> list[str]:
        """The names of what can be asked of this box."""
        browser = ("screenshot", "reload", "cache") if self.browser else ()
        light = [name for name in ("volume", "brightness") if getattr(self, name) is not None]
        return [*browser, *light, *(("power",) if self.outputs else ())]

    def move(self, limb: str, level: int) -> tuple[int | None, bytes]:
        """Does it: what was read back, and the bytes it made. Raises LimbFailed."""
        if limb not in self.can():
            raise LimbFailed("hands.no_limb")
        with self._turn:
            if limb in {"volume", "brightness"}:
                return getattr(self, limb).turn(level), b""
            if limb == "power" and self.outputs:
                return self.outputs.power(level), b""
            if self.browser is None:
                raise LimbFailed("hands.no_limb")
            if limb == "screenshot":
                return None, self.browser.screenshot()
            (self.browser.reload if limb == "reload" else self.browser.clear_cache)()
            return None, b""


def found(browser: Browser | None) -> Limbs:
    """The limbs of the box this runs on: each is tried by reading it once."""
    return Limbs(browser, _voice(), _light(), _outputs())


def _voice() -> Dial | None:
    dials = (Dial(path, *words) for name, words in _VOLUME.items() if (path := shutil.which(name)))
    return next((dial for dial in dials if _answers(dial)), None)


def _light() -> "Dial | Backlight | None":
    panels: list[Dial | Backlight] = [Backlight(one) for one in sorted(BACKLIGHT.glob("*"))]
    ddc = shutil.which("ddcutil")
    tried = [*panels, *([Dial(ddc, *_DDC)] if ddc else [])]
    return next((one for one in tried if _answers(one)), None)


def _outputs() -> Outputs | None:
    tool = shutil.which("wlr-randr")
    if tool is None:
        return None
    try:
        run([tool])
    except LimbFailed:
        return None
    return Outputs(tool)


def _answers(dial: _Turning) -> bool:
    try:
        dial.read()
    except LimbFailed:
        return False
    return True


# ---------------------------------------------------------------- the socket between the box's two processes


class LimbServer(threading.Thread):
    """Answers the box's server; the socket belongs to the box's user alone."""

    def __init__(self, path: Path, limbs: Limbs) -> None:
        super().__init__(daemon=True, name="limbs")
        path.unlink(missing_ok=True)
        self._limbs = limbs
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(8)

    def run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            with connection:
                connection.settimeout(SECONDS)
                self._answer(connection)

    def close(self) -> None:
        self._listener.close()

    def _answer(self, connection: socket.socket) -> None:
        try:
            asked = json.loads(_line(connection))
            value, made = (None, b"")
            if asked["do"] != "can":
                value, made = self._limbs.move(str(asked["do"]), int(asked.get("level", 0)))
            head: dict[str, Any] = {"value": value, "can": self._limbs.can(), "size": len(made)}
        except (LimbFailed, ValueError, KeyError, TypeError) as problem:
            head, made = {"code": str(problem) if isinstance(problem, LimbFailed) else "hands.limb", "size": 0}, b""
        except OSError:
            return
        try:
            connection.sendall(json.dumps(head).encode() + b"\n" + made)
        except OSError:
            return


class LimbClient:
    """The limbs as the box's server asks for them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def can(self) -> list[str]:
        """What the browser's process says it can; nothing while there is none."""
        try:
            return [str(one) for one in self._ask({"do": "can"})[0].get("can", [])]
        except LimbFailed:
            return []

    def move(self, limb: str, level: int = 0) -> tuple[int | None, bytes]:
        """Raises LimbFailed."""
        head, made = self._ask({"do": limb, "level": level})
        if "code" in head:
            raise LimbFailed(str(head["code"]))
        value = head.get("value")
        return (None if value is None else int(value)), made

    def _ask(self, asked: Mapping[str, object]) -> tuple[dict[str, Any], bytes]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(SECONDS * 2)
                connection.connect(str(self._path))
                connection.sendall(json.dumps(asked).encode() + b"\n")
                with connection.makefile("rb") as reader:
                    head = json.loads(reader.readline(65_536))
                    size = int(head["size"])
                    made = reader.read(size) if 0 <= size <= MAX_BYTES else b""
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise LimbFailed("hands.no_limb") from problem
        if len(made) != size:
            raise LimbFailed("hands.limb")
        return head, made


def _line(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n") and len(data) < 4096:
        part = connection.recv(4096)
        if not part:
            break
        data += part
    return data
