"""How the tests of the simulators speak to them: the shortest client that works."""

import io
import json
import struct
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from PIL import Image

from tests.fakes.douyin.simulator import Douyin
from tests.fakes.wechat.simulator import WeChat

Json = dict[str, Any]
VIDEO = "/api/douyin/v1/video/"


def picture(form: str = "JPEG", *, width: int = 90, height: int = 38) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (150, 30, 30)).save(out, form)
    return out.getvalue()


def film(seconds: float = 12.0, *, width: int = 720, height: int = 1280, size: int = 0) -> bytes:
    """An MP4 that says how long and how large it is, and shows nothing."""
    header = struct.pack(">IIIII", 0, 0, 0, 1000, int(seconds * 1000)) + bytes(80)
    track = bytes(76) + struct.pack(">II", width << 16, height << 16)
    moov = _box(b"mvhd", header) + _box(b"trak", _box(b"tkhd", track))
    made = _box(b"ftyp", b"isom\0\0\2\0isommp41") + _box(b"moov", moov)
    return made + _box(b"mdat", bytes(max(0, size - len(made) - 8)))


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def form(
    name: str, data: bytes, *, filename: str | None = "a.jpg", media_type: str = "image/jpeg", **fields: str
) -> tuple[dict[str, str], bytes]:
    """Headers and body of an upload."""
    named = f'; filename="{filename}"' if filename else ""
    head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{named}\r\nContent-Type: {media_type}\r\n\r\n'
    body = head.encode() + data
    for key, value in fields.items():
        body += f'\r\n--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode()
    return {"Content-Type": "multipart/form-data; boundary=edge"}, body + b"\r\n--edge--\r\n"


class AskWeChat:
    """A client with a token."""

    def __init__(self, sim: WeChat | None = None) -> None:
        self.sim = sim or WeChat()
        self.token = ""

    async def raw(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        _, _, data = await self.sim.handle(method, f"https://api.weixin.qq.com{path}", headers, body)
        found: Json = json.loads(data)
        return found

    async def sign_in(self, *, force: bool = False) -> Json:
        account = self.sim.account
        asked = {"grant_type": "client_credential", "appid": account.appid, "secret": account.secret}
        found = await self.raw("POST", "/cgi-bin/stable_token", json.dumps(asked | {"force_refresh": force}).encode())
        self.token = found.get("access_token", self.token)
        return found

    async def sign_in_plainly(self) -> Json:
        account = self.sim.account
        query = urlencode({"grant_type": "client_credential", "appid": account.appid, "secret": account.secret})
        found = await self.raw("GET", f"/cgi-bin/token?{query}")
        self.token = found.get("access_token", self.token)
        return found

    async def post(self, path: str, body: Json | None = None, *, escaped: bool = False) -> Json:
        data = json.dumps(body or {}, ensure_ascii=escaped).encode()
        return await self.raw("POST", f"/cgi-bin/{path}?access_token={self.token}", data)

    async def get(self, path: str) -> Json:
        return await self.raw("GET", f"/cgi-bin/{path}?access_token={self.token}")

    async def upload(self, path: str, data: bytes, *, kind: str = "", **options: Any) -> Json:
        headers, body = form("media", data, **options)
        return await self.raw("POST", f"/cgi-bin/{path}?access_token={self.token}&type={kind}", body, headers)

    async def cover(self) -> str:
        return str((await self.upload("material/add_material", picture(), kind="image"))["media_id"])

    async def draft(self, title: str = "板凳课堂", **fields: Any) -> Json:
        article = {"title": title, "content": "<p>正文</p>", "thumb_media_id": await self.cover(), **fields}
        return await self.post("draft/add", {"articles": [article]})

    async def published(self, title: str = "板凳课堂") -> Json:
        """The state of a publication that has ended."""
        draft = await self.draft(title)
        job = await self.post("freepublish/submit", {"media_id": draft["media_id"]})
        self.sim.advance(self.sim.publishing.plan.delay + 1)
        return await self.post("freepublish/get", {"publish_id": job["publish_id"]})


async def wechat(sim: WeChat | None = None) -> AskWeChat:
    asking = AskWeChat(sim)
    await asking.sign_in()
    return asking


class AskDouyin:
    """A client whose person has consented."""

    def __init__(self, sim: Douyin | None = None) -> None:
        self.sim = sim or Douyin()
        self.grant: Json = {}

    async def raw(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        _, _, data = await self.sim.handle(method, f"https://open.douyin.com{path}", headers, body)
        found: Json = json.loads(data)
        return found

    async def oauth(self, path: str, **fields: str) -> Json:
        app = self.sim.app
        asked = {"client_key": app.client_key, "client_secret": app.client_secret, **fields}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        found = await self.raw("POST", f"/oauth/{path}/", urlencode(asked).encode(), headers)
        return dict(found["data"])

    async def sign_in(self) -> Json:
        self.grant = await self.oauth("access_token", code=self.sim.oauth.consent(), grant_type="authorization_code")
        return self.grant

    @property
    def _who(self) -> dict[str, str]:
        return {"access-token": self.grant["access_token"]}

    async def post(self, path: str, body: Json | None = None, **query: str) -> Json:
        data = json.dumps(body or {}, ensure_ascii=False).encode()
        asked = urlencode({"open_id": self.grant["open_id"], **query})
        return dict((await self.raw("POST", f"{VIDEO}{path}/?{asked}", data, self._who))["data"])

    async def get(self, path: str, **query: str) -> Json:
        asked = urlencode({"open_id": self.grant["open_id"], **query})
        return dict((await self.raw("GET", f"{VIDEO}{path}/?{asked}", None, self._who))["data"])

    async def upload(
        self, path: str, data: bytes, *, name: str = "video", media_type: str = "video/mp4", **query: str
    ) -> Json:
        headers, body = form(name, data, filename="a.mp4", media_type=media_type)
        asked = urlencode({"open_id": self.grant["open_id"], **query})
        return dict((await self.raw("POST", f"{VIDEO}{path}/?{asked}", body, headers | self._who))["data"])

    async def video(self) -> str:
        return str((await self.upload("upload_video", film()))["video"]["video_id"])

    async def picture(self) -> str:
        found = await self.upload("upload_image", picture(), name="image", media_type="image/jpeg")
        return str(found["image"]["image_id"])

    async def created(self, text: str = "板凳课堂 #吴江", **fields: Any) -> Json:
        return await self.post("create_video", {"video_id": await self.video(), "text": text, **fields})


async def douyin(sim: Douyin | None = None) -> AskDouyin:
    asking = AskDouyin(sim)
    await asking.sign_in()
    return asking
