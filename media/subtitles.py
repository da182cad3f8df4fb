"""Subtitles as cues: read from SRT or WebVTT whatever their dialect, checked, and written as WebVTT that is safe.

Pure. A file that cannot be read at all is refused; everything else that is wrong is a `Problem` with its line, all of
them at once, so that a person mends a file in one go. https://www.w3.org/TR/webvtt1/
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from media.errors import MediaRefused

MAX_BYTES: Final = 2 << 20
MAX_CUES: Final = 10_000
MAX_TEXT: Final = 300  # characters of one cue; a television shows about sixty
MAX_LINES: Final = 4
MEDIA_TYPE: Final = "text/vtt"
_MAX_PROBLEMS: Final = 50
_HOUR, _MINUTE, _SECOND = 3_600_000, 60_000, 1_000

_ARROW: Final = "-->"
_TIMES: Final = re.compile(r"\s*(\S+)\s*-->\s*(\S+)(?:\s.*)?")
_TIME: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?")
_MARKUP: Final = re.compile(r"</?[a-zA-Z0-9.:][^<>]{0,300}>|</[a-z]{0,8}>|\{\\[^{}]{0,100}\}")
_NOISE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
_PRIVATE: Final = re.compile("[\ue000-\uf8ff\x00]")
_ASIDE: Final = ("NOTE", "STYLE", "REGION")
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Cue:
    """What stands on the picture from `start` until `end`, in milliseconds; lines are parted by a line feed."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: `code` is a sentence of the catalogue; `line` in the file, or of a cue list the cue's number."""

    code: str
    line: int
    params: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subtitles:
    """What a file holds.

    Attributes:
        form: `srt` or `vtt`.
        encoding: `utf-8`, `utf-16` or `gbk`.
        dropped: marks of style, position and speaker that were left out.
    """

    cues: tuple[Cue, ...]
    problems: tuple[Problem, ...]
    form: str
    encoding: str
    dropped: int


def read_subtitles(data: bytes, *, duration_ms: int | None = None) -> Subtitles:
    """The cues of a file and all that is wrong with it; cues are complete only when nothing is.

    Raises:
        MediaRefused: `media.subtitles_size`, `media.subtitles_encoding`, `media.subtitles_form`.
    """
    if len(data) > MAX_BYTES:
        raise MediaRefused("media.subtitles_size", limit=MAX_BYTES >> 20)
    text, encoding = _decoded(data)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    is_vtt = bool(re.match(r"WEBVTT(?:[ \t]|$)", lines[0]))
    if _ARROW not in text:
        raise MediaRefused("media.subtitles_form")
    reader = _Reader(is_vtt=is_vtt)
    for first, block in _blocks(lines, skip_header=is_vtt):
        reader.take(first, block)
    problems = [*reader.problems, *_checked(reader.cues, reader.places, duration_ms)]
    ordered = tuple(sorted(problems, key=lambda one: one.line))[:_MAX_PROBLEMS]
    return Subtitles(tuple(reader.cues), ordered, "vtt" if is_vtt else "srt", encoding, reader.dropped)


def check_cues(cues: Sequence[Cue], *, duration_ms: int | None = None) -> tuple[Problem, ...]:
    """What is wrong with a list of cues; `line` is the number of the cue, from one."""
    return tuple(_checked(cues, range(1, len(cues) + 1), duration_ms))[:_MAX_PROBLEMS]


def clean_text(text: str) -> str:
    """The words of a cue: no markup, no control characters, no blank line within, NFC."""
    plain = unicodedata.normalize("NFC", _NOISE.sub("", html.unescape(_MARKUP.sub("", text))))
    return "\n".join(line for line in (" ".join(part.split()) for part in plain.split("\n")) if line)


def write_vtt(cues: Iterable[Cue]) -> bytes:
    """WebVTT in which nothing of a cue's text is markup."""
    parts = ["WEBVTT\n"]
    for number, cue in enumerate(cues, start=1):
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        parts.append(f"{number}\n{clock(cue.start)} --> {clock(cue.end)}\n{text}\n")
    return "\n".join(parts).encode()


def write_srt(cues: Iterable[Cue]) -> bytes:
    """SRT for editing programmes, with a mark of its encoding, as those on Windows ask for."""
    blocks = (
        f"{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n{cue.text}\n"
        for number, cue in enumerate(cues, start=1)
    )
    return b"\xef\xbb\xbf" + "\n".join(blocks).replace("\n", "\r\n").encode()


def plain_text(cues: Iterable[Cue]) -> str:
    """All words, for searching."""
    return "\n".join(cue.text for cue in cues)


def clock(ms: int, mark: str = ".") -> str:
    """`01:02:03.450`."""
    hours, rest = divmod(ms, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    seconds, ms = divmod(rest, _SECOND)
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{ms:03}"


def read_time(text: str) -> int:
    """Milliseconds of `1:02`, `00:01:02,5` or `01:02:03.450`. Raises ValueError."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    hours, minutes, seconds, part = found.groups()
    if int(seconds) >= 60 or (hours is not None and int(minutes) >= 60):
        raise ValueError(text)
    return int(hours or 0) * _HOUR + int(minutes) * _MINUTE + int(seconds) * _SECOND + int((part or "0").ljust(3, "0"))


def _decoded(data: bytes) -> tuple[str, str]:
    """The text, and the encoding it was in. GBK is what old editing programmes write; it is taken and said."""
    named = next((name for bom, name in _BOMS if data.startswith(bom)), "")
    for name in (named,) if named else ("utf-8", "gb18030"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        # Bytes of another encoding read as GBK give characters that nobody writes.
        if not _PRIVATE.search(text):
            return text, {"utf-8-sig": "utf-8", "gb18030": "gbk"}.get(name, name)
    raise MediaRefused("media.subtitles_encoding")


def _blocks(lines: Sequence[str], *, skip_header: bool) -> Iterator[tuple[int, list[str]]]:
    """Lines that stand together, with the number of the first."""
    block: list[str] = []
    first, header = 1, skip_header
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            if not block:
                first = number
            block.append(line)
        elif block:
            if not header:
                yield first, block
            header, block = False, []


class _Reader:
    def __init__(self, *, is_vtt: bool) -> None:
        self._is_vtt = is_vtt
        self.cues: list[Cue] = []
        self.places: list[int] = []
        self.problems: list[Problem] = []
        self.dropped = 0

    def take(self, first: int, block: list[str]) -> None:
        if self._is_vtt and block[0].split(" ")[0] in _ASIDE and not any(_ARROW in line for line in block[:2]):
            self.dropped += 1
            return
        at = next((number for number, line in enumerate(block[:2]) if _ARROW in line), None)
        if at is None:
            self._wrong("stray", first, text=block[0].strip()[:40])
            return
        times = self._times(block[at], first + at)
        raw = "\n".join(block[at + 1 :])
        if _ARROW in raw:
            self._wrong("joined", first + at)
            return
        if times is None:
            return
        self.dropped += len(_MARKUP.findall(raw))
        if len(self.cues) == MAX_CUES:
            self._wrong("too_many", first, most=MAX_CUES)
        if len(self.cues) < MAX_CUES:
            self.cues.append(Cue(*times, clean_text(raw)))
            self.places.append(first + at)

    def _times(self, line: str, number: int) -> tuple[int, int] | None:
        found = _TIMES.fullmatch(line)
        try:
            if found is not None:
                return read_time(found[1]), read_time(found[2])
        except ValueError:
            pass
        self._wrong("bad_time", number, text=line.strip()[:40])
        return None

    def _wrong(self, code: str, line: int, **params: str | int) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(Problem(code, line, params))


def _checked(cues: Sequence[Cue], places: Sequence[int], duration_ms: int | None) -> Iterator[Problem]:
    before: Cue | None = None
    for cue, place in zip(cues, places, strict=True):
        if cue.end <= cue.start:
            yield Problem("ends_first", place, {"start": clock(cue.start), "end": clock(cue.end)})
        if before is not None and cue.start < before.start:
            yield Problem("backward", place, {"start": clock(cue.start), "before": clock(before.start)})
        elif before is not None and cue.start < before.end:
            yield Problem("overlap", place, {"start": clock(cue.start), "before": clock(before.end)})
        if duration_ms is not None and cue.start >= duration_ms:
            yield Problem("past_end", place, {"start": clock(cue.start), "length": clock(duration_ms)})
        yield from _text_problems(cue, place)
        before = cue


def _text_problems(cue: Cue, place: int) -> Iterator[Problem]:
    if not cue.text:
        yield Problem("no_text", place)
    if len(cue.text) > MAX_TEXT:
        yield Problem("long_text", place, {"most": MAX_TEXT, "now": len(cue.text)})
    if cue.text.count("\n") >= MAX_LINES:
        yield Problem("many_lines", place, {"most": MAX_LINES})
