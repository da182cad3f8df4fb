"""Pictures on their way to the platform, each with a checkpoint, so that a repeat uploads nothing twice."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from cms.contract import Services
from renderers.wechat.answers import identity, items, secure
from renderers.wechat.client import Client
from renderers.wechat.errcodes import Held, Lost, Refusal
from renderers.wechat.multipart import Upload
from renderers.wechat.pictures import JPEG

_NEWEST: Final = 20  # entries of the library that are looked through for a cover whose answer was lost


class Uploads:
    """The pictures of one account at the platform."""

    def __init__(self, client: Client, services: Services) -> None:
        self._client = client
        self._services = services

    async def address(self, sha256: str) -> str:
        """The platform's address of a picture in a body. Raises Held, Refusal; `AssetGone`."""
        name = self._name("pic", sha256)
        known, version = await self._services.state.get(name)
        if known is not None:
            return str(known["url"])
        upload = Upload(await self._services.assets.read(sha256), JPEG)
        answer = await self._sent("/cgi-bin/media/uploadimg", upload)
        url = secure(answer.get("url"))
        if not url:
            raise Held("wechat.upload_lost", retry=True, why="no url")
        await self._services.state.put(name, {"url": url}, version=version)
        return url

    async def cover(self, sha256: str) -> str:
        """The permanent id of a cover. Raises Held, Refusal; `AssetGone`."""
        name = self._name("cover", sha256)
        known, version = await self._services.state.get(name)
        if known is not None and known["media"]:
            return str(known["media"])
        upload = Upload(await self._services.assets.read(sha256), JPEG)
        media = None
        if known is None:
            await self._services.state.put(name, {"media": ""}, version=version)
            version += 1
        else:
            media = await self._in_library(upload.name)
        if media is None:
            answer = await self._sent("/cgi-bin/material/add_material", upload, kind="image")
            try:
                media = identity(answer, "media_id")
            except Lost as lost:
                raise Held("wechat.upload_lost", retry=True, why=lost.why) from None
        await self._services.state.put(name, {"media": media}, version=version)
        return media

    async def forget_cover(self, sha256: str) -> None:
        """The platform no longer has it: the next try uploads it anew."""
        name = self._name("cover", sha256)
        _, version = await self._services.state.get(name)
        await self._services.state.put(name, None, version=version)

    async def _in_library(self, name: str) -> str | None:
        """A cover whose upload got no answer, by its name: the library has room for a limited number of pictures."""
        asked = {"type": "image", "offset": 0, "count": _NEWEST}
        try:
            answer = await self._client.read("/cgi-bin/material/batchget_material", asked)
        except (Lost, Refusal):
            return None
        found = (item for item in items(answer) if item.get("name") == name)
        return next((str(item["media_id"]) for item in found if item.get("media_id")), None)

    async def _sent(self, path: str, upload: Upload, *, kind: str = "") -> Mapping[str, Any]:
        try:
            return await self._client.upload(path, upload, kind=kind)
        except Lost as lost:
            raise Held("wechat.upload_lost", retry=True, why=lost.why) from None

    def _name(self, what: str, sha256: str) -> str:
        owner = hashlib.sha256(f"{self._client.settings.appid} {sha256}".encode()).hexdigest()
        return f"wx:{what}:{owner[:40]}"
