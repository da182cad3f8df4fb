"""Bringing the video up, whole or in parts, with every step remembered so that a repeat uploads nothing twice.

An upload is no post: what is lost on the way stays unused at the platform and harms nobody. One upload serves one
create; a used one is never offered again.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from cms.contract import NotSent
from renderers.douyin.account import Account, Halt, no, no_answer
from renderers.douyin.calls import call
from renderers.douyin.errors import Trouble
from renderers.douyin.settings import LIMITS, MIB
from renderers.douyin.wire import Answer, Garbled, multipart

WHOLE: Final = "/api/douyin/v1/video/upload_video/"
INIT: Final = "/api/douyin/v1/video/init_video_part_upload/"
PART: Final = "/api/douyin/v1/video/upload_video_part/"
PICTURE: Final = "/api/douyin/v1/video/upload_image/"
COMPLETE: Final = "/api/douyin/v1/video/complete_video_part_upload/"


def record_of(payload: bytes) -> str:
    """The name under which the upload of a payload is remembered."""
    return "upload:" + hashlib.sha256(payload).hexdigest()[:48]


async def uploaded(account: Account, name: str, *, sha256: str, size: int) -> str:
    """The platform's id of the video, fresh or from an earlier go.

    Raises:
        Halt: it is not up yet; the next go continues.
        CapabilityGone: the account may not upload.
    """
    record, version = await account.services.state.get(name)
    known = dict(record or {})
    if known.get("video") and not known.get("used"):
        return str(known["video"])
    if size > LIMITS.total:
        params = {"size": f"{size / (1 << 30):.1f}", "most": LIMITS.total >> 30}
        raise Halt(NotSent("douyin.too_large", retry=False, params=params))
    upload = _Upload(account, name, version, known if known.get("upload") and not known.get("used") else {})
    if size <= min(account.settings.chunk_above_mb * MIB, LIMITS.single_upload):
        return await upload.whole(sha256)
    return await upload.in_parts(sha256, size)


async def pictures(account: Account, name: str, files: Sequence[str]) -> Sequence[str]:
    """The platform's ids of pictures in their order, each remembered as soon as it is up. Raises as `uploaded`."""
    record, version = await account.services.state.get(name)
    known: list[str] = [] if not record or record.get("used") else list(record.get("pictures", ()))
    for sha256 in files[len(known) :]:
        data = await account.services.assets.read(sha256)
        body, content_type = multipart("image", data, filename="card.jpg", media_type="image/jpeg")
        image = _yes(await call(account, PICTURE, body=body, content_type=content_type)).data.get("image")
        found = image.get("image_id") if isinstance(image, dict) else None
        if not isinstance(found, str) or not found:
            raise no_answer(Garbled("no image_id"))
        known.append(found)
        if not await account.services.state.put(name, {"pictures": list(known)}, version=version):
            raise Halt(NotSent("douyin.taken_over", retry=True))
        version += 1
    return known


async def mark_used(account: Account, name: str) -> None:
    """The upload has become a post; a later one needs another."""
    record, version = await account.services.state.get(name)
    if record and not record.get("used"):
        await account.services.state.put(name, {**record, "used": True}, version=version)


class _Upload:
    def __init__(self, account: Account, name: str, version: int, known: dict[str, Any]) -> None:
        self._account = account
        self._name = name
        self._version = version
        self._known = known

    async def whole(self, sha256: str) -> str:
        data = await self._account.services.assets.read(sha256)
        body, content_type = multipart("video", data, filename="video.mp4", media_type="video/mp4")
        return await self._finish(_yes(await call(self._account, WHOLE, body=body, content_type=content_type)))

    async def in_parts(self, sha256: str, size: int) -> str:
        step = self._account.settings.chunk_mb * MIB
        if not self._known:
            begun = _yes(await call(self._account, INIT))
            upload = begun.data.get("upload_id")
            if not isinstance(upload, str) or not upload:
                raise no_answer(Garbled("no upload_id"))
            await self._note({"upload": upload, "parts": 0, "step": step, "size": size})
        step, done = int(self._known["step"]), int(self._known["parts"])
        query = {"upload_id": str(self._known["upload"])}
        for number in range(done + 1, -(-size // step) + 1):
            part = await self._account.services.assets.part(sha256, (number - 1) * step, step)
            body, content_type = multipart("video", part, filename="video.mp4", media_type="video/mp4")
            named = {**query, "part_number": str(number)}
            await self._resumed(await call(self._account, PART, query=named, body=body, content_type=content_type))
            await self._note({**self._known, "parts": number})
        return await self._finish(await self._resumed(await call(self._account, COMPLETE, query=query)))

    async def _resumed(self, answer: Answer | Garbled) -> Answer:
        """The platform may have forgotten a begun upload; then it begins anew in the next go."""
        if isinstance(answer, Answer) and answer.row.trouble in {Trouble.parameters, Trouble.other} and answer.code:
            fresh = int(self._known["parts"]) == 0
            await self._note({})
            if not fresh:
                raise Halt(NotSent("douyin.upload_forgotten", retry=True))
        return _yes(answer)

    async def _finish(self, answer: Answer) -> str:
        video = answer.data.get("video")
        found = video.get("video_id") if isinstance(video, dict) else None
        if not isinstance(found, str) or not found:
            raise no_answer(Garbled("no video_id"))
        await self._note({"video": found})
        return found

    async def _note(self, known: dict[str, Any]) -> None:
        if not await self._account.services.state.put(self._name, known, version=self._version):
            # Two workers on one upload: the one that is behind gives way.
            raise Halt(NotSent("douyin.taken_over", retry=True))
        self._known, self._version = known, self._version + 1


def _yes(answer: Answer | Garbled) -> Answer:
    if isinstance(answer, Garbled):
        raise no_answer(answer)
    if answer.code:
        raise no(answer)
    return answer
