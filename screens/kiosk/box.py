"""The loopback server of a screen's box: the installed player, its configuration and its health; standard library only.

A verified screen draws with code that stands on the box, so that a taken-over server can send data but no script. The
files are read and hashed once at start; nothing else of the disk can be asked for. Run: `box.py --dir DIR --port N`.
"""

import argparse
import contextlib
import hashlib
import json
import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

PORT: Final = 8790
MAX_HEALTH: Final = 4096  # bytes of a health report
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


def load(folder: Path) -> dict[str, Served]:
    """Every file of the installed player and the configuration, by the path it is asked for."""
    player = folder / "player"
    paths = sorted(path for path in player.rglob("*") if path.is_file() and path.suffix in TYPES)
    files = {f"/{path.relative_to(player)}": _served(path.read_bytes(), TYPES[path.suffix]) for path in paths}
    if "/index.html" not in files:
        raise BadConfig(f"{player}: the player is not installed here")
    config = json.dumps(read_config(folder), ensure_ascii=False).encode()
    return {**files, "/": files["/index.html"], "/config.json": _served(config, TYPES[".json"])}


def _served(body: bytes, media_type: str) -> Served:
    return Served(body, media_type, hashlib.sha256(body).hexdigest())


class Box(ThreadingHTTPServer):
    """Serves one installed player on the loopback."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.folder = folder
        self.files = load(folder)
        self.policy = policy(read_config(folder))
        self.health = Health()
        bound = self.server_address[1]
        # A foreign name that resolves to the loopback must not become a way in.
        self.hosts = {f"127.0.0.1:{bound}", f"localhost:{bound}"}


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD of the fixed files, of the vitals, GET and POST of the health."""

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
        """A report of the page; only of our own page."""
        size = int(self.headers.get("Content-Length") or "0")
        own = self.headers.get("Origin", "").removeprefix("http://") in self.server.hosts
        if not self._is_local() or not own or self.path != "/health" or not 0 < size <= MAX_HEALTH:
            self.close_connection = True
            self._send(HTTPStatus.FORBIDDEN)
            return
        try:
            painted = json.loads(self.rfile.read(size))["painted_at"]
        except (ValueError, KeyError, TypeError):
            self._send(HTTPStatus.BAD_REQUEST)
            return
        self.server.health = Health(int(painted), time.monotonic())
        self._send(HTTPStatus.NO_CONTENT)

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
        elif path == "/vitals":
            body = json.dumps(vitals(self.server.folder)).encode()
            self._send(HTTPStatus.OK, Served(body, TYPES[".json"], ""))
        elif path not in self.server.files:
            self._send(HTTPStatus.NOT_FOUND)
        elif self.headers.get("If-None-Match") == f'"{self.server.files[path].tag}"':
            self._send(HTTPStatus.NOT_MODIFIED)
        else:
            self._send(HTTPStatus.OK, self.server.files[path])

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
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        box = Box(asked.dir, asked.port)
    except (BadConfig, OSError) as error:
        parser.error(str(error))
    log.info("http://127.0.0.1:%s/", box.server_address[1])
    try:
        box.serve_forever()
    except KeyboardInterrupt:
        box.server_close()


if __name__ == "__main__":
    main()
