import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from media import kinds
from media.errors import MediaRefused
from media.kinds import Format, Kind
from media.probe import probe, sniff

ALL = frozenset(Kind)


def _ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = major + b"\0\0\0\0" + b"".join(compatible)
    return (len(body) + 8).to_bytes(4, "big") + b"ftyp" + body


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"\xff\xd8\xff\xe0rest", kinds.JPEG),
        (b"\x89PNG\r\n\x1a\nrest", kinds.PNG),
        (b"GIF89a...", kinds.GIF),
        (b"GIF87a...", kinds.GIF),
        (b"RIFF\0\0\0\0WEBPVP8 ", kinds.WEBP),
        (_ftyp(b"avif", b"mif1", b"miaf"), kinds.AVIF),
        (_ftyp(b"mif1", b"avif"), kinds.AVIF),
        (_ftyp(b"avis", b"msf1"), kinds.AVIF),
        (b"%PDF-1.7", kinds.PDF),
        (b"\xef\xbb\xbf\r\n%PDF-1.4", kinds.PDF),
        (b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml", kinds.DOCX),
        (_ftyp(b"isom", b"iso2", b"avc1"), kinds.MP4),
        (_ftyp(b"3gp5"), kinds.MP4),
        (_ftyp(b"qt  "), kinds.MOV),
        (b"\x1aE\xdf\xa3\x01\0\0\0B\x82\x84webm", kinds.WEBM),
        (b"\x1aE\xdf\xa3\x01\0\0\0B\x82\x88matroska", kinds.MKV),
        (b"ID3\x04\0\0\0\0\0\0", kinds.MP3),
        ((b"\xff\xfb\x90\x00" + b"\0" * 413) * 3, kinds.MP3),
        (_ftyp(b"M4A ", b"mp42", b"isom"), kinds.M4A),
        (b"RIFF\0\0\0\0WAVEfmt ", kinds.WAV),
        (b"OggS\0\x02", kinds.OGG),
        ((b"G" + b"\0" * 187) * 6, kinds.MPEGTS),
        (b"\0\0\0\0" + (b"G" + b"\0" * 191) * 6, kinds.MPEGTS),
    ],
)
def test_sniff_of_a_known_format_names_it(head: bytes, form: Format) -> None:
    assert sniff(head, tail=head, accept=ALL) == form
    with pytest.raises(MediaRefused) as caught:
        sniff(head, tail=head, accept=ALL - {form.kind})
    assert caught.value.code == "media.wrong_kind"
    assert caught.value.params == {"found": form.name}


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "media.empty"),
        (b"#EXTM3U\nhttp://127.0.0.1/x.ts", "media.playlist"),
        (b"\xef\xbb\xbf#EXTM3U\n", "media.playlist"),
        ("#EXTM3U\n".encode("utf-16"), "media.playlist"),
        (b"\n\n  #EXTM3U", "media.playlist"),
        (b"ffconcat version 1.0\nfile a", "media.playlist"),
        (b"file '/etc/passwd'\n", "media.playlist"),
        (b"<?xml version='1.0'?><MPD xmlns='x'>", "media.playlist"),
        (b"[playlist]\nFile1=x", "media.playlist"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "media.svg"),
        (b"<?xml version='1.0'?><!-- a --><!DOCTYPE svg><svg>", "media.svg"),
        ("<svg onload=x>".encode("utf-16"), "media.svg"),
        (b"<!DOCTYPE html><html>", "media.html"),
        (b"  <script>alert(1)</script>", "media.html"),
        (b"<?php echo 1;", "media.html"),
        (_ftyp(b"heic", b"mif1"), "media.heic"),
        (_ftyp(b"mif1", b"heix"), "media.heic"),
        (_ftyp(b"zzzz"), "media.unknown_type"),
        (b"BM\x36\0", "media.unsupported_picture"),
        (b"II*\0", "media.unsupported_picture"),
        (b"8BPS", "media.unsupported_picture"),
        (b"\0\0\x01\0", "media.unsupported_picture"),
        (b"PK\x03\x04" + b"\0" * 26 + b"evil.exe", "media.archive"),
        (b"PK\x05\x06", "media.archive"),
        (b"Rar!\x1a\x07", "media.archive"),
        (b"\x1f\x8b\x08", "media.archive"),
        (b"MZ\x90", "media.program"),
        (b"\x7fELF", "media.program"),
        (b"#!/bin/sh", "media.program"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "media.old_office"),
        (b"just words", "media.unknown_type"),
        (b"RIFF\0\0\0\0ACONanih", "media.unknown_type"),
    ],
)
def test_sniff_of_anything_else_says_exactly_why(head: bytes, code: str) -> None:
    with pytest.raises(MediaRefused) as caught:
        sniff(head, tail=head, accept=ALL)
    assert caught.value.code == code


def _archive(comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.txt", "hidden")
        archive.comment = comment
    return buffer.getvalue()


@pytest.mark.parametrize("comment", [b"", b"words", b"PK\x05\x06" * 5, b"c" * 65_000])
def test_sniff_of_a_picture_with_an_archive_behind_it_is_refused(comment: bytes) -> None:
    data = b"\xff\xd8\xff\xe0" + b"\0" * 500 + _archive(comment)
    with pytest.raises(MediaRefused) as caught:
        sniff(data[:4096], tail=data[-66_000:], accept=ALL)
    assert caught.value.code == "media.polyglot"


def test_sniff_of_a_picture_that_contains_the_four_bytes_by_chance_is_fine() -> None:
    data = b"\xff\xd8\xff\xe0" + b"PK\x05\x06" + b"\1" * 100
    assert sniff(data, tail=data, accept=ALL) == kinds.JPEG


@given(st.binary(max_size=300))
def test_sniff_of_any_bytes_answers_or_refuses(data: bytes) -> None:
    try:
        said = sniff(data, tail=data, accept=ALL).media_type
    except MediaRefused as refusal:
        said = refusal.code
    assert said.startswith(("media.", "image/", "video/", "audio/", "application/"))


def test_probe_of_a_file_ignores_its_name(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"<html>" + b" " * 100_000)
    with pytest.raises(MediaRefused) as caught:
        probe(path, accept=ALL)
    assert caught.value.code == "media.html"
