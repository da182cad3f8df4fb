"""Generated hostile uploads: each is a name and bytes; none may survive intake as it came."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from PIL import Image

MARK = b"EVIL-PAYLOAD"  # what an attacker wants to get through; must not be in anything accepted
_TYPES = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"
_RELS = "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>{}</Relationships>"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pictures() -> dict[str, bytes]:
    """Uploads for a place that takes pictures."""
    return dict(_disguised()) | dict(_bombs()) | dict(_damaged()) | dict(_polyglots())


def documents() -> dict[str, bytes]:
    """Uploads for a place that takes documents."""
    return dict(_hostile_docx()) | dict(_hostile_pdf())


def _picture(form: str, size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    buffer = io.BytesIO()
    noise = Image.effect_noise(size, 60).convert("RGB")
    noise.save(buffer, form, **options)
    return buffer.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, *, depth: int = 1, colour: int = 0, zeros: int = 100) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", _flood(0, zeros)) + _chunk(b"IEND", b"")


def _flood(byte: int, count: int) -> bytes:
    """What unpacks to one byte again and again; every worker makes these, so the same block is repeated packed."""
    block, packer = 1_000_000, zlib.compressobj(9, wbits=-15)
    packed = packer.compress(bytes([byte]) * block) + packer.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compress(bytes([byte]) * (count % block), 9, wbits=-15)
    low = (1 + count * byte) % 65_521
    high = (count + byte * count * (count + 1) // 2) % 65_521
    return b"\x78\xda" + packed * (count // block) + last + struct.pack(">HH", high, low)


def _zip(**members: bytes | str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _disguised() -> Iterator[tuple[str, bytes]]:
    """Things that are no pictures, as somebody would send them under the name photo.jpg."""
    playlist = "#EXTM3U\n#EXTINF:4,\nhttp://127.0.0.1:9/" + MARK.decode() + ".ts\n"
    yield "m3u8", playlist.encode()
    yield "m3u8-bom", playlist.encode("utf-8-sig")
    yield "m3u8-utf16", playlist.encode("utf-16")
    yield "m3u8-blank-lines-first", b"\r\n\r\n " + playlist.encode()
    yield "m3u8-local-file", b"#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n"
    yield "ffconcat", b"ffconcat version 1.0\nfile '../private/unapproved.mp4'\n"
    yield "concat-bare", b"file '/etc/passwd'\n"
    yield "mpd", b"<?xml version='1.0'?><MPD><BaseURL>http://127.0.0.1:9/</BaseURL></MPD>"
    yield "pls", b"[playlist]\nFile1=http://127.0.0.1:9/\n"
    yield "asx", b"<asx version='3.0'><entry><ref href='http://127.0.0.1:9/'/></entry></asx>"
    yield "svg-script", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    yield "svg-prolog", b"<?xml version='1.0'?>\n<!-- hello -->\n<svg onload='alert(1)'/>"
    yield "svg-utf16", "<svg onload='alert(1)'/>".encode("utf-16")
    yield "svg-entities", b"<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>"
    yield "html", b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    yield "html-fragment", b"\xef\xbb\xbf\n<img src=x onerror=alert(1)>"
    yield "php", b"<?php system($_GET['c']); ?>"
    yield "shell", b"#!/bin/sh\nrm -rf /\n"
    yield "elf", b"\x7fELF" + b"\0" * 200
    yield "exe", b"MZ" + b"\0" * 200
    yield "zip", _zip(**{"x.txt": MARK})
    yield "gzip", zlib.compress(b"x", wbits=31)
    yield "heic", b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0" * 100
    yield "mp4", b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + b"\0" * 100
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n(" + MARK + b") show"
    yield "mvg", b"push graphic-context\nviewbox 0 0 1 1\nimage over 0,0 0,0 'url(http://127.0.0.1:9/)'"
    yield "xpm", b"/* XPM */\nstatic char *x[] = {"
    yield "empty", b""
    yield "one-byte", b"\xff"
    yield "zeros", b"\0" * 5_000
    yield "noise", random.Random(1).randbytes(5_000)


def _bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that claim or unpack to very much."""
    yield "png-50000-square-header", _png(50_000, 50_000)
    yield "png-max-header", _png(2**31 - 1, 2**31 - 1)
    yield "png-one-long-row", _png(2_000_000_000, 1)
    yield "png-just-above-side", _png(16_385, 10)
    yield "png-just-above-pixels", _png(10_000, 4_001)
    yield "png-no-pixels", _png(0, 100)
    yield "png-flood", _png(5_900, 5_900, depth=8, colour=2, zeros=(5_900 * 3 + 1) * 5_900)
    yield "png-small-claim-much-data", _png(10, 10, zeros=30_000_000)
    yield "png-16-bit-flood", _png(6_000, 6_000, depth=16, colour=6, zeros=5_000_000)
    text = _flood(ord("a"), 50_000_000)
    yield "png-text-bomb", _picture("PNG")[:33] + _chunk(b"zTXt", b"k\0\0" + text) + _picture("PNG")[33:]
    yield "png-profile-bomb", _picture("PNG")[:33] + _chunk(b"iCCP", b"k\0\0" + text) + _picture("PNG")[33:]
    yield (
        "gif-65535-square",
        b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b",\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
    )
    frame = b"," + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + b"\2\2D\1\0"
    yield "gif-frame-larger-than-screen", b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0, 0, 0) + frame + b";"
    tiny = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2D\1\0"
    yield (
        "gif-100000-frames",
        b"GIF89a" + struct.pack("<HHBBB", 7, 7, 0x80, 0, 0) + b"\0\0\0\1\1\1" + tiny * 100_000 + b";",
    )
    jpeg = bytearray(_picture("JPEG"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 65_535, 65_535)
    yield "jpeg-65535-square", bytes(jpeg)
    jpeg[at + 5 : at + 9] = struct.pack(">HH", 7_000, 8_000)
    yield "jpeg-claims-56-megapixels", bytes(jpeg)
    webp = bytearray(_picture("WEBP", icc_profile=b"x" * 200))
    webp[24:30] = b"\xff" * 6
    yield "webp-huge-canvas", bytes(webp)
    avif = bytearray(_picture("AVIF"))
    at = avif.index(b"ispe") + 8
    avif[at : at + 8] = struct.pack(">II", 60_000, 60_000)
    yield "avif-huge", bytes(avif)
    yield "upload-above-the-cap", b"\xff\xd8\xff\xe0" + b"\0" * (41 << 20)


def _damaged() -> Iterator[tuple[str, bytes]]:
    """Real pictures with an accident."""
    for form in ("JPEG", "PNG", "WEBP", "GIF", "AVIF"):
        good = _picture(form, (300, 200))
        for part in (3, 10, 50, 90):
            yield f"{form.lower()}-cut-at-{part}-percent", good[: max(4, len(good) * part // 100)]
        for seed in range(4):
            rng = random.Random(f"{form}{seed}")
            bad = bytearray(good)
            for _ in range(30):
                bad[rng.randrange(12, len(bad))] = rng.randrange(256)
            yield f"{form.lower()}-noise-{seed}", bytes(bad)
    png = bytearray(_picture("PNG", (300, 200)))
    png[29] ^= 0xFF
    yield "png-broken-header-crc", bytes(png)
    png = bytearray(_picture("PNG", (300, 200)))
    at = png.index(b"IDAT") + 200
    png[at] ^= 0xFF
    yield "png-broken-data", bytes(png)
    yield "png-no-end", _picture("PNG")[:-12]
    yield "png-palette-without-palette", _png(8, 8, depth=8, colour=3)
    yield "jpeg-only-start", b"\xff\xd8\xff"
    yield "jpeg-endless-markers", b"\xff\xd8" + b"\xff\xe0\0\2" * 50_000
    yield "webp-only-start", b"RIFF\xff\xff\xff\xffWEBPVP8 "
    yield "avif-only-start", b"\0\0\0\x18ftypavif\0\0\0\0avifmif1"


def _polyglots() -> Iterator[tuple[str, bytes]]:
    """Real pictures that carry something else as well."""
    jpeg = _picture("JPEG")
    yield "jpeg-with-zip-behind", jpeg + _zip(**{"x.txt": MARK})
    yield "png-with-zip-behind", _picture("PNG") + _zip(**{"x.txt": MARK})
    yield "gif-with-zip-behind", _picture("GIF") + _zip(**{"x.txt": MARK})
    yield "jpeg-with-html-behind", jpeg + b"<script>" + MARK + b"</script>"
    yield "jpeg-with-php-comment", _picture("JPEG", comment=b"<?php " + MARK + b" ?>")
    yield "jpeg-with-payload-profile", _picture("JPEG", icc_profile=MARK * 100)
    exif = Image.Exif()
    exif[0x010E] = MARK.decode()
    exif[0x8825] = {1: "N", 2: (31.0, 10.0, 5.0)}
    yield "jpeg-with-exif-place", _picture("JPEG", exif=exif)
    yield "png-with-html-text", _picture("PNG")[:33] + _chunk(b"tEXt", b"k\0" + MARK) + _picture("PNG")[33:]
    yield "png-with-payload-behind", _picture("PNG") + MARK
    yield "webp-with-payload-behind", _picture("WEBP") + MARK
    yield "gif-script", b"GIF89a/*" + b"\0" * 20 + b"*/=1;" + MARK
    yield "gif-with-comment", _picture("GIF", comment=MARK)


def _docx(**more: bytes | str) -> bytes:
    return _zip(**{"[Content_Types].xml": _TYPES, "word/document.xml": "<w:document/>", **more})


def _relation(kind: str) -> str:
    return _RELS.format(
        f"<Relationship Id='r' Type='{_OFFICE}/{kind}' Target='http://127.0.0.1:9/' TargetMode='External'/>"
    )


def _hostile_docx() -> Iterator[tuple[str, bytes]]:
    yield "docx-bomb", _docx(**{"word/media/x.xml": b"\0" * 50_000_000})
    yield "docx-many-entries", _docx(**{f"word/{n}": "" for n in range(4_000)})
    yield "docx-template-from-elsewhere", _docx(**{"word/_rels/settings.xml.rels": _relation("attachedTemplate")})
    yield "docx-picture-from-elsewhere", _docx(**{"word/_rels/document.xml.rels": _relation("image")})
    yield (
        "docx-entities",
        _docx(**{"word/_rels/document.xml.rels": "<!DOCTYPE x [<!ENTITY a 'a'>]>" + _RELS.format("")}),
    )
    yield "docx-macros", _docx(**{"word/vbaProject.bin": MARK})
    yield "docx-climbs-out", _docx(**{"../../../etc/cron.d/x": MARK})
    yield "docx-absolute", _docx(**{"/etc/cron.d/x": MARK})
    yield "docx-cut", _docx()[:-30]
    yield "docx-without-document", _zip(**{"[Content_Types].xml": _TYPES})
    good = _docx(**{"word/a.xml": "a" * 5_000})
    yield "docx-noise", bytes(b ^ (0x55 if 60 < n < 90 else 0) for n, b in enumerate(good))
    yield "docx-nothing-behind-the-name", b"PK\3\4" + b"\0" * 26 + b"[Content_Types].xml"
    yield "docx-old-word", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    yield "docx-html", b"<html><body>" + MARK


def _hostile_pdf() -> Iterator[tuple[str, bytes]]:
    pages = [Image.new("RGB", (60, 80), "white")] * 3
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:])
    good = buffer.getvalue()
    yield "pdf-only-start", b"%PDF-1.7\n"
    yield "pdf-noise", b"%PDF-1.7\n" + random.Random(2).randbytes(5_000)
    yield "pdf-cut", good[: len(good) // 3]
    yield "pdf-with-zip-behind", good + _zip(x=MARK)
    loop = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 9/Kids[2 0 R]>>endobj\n"
    yield "pdf-pages-of-itself", loop + b"trailer<</Root 1 0 R>>\n"
    many = loop.replace(b"/Count 9/Kids[2 0 R]", b"/Count 100000/Kids[" + b"3 0 R " * 1000 + b"]")
    yield (
        "pdf-thousand-pages",
        many + b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n",
    )
    wide = loop.replace(b"/Kids[2 0 R]", b"/Kids[3 0 R]").replace(b"/Count 9", b"/Count 1")
    yield (
        "pdf-mile-wide-page",
        wide + (b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100000000 1]>>endobj\ntrailer<</Root 1 0 R>>\n"),
    )
    yield (
        "pdf-mile-long-page",
        wide + (b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 1 100000000]>>endobj\ntrailer<</Root 1 0 R>>\n"),
    )
