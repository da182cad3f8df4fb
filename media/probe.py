"""What a file is, by its bytes alone: names and declared types are what an attacker chooses."""

import struct
from collections.abc import Collection
from pathlib import Path
from typing import Final

from media import kinds
from media.errors import MediaRefused
from media.kinds import Format, Kind

HEAD_BYTES: Final = 4096
TAIL_BYTES: Final = 66_000  # a ZIP's end record and its longest comment

_MAGIC: Final[tuple[tuple[bytes, Format], ...]] = (
    (b"\xff\xd8\xff", kinds.JPEG),
    (b"\x89PNG\r\n\x1a\n", kinds.PNG),
    (b"GIF87a", kinds.GIF),
    (b"GIF89a", kinds.GIF),
    (b"FLV\x01", kinds.FLV),
    (b"ID3", kinds.MP3),
    (b"OggS", kinds.OGG),
    (b"\0\0\x01\xba", kinds.MPEGPS),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", kinds.WMV),
)
# What an old QuickTime file without a type box begins with.
_QUICKTIME: Final = (b"moov", b"mdat", b"wide")
_AVIF: Final = {b"avif", b"avis"}
_HEIC: Final = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_MP4: Final = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"}
# An .m4a that says so itself; one that calls itself an MP4 is found to have no pictures when it is read.
_M4A: Final = {b"M4A ", b"M4B "}
_MP4_PREFIXES: Final = (b"3gp", b"3g2", b"mp4", b"iso")

# Formats people do send, named in the refusal so that they know what to convert.
_OTHER_PICTURES: Final = (
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"8BPS", "PSD"),
    (b"\0\0\x01\0", "ICO"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
)
_OTHERS: Final = (
    ((b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ"), "media.archive"),
    ((b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe"), "media.program"),
    ((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), "media.old_office"),
)
_PLAYLISTS: Final = (b"#extm3u", b"#ext-x", b"ffconcat", b"file '", b"[playlist]", b"[reference]")
_MARKUP: Final = (
    (b"<svg", "media.svg"),
    (b"<mpd", "media.playlist"),
    (b"<smil", "media.playlist"),
    (b"<asx", "media.playlist"),
)


def probe(path: Path, *, accept: Collection[Kind]) -> Format:
    """The format of a file; blocks for one small read at each end.

    Args:
        path: the upload.
        accept: kinds that this place takes.

    Raises:
        MediaRefused: the exact reason: `media.empty`, `media.heic`, `media.svg`, `media.html`,
            `media.playlist`, `media.archive`, `media.polyglot`, `media.program`,
            `media.old_office`, `media.unsupported_picture`, `media.unknown_type`,
            `media.wrong_kind`.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    return sniff(head, tail=tail, accept=accept)


def sniff(head: bytes, *, tail: bytes, accept: Collection[Kind]) -> Format:
    """`probe` on bytes: the first 4 KiB and the last 66,000 bytes of the file."""
    if not head:
        raise MediaRefused("media.empty")
    form = _recognise(head)
    if form is not kinds.DOCX and _ends_as_zip(tail):
        raise MediaRefused("media.polyglot", format=form.name)
    if form.kind not in accept:
        raise MediaRefused("media.wrong_kind", found=form.name)
    return form


def _recognise(head: bytes) -> Format:
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form
    for looks_like in (_riff, _iso_media, _word, _pdf, _matroska, _transport_stream, _mpeg_audio):
        found = looks_like(head)
        if found is not None:
            return found
    raise _unwelcome(head)


def _riff(head: bytes) -> Format | None:
    if head[:4] != b"RIFF":
        return None
    return {b"WEBP": kinds.WEBP, b"AVI ": kinds.AVI, b"WAVE": kinds.WAV}.get(head[8:12])


def _pdf(head: bytes) -> Format | None:
    return kinds.PDF if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-") else None


def _word(head: bytes) -> Format | None:
    if not head.startswith(b"PK\x03\x04"):
        return None
    # One of these is the first member; the sandboxed check reads the whole package.
    if any(name in head for name in (b"[Content_Types].xml", b"word/", b"_rels/.rels")):
        return kinds.DOCX
    raise MediaRefused("media.archive")


def _matroska(head: bytes) -> Format | None:
    if not head.startswith(b"\x1aE\xdf\xa3"):
        return None
    return kinds.WEBM if b"webm" in head[:128] else kinds.MKV


def _iso_media(head: bytes) -> Format | None:
    if head[4:8] in _QUICKTIME:
        return kinds.MOV
    if head[4:8] != b"ftyp":
        return None
    (length,) = struct.unpack(">I", head[:4])
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, min(length, 128), 4))}
    if brands & _AVIF:
        return kinds.AVIF
    if brands & _HEIC:
        raise MediaRefused("media.heic")
    if head[8:12] in _M4A:
        return kinds.M4A
    if b"qt  " in brands:
        return kinds.MOV
    if brands & _MP4 or head[8:11] in _MP4_PREFIXES:
        return kinds.MP4
    raise MediaRefused("media.unknown_type")


def _transport_stream(head: bytes) -> Format | None:
    """Sync bytes at the packet distance of broadcast (188) or Blu-ray (192, four bytes ahead)."""
    for first, step in ((0, 188), (4, 192)):
        if len(head) > first + 4 * step and all(head[first + n * step] == 0x47 for n in range(5)):
            return kinds.MPEGTS
    return None


def _mpeg_audio(head: bytes) -> Format | None:
    """An MP3 without a tag: the header of a frame of layer 3, and a second one where the first ends."""
    first = _mp3_frame(head, 0)
    return kinds.MP3 if first and _mp3_frame(head, first) else None


def _mp3_frame(head: bytes, at: int) -> int:
    """Length of the layer 3 frame that begins there; 0 for none."""
    if len(head) < at + 4 or head[at] != 0xFF or head[at + 1] & 0xE6 != 0xE2:
        return 0
    version, rate, speed = head[at + 1] >> 3 & 3, head[at + 2] >> 4, head[at + 2] >> 2 & 3
    if version == 1 or rate in {0, 15} or speed == 3:
        return 0
    is_first = version == 3
    kbits = (_MP3_RATES if is_first else _MP3_LOW_RATES)[rate]
    hertz = (44_100, 48_000, 32_000)[speed] >> {3: 0, 2: 1, 0: 2}[version]
    return (144 if is_first else 72) * kbits * 1_000 // hertz + (head[at + 2] >> 1 & 1)


_MP3_RATES: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_LOW_RATES: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def _unwelcome(head: bytes) -> MediaRefused:
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x0b\x0c").lower()
    if text.startswith(_PLAYLISTS):
        return MediaRefused("media.playlist")
    if text.startswith(b"<"):
        found = [code for mark, code in _MARKUP if mark in text]
        return MediaRefused(found[0] if found else "media.html")
    for magic, name in _OTHER_PICTURES:
        if head.startswith(magic):
            return MediaRefused("media.unsupported_picture", format=name)
    for magics, code in _OTHERS:
        if head.startswith(magics):
            return MediaRefused(code)
    return MediaRefused("media.unknown_type")


def _ends_as_zip(tail: bytes) -> bool:
    """A ZIP's end record whose comment ends exactly at the end of the file: no chance hit."""
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        if len(tail) >= at + 22:
            (comment,) = struct.unpack_from("<H", tail, at + 20)
            if at + 22 + comment == len(tail):
                return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False
