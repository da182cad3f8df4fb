"""WeChat's pictures in bodies and its library of permanent material."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.fakes.stage.magic import kind_of
from tests.fakes.stage.messages import Json
from tests.fakes.stage.multipart import Part, field_named
from tests.fakes.wechat.codes import Refused
from tests.fakes.wechat.limits import Limits

FORMATS: Final = {
    "image": frozenset({"bmp", "png", "jpg", "gif"}),
    "voice": frozenset({"mp3", "wma", "wav", "amr"}),
    "video": frozenset({"mp4"}),
    "thumb": frozenset({"jpg"}),
}
TOO_LARGE: Final = {"image": 40009, "voice": 40010, "video": 40011, "thumb": 40012}
HOST: Final = "mmbiz.qpic.cn"


@dataclass(frozen=True)
class Material:
    """A thing of the library."""

    media_id: str
    kind: str
    name: str
    data: bytes
    url: str | None
    made: dt.datetime
    title: str = ""
    introduction: str = ""


@dataclass
class Media:
    """Files by the path of their public address, and material by its id."""

    limits: Limits
    identity: Callable[[str], str]
    count: Callable[[str], None]
    hosted: dict[str, bytes] = field(default_factory=dict)
    library: dict[str, Material] = field(default_factory=dict)

    def upload_image(self, parts: list[Part]) -> str:
        """A picture for a body; the address is plain http, as the platform often gives it."""
        part = _file(parts)
        kind = kind_of(part.data)
        if kind not in {"jpg", "png"}:
            raise Refused(40005)
        if len(part.data) >= self.limits.body_image:
            raise Refused(40009)
        self.count("images")
        return self._host(part.data, kind)

    def add(self, kind: str, parts: list[Part], now: dt.datetime) -> Material:
        if kind not in FORMATS:
            raise Refused(40004)
        part = _file(parts)
        found = kind_of(part.data)
        if found not in FORMATS[kind]:
            raise Refused(40005)
        if len(part.data) > {k: getattr(self.limits, k) for k in FORMATS}[kind]:
            raise Refused(TOO_LARGE[kind])
        self._check_room(kind)
        about = _description(parts) if kind == "video" else {}
        url = self._host(part.data, found) if kind in {"image", "thumb"} else None
        material = Material(
            f"mat_{self.identity('material')[:60]}",
            kind,
            part.filename or "",
            part.data,
            url if kind == "image" else None,
            now,
            str(about.get("title", "")),
            str(about.get("introduction", "")),
        )
        self.library[material.media_id] = material
        self.count("materials")
        return material

    def lend(self, kind: str, parts: list[Part]) -> str:
        """Temporary media: no draft may use it."""
        if kind not in FORMATS:
            raise Refused(40004)
        if kind_of(_file(parts).data) not in FORMATS[kind]:
            raise Refused(40005)
        return f"tmp_{self.identity('temporary')[:60]}"

    def remove(self, media_id: str) -> None:
        if media_id not in self.library:
            raise Refused(40007)
        del self.library[media_id]
        self.count("materials_deleted")

    def get(self, media_id: str) -> Material:
        if media_id not in self.library:
            raise Refused(40007)
        return self.library[media_id]

    def is_ours(self, url: str) -> bool:
        return self.path_of(url) in self.hosted

    @staticmethod
    def path_of(url: str) -> str:
        """The path of an address of ours, without scheme, host and query; empty for any other address."""
        for scheme in ("http://", "https://", "//"):
            if url.startswith(f"{scheme}{HOST}/"):
                return url.removeprefix(f"{scheme}{HOST}").partition("?")[0]
        return ""

    def _host(self, data: bytes, kind: str) -> str:
        # Not the hash of the file alone: the platform gives a new address for each upload.
        name = hashlib.sha256(self.identity("image").encode() + data).hexdigest()[:64]
        path = f"/mmbiz_{kind}/{name}/0"
        self.hosted[path] = data
        return f"http://{HOST}{path}?wx_fmt={'jpeg' if kind == 'jpg' else kind}"

    def _check_room(self, kind: str) -> None:
        room = self.limits.library_images if kind == "image" else self.limits.library_others
        if sum(one.kind == kind for one in self.library.values()) >= room:
            raise Refused(45001)


def _file(parts: list[Part]) -> Part:
    part = field_named(parts, "media")
    # A part without a file name is a field to the platform, whatever it holds.
    if part is None or not part.filename:
        raise Refused(41005)
    if not part.data:
        raise Refused(44001)
    return part


def _description(parts: list[Part]) -> Json:
    part = field_named(parts, "description")
    if part is None:
        raise Refused(40035, "description missing")
    try:
        found = json.loads(part.data)
    except ValueError as wrong:
        raise Refused(47001) from wrong
    if not isinstance(found, dict) or not found.get("title"):
        raise Refused(40035, "description needs a title")
    return found
