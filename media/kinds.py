"""The kinds of file the house accepts and what is known of one before anything decodes it."""

import enum
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """What a file is for the editor; a StrEnum so that it goes into rows and JSON as it is."""

    picture = "picture"
    document = "document"
    video = "video"
    audio = "audio"


@dataclass(frozen=True, slots=True)
class Format:
    """One accepted file format.

    Attributes:
        name: short name shown to people: `jpeg`, `docx`, `mp4`…
        media_type: the type it is stored and served with.
    """

    name: str
    kind: Kind
    media_type: str


JPEG = Format("jpeg", Kind.picture, "image/jpeg")
PNG = Format("png", Kind.picture, "image/png")
WEBP = Format("webp", Kind.picture, "image/webp")
GIF = Format("gif", Kind.picture, "image/gif")
AVIF = Format("avif", Kind.picture, "image/avif")
PDF = Format("pdf", Kind.document, "application/pdf")
DOCX = Format(
    "docx",
    Kind.document,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
MP4 = Format("mp4", Kind.video, "video/mp4")
MOV = Format("mov", Kind.video, "video/quicktime")
MKV = Format("mkv", Kind.video, "video/x-matroska")
WEBM = Format("webm", Kind.video, "video/webm")
MPEGTS = Format("mpegts", Kind.video, "video/mp2t")
AVI = Format("avi", Kind.video, "video/x-msvideo")
FLV = Format("flv", Kind.video, "video/x-flv")
MPEGPS = Format("mpegps", Kind.video, "video/mpeg")
WMV = Format("wmv", Kind.video, "video/x-ms-wmv")
MP3 = Format("mp3", Kind.audio, "audio/mpeg")
M4A = Format("m4a", Kind.audio, "audio/mp4")
WAV = Format("wav", Kind.audio, "audio/wav")
OGG = Format("ogg", Kind.audio, "audio/ogg")
