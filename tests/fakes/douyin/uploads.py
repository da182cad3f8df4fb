"""Douyin's uploads: videos whole or in chunks, and pictures."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.douyin.codes import Refused, Wrong
from tests.fakes.stage.magic import MEDIA_TYPES, VideoFacts, kind_of, picture_size, video_facts
from tests.fakes.stage.messages import Json
from tests.fakes.stage.multipart import Part, field_named

MIB = 1024 * 1024


@dataclass
class Limits:
    """Sizes in bytes; each has changed before, so a test may set any."""

    single: int = 300 * MIB
    chunk_least: int = 5 * MIB  # but for the last one
    chunk_most: int = 128 * MIB
    total: int = 4096 * MIB
    seconds: float = 15 * 60
    image: int = 20 * MIB
    images: int = 30
    text: int = 1000
    list_count: int = 20


@dataclass
class Video:
    """Good for one post."""

    video_id: str
    data: bytes
    media_type: str
    facts: VideoFacts
    used: bool = False


@dataclass
class Picture:
    """A cover or a card."""

    image_id: str
    data: bytes
    media_type: str
    width: int
    height: int


@dataclass
class Uploads:
    """What was sent up."""

    limits: Limits
    identity: Callable[[str], str]
    count: Callable[[str], None]
    videos: dict[str, Video] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    open: dict[str, list[bytes]] = field(default_factory=dict)

    def whole(self, parts: list[Part]) -> Json:
        data = _video_part(parts).data
        if len(data) > self.limits.single:
            raise Refused(Wrong.PARAMETERS, "视频大小超过限制，请使用分片上传")
        return self._keep(data)

    def begin(self) -> Json:
        upload_id = self.identity("upload")[:32]
        self.open[upload_id] = []
        self.count("uploads_begun")
        return {"upload_id": upload_id}

    def chunk(self, upload_id: str, number: str, parts: list[Part]) -> Json:
        """Parts come in their order from 1; the newest may be sent again, as a lost answer makes clients do."""
        chunks = self._opened(upload_id)
        place = int(number) if number.isdigit() else 0
        if not 1 <= place <= len(chunks) + 1:
            raise Refused(Wrong.PARAMETERS, f"part_number 应为 {len(chunks) + 1}")
        data = _video_part(parts).data
        if not data or len(data) > self.limits.chunk_most:
            raise Refused(Wrong.PARAMETERS, "分片大小不合法")
        if sum(map(len, chunks)) + len(data) > self.limits.total:
            raise Refused(Wrong.PARAMETERS, "视频总大小超过限制")
        chunks[place - 1 : place] = [data]
        return {}

    def complete(self, upload_id: str) -> Json:
        chunks = self._opened(upload_id)
        if not chunks:
            raise Refused(Wrong.PARAMETERS, "没有分片")
        if any(len(chunk) < self.limits.chunk_least for chunk in chunks[:-1]):
            raise Refused(Wrong.PARAMETERS, "除最后一个分片外，分片不得小于5MB")
        kept = self._keep(b"".join(chunks))
        del self.open[upload_id]
        return kept

    def picture(self, parts: list[Part]) -> Json:
        part = field_named(parts, "image")
        if part is None or not part.filename or not part.data:
            raise Refused(Wrong.PARAMETERS, "缺少图片")
        kind = kind_of(part.data)
        if kind not in {"jpg", "png", "webp", "bmp"}:
            raise Refused(Wrong.PARAMETERS, "图片格式不支持")
        if len(part.data) > self.limits.image:
            raise Refused(Wrong.PARAMETERS, "图片大小超过限制")
        width, height = picture_size(part.data) or (0, 0)
        picture = Picture(f"img/{self.identity('image')[:40]}", part.data, MEDIA_TYPES[kind], width, height)
        self.pictures[picture.image_id] = picture
        self.count("images")
        return {"image": {"image_id": picture.image_id, "width": width, "height": height}}

    def _opened(self, upload_id: str) -> list[bytes]:
        if upload_id not in self.open:
            raise Refused(Wrong.PARAMETERS, "upload_id 不存在")
        return self.open[upload_id]

    def _keep(self, data: bytes) -> Json:
        kind = kind_of(data)
        if kind not in {"mp4", "webm"}:
            raise Refused(Wrong.PARAMETERS, "视频格式不支持")
        facts = video_facts(data) if kind == "mp4" else VideoFacts()
        if facts.seconds > self.limits.seconds:
            raise Refused(Wrong.PARAMETERS, "视频时长超过15分钟")
        video = Video(f"v0{self.identity('video')[:30]}", data, MEDIA_TYPES[kind], facts)
        self.videos[video.video_id] = video
        self.count("videos")
        return {"video": {"video_id": video.video_id, "width": facts.width, "height": facts.height}}


def _video_part(parts: list[Part]) -> Part:
    part = field_named(parts, "video")
    if part is None or not part.filename:
        raise Refused(Wrong.PARAMETERS, "缺少视频")
    if not part.media_type.startswith("video/"):
        raise Refused(Wrong.PARAMETERS, "Content-Type 应以 video/ 开头")
    return part
