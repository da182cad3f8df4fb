"""What a player would complain of in a playlist, written from RFC 8216 alone; knows nothing of the writer.

Read line by line as a player reads: tags set what the next segment gets. `Watcher` follows a moving list like a viewer
who asks again and again, and remembers what it was told.
"""

import datetime as dt
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

SEPARATE = "#EXT-X-INDEPENDENT-SEGMENTS"
ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s][^,]*)(?:,|$)')


@dataclass(frozen=True)
class Segment:
    """One media segment with everything the list says of it."""

    number: int
    uri: str
    seconds: float
    at: dt.datetime | None
    init: str | None
    era: int  # count of discontinuities up to it


@dataclass
class Listed:
    """A media playlist."""

    segments: list[Segment] = field(default_factory=list)
    target: int = 0
    kind: str = ""
    ended: bool = False
    complaints: list[str] = field(default_factory=list)


def attributes(text: str) -> Mapping[str, str]:
    found = {key: value.strip('"') for key, value in ATTRIBUTE.findall(text)}
    rest = ATTRIBUTE.sub("", text)
    return found if not rest else {"": f"attribute list: {text}"}


def media(text: str) -> Listed:
    """Reads a media playlist and collects what is wrong with it."""
    reader = _Reader()
    lines = text.split("\n")
    if lines[0] != "#EXTM3U":
        reader.listed.complaints.append("does not begin with #EXTM3U")
    if lines[-1]:
        reader.listed.complaints.append("the last line is not ended")
    for line in lines[1:-1]:
        reader.read(line)
    _judge(reader.listed)
    return reader.listed


@dataclass
class _Reader:
    """What the tags so far say of the next segment."""

    listed: Listed = field(default_factory=Listed)
    number: int = 0
    era: int = 0
    version: int = 0
    seconds: float | None = None
    at: dt.datetime | None = None
    init: str | None = None

    def read(self, line: str) -> None:
        tag, _, value = line.partition(":")
        if self.listed.ended:
            self.listed.complaints.append(f"after the end: {line}")
        if self._of_the_list(tag, value) or self._of_a_segment(tag, value) or line in {SEPARATE, ""}:
            return
        if line.startswith("#"):
            self.listed.complaints.append(f"unknown: {line}")
        elif self.seconds is None:
            self.listed.complaints.append(f"no EXTINF before {line}")
        else:
            self.listed.segments.append(Segment(self.number, line, self.seconds, self.at, self.init, self.era))
            self.number, self.seconds, self.at = self.number + 1, None, None

    def _of_the_list(self, tag: str, value: str) -> bool:
        if tag == "#EXT-X-VERSION":
            self.version = int(value)
        elif tag == "#EXT-X-TARGETDURATION":
            self.listed.target = int(value)
        elif tag == "#EXT-X-PLAYLIST-TYPE":
            self.listed.kind = value
        elif tag == "#EXT-X-MEDIA-SEQUENCE":
            self.number = int(value)
        elif tag == "#EXT-X-DISCONTINUITY-SEQUENCE":
            self.era = int(value)
        elif tag == "#EXT-X-ENDLIST":
            self.listed.ended = True
        else:
            return False
        if self.listed.segments and tag.endswith("-SEQUENCE"):
            self.listed.complaints.append(f"{tag} after a segment")
        return True

    def _of_a_segment(self, tag: str, value: str) -> bool:
        least = 0
        if tag == "#EXT-X-DISCONTINUITY":
            self.era += 1
        elif tag == "#EXT-X-MAP":
            self.init, least = attributes(value).get("URI"), 6
        elif tag == "#EXT-X-PROGRAM-DATE-TIME":
            self.at = dt.datetime.fromisoformat(value)
        elif tag == "#EXTINF":
            self.seconds, least = float(value.partition(",")[0]), 3
        else:
            return False
        if self.version < least:
            self.listed.complaints.append(f"{tag} needs version {least}")
        return True


def _judge(listed: Listed) -> None:
    if not listed.target:
        listed.complaints.append("no target duration")
    if not listed.segments:
        listed.complaints.append("no segment")
    if any(round(one.seconds) > listed.target for one in listed.segments):
        listed.complaints.append("a segment is longer than the target duration")
    total = sum(one.seconds for one in listed.segments)
    if not listed.ended and listed.kind == "" and total < 3 * listed.target:
        listed.complaints.append("a moving list shorter than three target durations")
    for one, two in itertools.pairwise(listed.segments):
        if one.at and two.at and one.era == two.era and abs((two.at - one.at).total_seconds() - one.seconds) > 0.001:
            listed.complaints.append(f"date-time jumps at {two.number}")
        if one.init != two.init and one.era == two.era:
            listed.complaints.append(f"another init segment without a discontinuity at {two.number}")


def master(text: str) -> tuple[list[str], list[str]]:
    """The addresses a master playlist names, and what is wrong with it."""
    complaints, addresses, groups, used = [], [], set(), set()
    lines = text.rstrip("\n").split("\n")
    if lines[0] != "#EXTM3U":
        complaints.append("does not begin with #EXTM3U")
    waiting = False
    for line in lines[1:]:
        tag, _, value = line.partition(":")
        known = attributes(value) if tag in {"#EXT-X-MEDIA", "#EXT-X-STREAM-INF"} else {}
        if "" in known:
            complaints.append(known[""])
        if waiting and line.startswith("#"):
            complaints.append(f"no address behind EXT-X-STREAM-INF but {line}")
        if tag == "#EXT-X-MEDIA":
            complaints += [f"EXT-X-MEDIA without {name}" for name in ("TYPE", "GROUP-ID", "NAME") if name not in known]
            if known.get("DEFAULT") == "YES" and known.get("AUTOSELECT", "YES") != "YES":
                complaints.append("DEFAULT needs AUTOSELECT")
            groups.add((known.get("TYPE"), known.get("GROUP-ID")))
            addresses.append(known["URI"])
        elif tag == "#EXT-X-STREAM-INF":
            complaints += [f"a stream without {name}" for name in ("BANDWIDTH", "CODECS") if name not in known]
            used |= {(name, known[name]) for name in ("AUDIO", "SUBTITLES") if name in known}
            waiting = True
        elif not line.startswith("#"):
            addresses.append(line)
            waiting = False
    complaints += [f"no such group: {one}" for one in sorted(used - groups)]
    return addresses, complaints


@dataclass
class Watcher:
    """A viewer of a moving list; every slot it was ever told must stay as it was told."""

    told: dict[int, Segment] = field(default_factory=dict)
    last: int = -1
    complaints: list[str] = field(default_factory=list)

    def see(self, text: str) -> Listed:
        listed = media(text)
        self.complaints += listed.complaints
        numbers = [one.number for one in listed.segments]
        if numbers and numbers[-1] < self.last:
            self.complaints.append(f"went back from {self.last} to {numbers[-1]}")
        if self.told and numbers and numbers[0] > self.last + 1:
            self.complaints.append(f"a hole from {self.last + 1} to {numbers[0]}")
        for one in listed.segments:
            before = self.told.setdefault(one.number, one)
            if (before.uri, before.at, before.era) != (one.uri, one.at, one.era):
                self.complaints.append(f"{one.number} was {before} and is {one}")
        self.last = max([self.last, *numbers])
        for number in [old for old in self.told if old < self.last - 100]:
            del self.told[number]
        return listed
