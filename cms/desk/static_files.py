"""The desk's static files, at addresses that change with their content so that browsers may keep them for ever."""

import hashlib
from pathlib import Path

from aiohttp import web

from cms.kernel.errors import NotFound

ROOT = Path(__file__).parent / "static"
PREFIX = "/desk/static"
_VENDOR = "vendor/"
_FOR_EVER = "public, max-age=31536000, immutable"
# A page of the version before may still ask during a roll-out: it gets today's file, but must not keep it.
_ASK_AGAIN = "no-cache"


class StaticTree:
    """The files below `root`: vendored ones carry their version in the path, ours share one hash of the whole tree.

    One hash for all of our own files, because scripts import each other by relative address: a hash in each name
    would need a build step.
    """

    def __init__(self, root: Path = ROOT, *, prefix: str = PREFIX) -> None:
        """Reads our own files once (some hundred kilobytes); blocking, so build it before the loop starts."""
        self._root = root
        self._prefix = prefix
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        self._names = frozenset(path.relative_to(root).as_posix() for path in paths)
        digest = hashlib.sha256()
        for name in sorted(self._names):
            if not name.startswith(_VENDOR):
                digest.update(f"{name}\n".encode())
                digest.update(hashlib.sha256((root / name).read_bytes()).digest())
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file, such as ``css/base.css``. Raises KeyError for a file that is not there."""
        if name not in self._names:
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
        if name not in self._names:
            raise NotFound("kernel.not_found")
        lasting = version in {"vendor", self.version}
        headers = {"Cache-Control": _FOR_EVER if lasting else _ASK_AGAIN, "X-Content-Type-Options": "nosniff"}
        return web.FileResponse(self._root / name, headers=headers)

    @property
    def pattern(self) -> str:
        """The address of every file as a route's path."""
        return f"{self._prefix}/{{version}}/{{path:.+}}"

    def routes(self) -> list[web.RouteDef]:
        """For applications that have no permissions to declare, such as the gallery."""
        return [web.get(self.pattern, self.serve)]
