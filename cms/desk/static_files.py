"""The desk's static files, at addresses that change with their content so that browsers may keep them for ever."""

import asyncio
import functools
import gzip
import hashlib
import mimetypes
from pathlib import Path

from aiohttp import web

from cms.kernel.errors import NotFound

ROOT = Path(__file__).parent / "static"
PREFIX = "/desk/static"
_VENDOR = "vendor/"
_FOR_EVER = "public, max-age=31536000, immutable"
# A page of the version before may still ask during a roll-out: it gets today's file, but must not keep it.
_ASK_AGAIN = "no-cache"
# What is packed already (fonts) or too small to gain from it goes out as it is.
_PACKED = frozenset({".js", ".css", ".svg", ".json", ".txt"})
_WORTH_PACKING = 600
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


class StaticTree:
    """The files below `root`: vendored ones carry their version in the path, ours share one hash of the whole tree.

    One hash for all of our own files, because scripts import each other by relative address: a hash in each name
    would need a build step.
    """

    def __init__(self, root: Path = ROOT, *, prefix: str = PREFIX) -> None:
        """Reads every file once (some megabytes, kept); blocking, so build it before the loop starts."""
        self._prefix = prefix
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        self._files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
        self._packed: dict[str, bytes] = {}
        digest = hashlib.sha256()
        for name in sorted(self._files):
            if not name.startswith(_VENDOR):
                digest.update(f"{name}\n".encode())
                digest.update(hashlib.sha256(self._files[name]).digest())
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file, such as ``css/base.css``. Raises KeyError for a file that is not there."""
        if name not in self._files:
            raise KeyError(name)
        version = "vendor" if name.startswith(_VENDOR) else self.version
        return f"{self._prefix}/{version}/{name.removeprefix(_VENDOR) if version == 'vendor' else name}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The file asked for, kept for ever under its own version.

        Raises NotFound for every path that is not one of the files found at the start: nothing is joined to the root
        that the root did not list.
        """
        version = request.match_info["version"]
        path = request.match_info["path"]
        name = f"{_VENDOR}{path}" if version == "vendor" else path
        if name not in self._files:
            raise NotFound("kernel.not_found")
        lasting = version in {"vendor", self.version}
        headers = {"Cache-Control": _FOR_EVER if lasting else _ASK_AGAIN, "X-Content-Type-Options": "nosniff"}
        suffix = Path(name).suffix
        headers["Content-Type"] = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        data = self._files[name]
        if suffix in _PACKED and len(data) >= _WORTH_PACKING:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", "").lower():
                headers["Content-Encoding"] = "gzip"
                data = await self._pack(name)
        return web.Response(body=data, headers=headers)

    async def _pack(self, name: str) -> bytes:
        if name not in self._packed:
            self._packed[name] = await asyncio.to_thread(gzip.compress, self._files[name], 6, mtime=0)
        return self._packed[name]

    @property
    def pattern(self) -> str:
        """The address of every file as a route's path."""
        return f"{self._prefix}/{{version}}/{{path:.+}}"

    def routes(self) -> list[web.RouteDef]:
        """For applications that have no permissions to declare, such as the gallery."""
        return [web.get(self.pattern, self.serve)]


@functools.cache
def desk_files() -> StaticTree:
    """The files of this installation, read once in a process."""
    return StaticTree()
