"""The loopback server of a screen's box: the player, its configuration, health, hands and media.

A verified screen draws with code that stands on the box, so that a taken-over server can send data but no script. The
files are read and hashed at start and after a signed update; nothing else of the disk can be asked for. It needs the
standard library and, to check signatures, Debian's python3-cryptography. Run: `box.py --dir DIR --port N`.
"""

import argparse
import contextlib
import hashlib
import json
import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from screens.kiosk.depot import BLOCK
from screens.kiosk.machine import Machine, TellFault
from screens.kiosk.slots import TRIAL_SECONDS
from screens.kiosk.voice import MAX_TEXT, Voice, VoiceError

PORT: Final = 8790
MAX_HEALTH: Final = 8192  # bytes of a health report
MAX_TOLD: Final = {
    "/health": MAX_HEALTH,
    "/order": 2**17,
    "/believe": 2**20,
    "/line": 2**14,
    "/media/want": 2**23,
    "/voice": MAX_TEXT,
}
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
}

SENSORS: Final = Path("/sys/class/thermal")

log = logging.getLogger("yunping.box")


@dataclass(frozen=True, slots=True)
class Served:
    """One file as it was at start; `tag` is its sha256 in hex."""

    body: bytes
    media_type: str
    tag: str


@dataclass(slots=True)
class Health:
    """What the page said last: `painted_at` in ms of the box's clock, `heard` in seconds of the monotonic clock."""

    painted_at: int = 0
    heard: float | None = None

    def value(self, now: float) -> dict[str, object]:
        silent = None if self.heard is None else round((now - self.heard) * 1000)
        return {"painted_at": self.painted_at, "silent": silent}


def vitals(folder: Path, sensors: Path = SENSORS) -> dict[str, int]:
    """Room on the disk of `folder` in MB, and the warmest sensor in tenths of a degree where there is one."""
    disk = shutil.disk_usage(folder)
    found = {"storage": disk.total // 2**20, "free": disk.free // 2**20}
    warm: list[int] = []
    for sensor in sorted(sensors.glob("thermal_zone*/temp")):
        with contextlib.suppress(OSError, ValueError):
            warm.append(round(int(sensor.read_text("ascii")) / 100))
    return found | ({"temperature": max(warm)} if warm else {})


class BadConfig(Exception):
    """The installed configuration cannot be used; the text names the field."""


def read_config(folder: Path) -> dict[str, Any]:
    """`config.json`: {gateway, media, server, name, root}. Raises BadConfig."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(f"{folder / 'config.json'}: {error}") from error
    for name, schemes in {"gateway": ("ws", "wss"), "media": ("http", "https"), "server": ("http", "https")}.items():
        url = urlsplit(str(config.get(name, "")))
        if url.scheme not in schemes or not url.netloc:
            raise BadConfig(f"config.json: {name} must be a {schemes[-1]}:// address")
    root = config.get("root")
    if not isinstance(root, dict) or set(root) != {"text", "signatures"}:
        raise BadConfig("config.json: root must be the signed root object {text, signatures}")
    return dict(config)


def policy(config: Mapping[str, Any]) -> str:
    """The content policy of the page: its own files, and of the network the configured server alone."""
    origins = {f"{url.scheme}://{url.netloc}" for url in (urlsplit(config["gateway"]), urlsplit(config["media"]))}
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src blob:",
            "media-src 'self'",
            f"connect-src 'self' {' '.join(sorted(origins))}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types yunping-worker",
        )
    )


def load(folder: Path, player: Path | None = None, version: str = "") -> dict[str, Served]:
    """Every file of a player (the installed one by default) and the configuration, by the path it is asked for."""
    player = player or folder / "player"
    paths = sorted(path for path in player.rglob("*") if path.is_file() and path.suffix in TYPES)
    files = {f"/{path.relative_to(player)}": _served(path.read_bytes(), TYPES[path.suffix]) for path in paths}
    if "/index.html" not in files:
        raise BadConfig(f"{player}: the player is not installed here")
    known = {"site": "", **read_config(folder), "voice": Voice.is_able(), **({"version": version} if version else {})}
    config = json.dumps(known, ensure_ascii=False).encode()
    whole = {**files, "/": files["/index.html"], "/config.json": _served(config, TYPES[".json"])}
    return {**whole, "/shell.json": _served(_list_of(whole), TYPES[".json"])}


def _list_of(files: Mapping[str, Served]) -> bytes:
    """What the page's worker keeps for a start without this server: each file's sha256, and one of them all."""
    tags = {path: served.tag for path, served in sorted(files.items())}
    version = hashlib.sha256(json.dumps(tags).encode()).hexdigest()
    return json.dumps({"version": version, "files": tags}).encode()


def _served(body: bytes, media_type: str) -> Served:
    return Served(body, media_type, hashlib.sha256(body).hexdigest())


class Box(ThreadingHTTPServer):
    """Serves one player on the loopback; `machine` is what of the box can be moved, None where nothing can."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        state: Path | None = None,
        limbs: Path | None = None,
        trial: float = TRIAL_SECONDS,
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.folder = folder
        config = read_config(folder)
        self.policy = policy(config)
        self.health = Health()
        self.voice = Voice()
        player = folder / "player"
        self.machine = None if state is None else Machine(player, state, config, limbs=limbs, trial=trial)
        self.files = self._loaded()
        if self.machine:
            self.machine.on_player = self._reload
        bound = self.server_address[1]
        # A foreign name that resolves to the loopback must not become a way in.
        self.hosts = {f"127.0.0.1:{bound}", f"localhost:{bound}"}

    def _loaded(self) -> dict[str, Served]:
        if self.machine is None:
            return load(self.folder)
        return load(self.folder, self.machine.slots.folder, self.machine.slots.version)

    def _reload(self) -> None:
        """Another player is served from now on; one that cannot be read leaves the one before."""
        with contextlib.suppress(BadConfig, OSError):
            self.files = self._loaded()


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD of the fixed files, whole media and vitals; health, orders and wishes of our own page."""

    server_version = "yunping-box"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: Box

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        """Something our own page says, or a sentence to be said; of another page nothing is taken."""
        size = int(self.headers.get("Content-Length") or "0")
        own = self.headers.get("Origin", "").removeprefix("http://") in self.server.hosts
        path = urlsplit(self.path).path
        if not self._is_local() or not own or not 0 < size <= MAX_TOLD.get(path, 0):
            self.close_connection = True
            self._send(HTTPStatus.FORBIDDEN)
        elif path == "/voice":
            self._say(self.rfile.read(size))
        else:
            self._report(path, size)

    def _say(self, body: bytes) -> None:
        try:
            path = self.server.voice.say(body)
        except VoiceError as problem:
            log.warning("voice: %s", problem)
            self._send(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self._send(HTTPStatus.OK, Served(json.dumps({"path": path}).encode(), TYPES[".json"], ""))

    def _report(self, path: str, size: int) -> None:
        try:
            told = json.loads(self.rfile.read(size))
            answer = self._told(path, told)
        except (ValueError, KeyError, TypeError, TellFault):
            self._send(HTTPStatus.BAD_REQUEST)
            return
        if answer is None:
            self._send(HTTPStatus.NO_CONTENT)
        else:
            self._send(HTTPStatus.OK, Served(json.dumps(answer).encode(), TYPES[".json"], ""))

    def _told(self, path: str, told: Any) -> object:
        machine = self.server.machine
        if path == "/health":
            self.server.health = Health(int(told["painted_at"]), time.monotonic())
            return machine.healthy(told) if machine else None
        if machine is None:
            raise TellFault(path)
        asked: dict[str, Callable[[Any], object]] = {
            "/order": machine.order,
            "/believe": machine.believe,
            "/line": machine.line,
            "/media/want": machine.want,
        }
        return asked[path](told)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        log.debug(format, *args)

    def _is_local(self) -> bool:
        return self.headers.get("Host", "") in self.server.hosts

    def _answer(self) -> None:
        path = urlsplit(self.path).path
        if not self._is_local():
            self._send(HTTPStatus.MISDIRECTED_REQUEST)
        elif path == "/health":
            body = json.dumps(self.server.health.value(time.monotonic())).encode()
            self._send(HTTPStatus.OK, Served(body, TYPES[".json"], ""))
        elif path.startswith("/voice/") and (sound := self.server.voice.sound(path)) is not None:
            self._send(HTTPStatus.OK, Served(sound, "audio/wav", ""))
        elif path == "/hands" and self.server.machine:
            body = json.dumps(self.server.machine.facts()).encode()
            self._send(HTTPStatus.OK, Served(body, TYPES[".json"], ""))
        elif path.startswith("/media/") and self.server.machine:
            self._media(path.removeprefix("/media/"))
        elif path == "/vitals":
            body = json.dumps(vitals(self.server.folder)).encode()
            self._send(HTTPStatus.OK, Served(body, TYPES[".json"], ""))
        elif path not in self.server.files:
            self._send(HTTPStatus.NOT_FOUND)
        elif self.headers.get("If-None-Match") == f'"{self.server.files[path].tag}"':
            self._send(HTTPStatus.NOT_MODIFIED)
        else:
            self._send(HTTPStatus.OK, self.server.files[path])

    def _media(self, name: str) -> None:
        """A whole file from the disk, block by block; the page checks what it gets."""
        path = self.server.machine.depot.path(name) if self.server.machine else None
        if path is None:
            self._send(HTTPStatus.NOT_FOUND)
            return
        with path.open("rb") as file:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(path.stat().st_size))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            while self.command != "HEAD" and (block := file.read(BLOCK)):
                self.wfile.write(block)

    def _send(self, status: HTTPStatus, served: Served | None = None) -> None:
        body = served.body if served else b""
        self.send_response(status)
        if served:
            self.send_header("Content-Type", served.media_type)
            if served.tag:
                self.send_header("ETag", f'"{served.tag}"')
        if status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main() -> None:
    """Serves until it is stopped; a configuration that cannot be used ends the start with its reason."""
    parser = argparse.ArgumentParser(description="Serves an installed street screen player on 127.0.0.1.")
    parser.add_argument("--dir", type=Path, required=True, help="the folder `install` made")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="where what must survive a power cut lies; default DIR/state")
    parser.add_argument("--limbs", type=Path, help="the socket of browse.py")
    parser.add_argument("--trial", type=float, default=TRIAL_SECONDS, help="seconds a new player has to report")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    over = threading.Event()
    try:
        state = asked.state or asked.dir / "state"
        box = Box(asked.dir, asked.port, state=state, limbs=asked.limbs, trial=asked.trial)
    except (BadConfig, OSError) as error:
        parser.error(str(error))
    if box.machine:
        box.machine.start(over, share=box.server_address[1] + 1)
    log.info("http://127.0.0.1:%s/", box.server_address[1])
    try:
        box.serve_forever()
    except KeyboardInterrupt:
        over.set()
        box.server_close()


if __name__ == "__main__":
    main()
