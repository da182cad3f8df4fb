"""The tracks of an item, stretch by stretch: taken from what is kept, or made, kept and put behind the others."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from media import ladder, package
from media.encoders import Encoder
from media.errors import MediaRefused
from media.hardware import Hardware, checked
from media.house import AUDIO, FIRST_LOOK, RUNGS, SEGMENT_FRAMES, SEGMENT_MS
from media.kept import Kept
from media.limits import VideoLimits
from media.loudness import UNHEARD, Loudness, gain_for, measured
from media.runner import FFMPEG, Progress, Report, Stage, command, given_input, made_output, run_ffmpeg
from media.sandbox import Sandbox
from media.stretches import Stretch
from media.threads import in_thread
from media.video import VideoFacts
from media.workspace import private_folder

# Some pictures that a decoder had to patch are normal for phones and broadcast recordings.
_PATCHED_PICTURES: Final = 4
_PATCHED_SHARE: Final = 500
# In a stretch, more than a second's are a damaged place, whatever the rest is like.
_PATCHED_AT_ONCE: Final = 25
# How the decoders of cameras, phones and broadcasts say so: H.264 and HEVC, MPEG-2 and MPEG-4, WMV, MJPEG, ProRes.
_PATCHED: Final = re.compile(
    r"rror while decoding|concealing|orrupt|Invalid data found when processing input"
    r"|damaged|Error at MB|overflow|Header missing|error y=|error dc|invalid cbp"
)
_MEASURED: Final = "measured"
# What each size is of the work on a stretch, for the time that is left; decoding counts to the smallest.
_SHARES: Final[Mapping[str, float]] = {"1080": 0.5, "720": 0.25, "480": 0.25}


@dataclass(frozen=True, slots=True)
class Room:
    """Where the work is done: `out` holds the tracks, `work` a folder for each run."""

    sandbox: Sandbox
    work: Path
    out: Path
    limits: VideoLimits
    progress: Report | None


@dataclass(slots=True)
class Damage:
    """How many pictures and sounds decoders had to guess, each counted once, however often it was decoded."""

    of_sound: int = 0
    of_stretches: dict[int, int] = field(default_factory=dict)

    def seen(self, stretch: Stretch, found: int) -> None:
        """Notes a run over some sizes of a stretch; another run over it meets the same."""
        self.of_stretches[stretch.number] = max(found, self.of_stretches.get(stretch.number, 0))

    @property
    def total(self) -> int:
        """Of the whole film: who reads the second stretch begins before it and meets the first segment's again."""
        found = dict(self.of_stretches)
        again = min(found.get(0, 0), found.get(1, 0))
        return self.of_sound + sum(found.values()) - again


@dataclass(slots=True)
class Making:
    """One encode on its way."""

    path: Path
    facts: VideoFacts
    segments: int
    house: package.House
    room: Room
    kept: Kept
    hardware: Hardware | None = None
    # What is made in one go has nothing to be resumed.
    is_resumable: bool = True
    there: frozenset[str] = field(default=frozenset(), init=False)
    damage: Damage = field(default_factory=Damage, init=False)
    done_ms: int = field(default=0, init=False)
    loudness: Loudness = field(default=UNHEARD, init=False)

    async def begin(self) -> None:
        """Asks what an earlier try left."""
        self.there = frozenset(await self.kept.begin(self.house.name))

    async def sound(self) -> None:
        """Measures how loud the source is and makes the track of its sound, each in one run over the whole."""
        before = await self._kept_measure() if {AUDIO, _MEASURED} <= self.there else None
        if before is not None and await self._taken(AUDIO, AUDIO, 0, self.segments):
            self.loudness = before
            return
        async with private_folder(self.room.work) as out:
            before = self.loudness = await self._measure(out)
            output = ladder.sound_output(self.facts, gain_for(before), self.segments)
            patched = await self._run([output], out, self.segments * SEGMENT_MS, Stage.sounding)
            self.damage.of_sound = patched
            _refuse_damaged_place(patched, self.segments)
            await in_thread((out / _MEASURED).write_text, json.dumps([before.integrated, before.peak]))
            await self._put(out, {AUDIO: AUDIO}, 0, self.segments)
            if self.is_resumable:
                await self.kept.keep({AUDIO: out / AUDIO, _MEASURED: out / _MEASURED})

    async def stretch(self, stretch: Stretch, rungs: Sequence[str] = RUNGS) -> None:
        """Puts these sizes of a stretch behind those that are there."""
        # Which segments it is stands in the name: what a version with other stretches left is never taken for it.
        names = {rung: f"{rung}.{stretch.first}+{stretch.segments}" for rung in rungs}
        missing = [r for r in rungs if not await self._taken(r, names[r], stretch.first, stretch.segments)]
        if missing:
            await self._encode(stretch, {rung: names[rung] for rung in missing})
        self.done_ms += self._worth(stretch, rungs)

    async def _encode(self, stretch: Stretch, names: Mapping[str, str]) -> None:
        rungs, share = list(names), sum(_SHARES[rung] for rung in names)
        async with private_folder(self.room.work) as out:
            patched = await self._encoded_on_card(stretch, rungs, out, share)
            if patched is None:
                outputs = ladder.stretch_outputs(self.facts, stretch, rungs)
                patched = await self._run(outputs, out, stretch.length_ms, Stage.encoding, share=share)
            self.damage.seen(stretch, patched)
            # Before any of it is kept: a resumed encode counts anew.
            _refuse_damaged_place(patched, stretch.segments)
            await self._put(out, {rung: rung for rung in rungs}, stretch.first, stretch.segments)
            if self.is_resumable:
                await self.kept.keep({name: out / rung for rung, name in names.items()})

    async def _encoded_on_card(self, stretch: Stretch, rungs: Sequence[str], out: Path, share: float) -> int | None:
        """How many pictures were guessed when a card made it and what it made is of the house; None when not."""
        card = self.hardware
        if card is None or not card.is_trusted:
            return None
        outputs = ladder.stretch_outputs(self.facts, stretch, rungs, card.encoder)
        room = self.room
        try:
            length = stretch.length_ms
            patched = await self._run(outputs, out, length, Stage.encoding, share=share, encoder=card.encoder)
            await checked(out, rungs, self.house, segments=stretch.segments, sandbox=room.sandbox, work=room.work)
        except MediaRefused as refused:
            await card.refuse(refused)
            # The rest of this video too: one that changes its encoder half-way looks it.
            self.hardware = None
            return None
        card.failed = 0
        return patched

    async def watchable(self) -> None:
        """The smallest picture with the sound as a plain film, for those who cannot wait."""
        pictures, sound = given_input(0, f="mov")["v:0"], given_input(1, f="mov")["a:0"]
        plain = {"c": "copy", "movflags": "+faststart", **ladder.CONTAINER}
        async with private_folder(self.room.work) as out:
            await run_ffmpeg(
                command(made_output(pictures, sound, name=FIRST_LOOK, **plain)),
                sandbox=self.room.sandbox,
                given=[self.room.out / RUNGS[-1], self.room.out / AUDIO],
                out=out,
                bounds=self.room.limits.bounds(self.segments * SEGMENT_MS),
            )
            await self.kept.watchable(out / FIRST_LOOK)

    def refuse_damage(self) -> None:
        """Refuse a source whose decoder had to guess more than a few pictures.

        Raises:
            MediaRefused: `media.video_damaged`.
        """
        found = self.damage.total
        if found > _share(self.segments, _PATCHED_PICTURES):
            raise _damaged(found)

    async def _measure(self, out: Path) -> Loudness:
        if self.facts.sound is None:
            return UNHEARD
        length = self.facts.sound.length_ms
        return await measured(
            ladder.even_sound(given_input(f=self.facts.demuxer), self.facts),
            sandbox=self.room.sandbox,
            given=self.path,
            out=out,
            bounds=self.room.limits.bounds(length),
            total_ms=length,
            progress=self.room.progress,
        )

    async def _kept_measure(self) -> Loudness | None:
        async with self.kept.opened(_MEASURED) as path:
            if path is None:
                return None
            return Loudness(*json.loads(await in_thread(path.read_text)))

    async def _taken(self, track: str, name: str, first: int, segments: int) -> bool:
        """Puts a kept part of a track in its place; False when there is none, or it is gone after all."""
        if name not in self.there:
            return False
        async with self.kept.opened(name) as path:
            if path is None:
                return False
            await self._append(path, track, first, segments)
        return True

    async def _put(self, out: Path, tracks: Mapping[str, str], first: int, segments: int) -> None:
        for track, name in tracks.items():
            await self._append(out / name, track, first, segments)

    async def _append(self, part: Path, track: str, first: int, segments: int) -> None:
        target = self.room.out / track
        put = await in_thread(package.append, part, target, track, self.house, first=first)
        if put < segments:
            read, claimed = (first + put) * SEGMENT_MS // 1000, self.facts.duration_ms // 1000
            raise MediaRefused("media.video_truncated", found=read, claimed=claimed)

    async def _run(
        self,
        outputs: Sequence[object],
        out: Path,
        length_ms: int,
        stage: Stage,
        *,
        share: float = 1.0,
        encoder: Encoder | None = None,
    ) -> int:
        """How many pictures or sounds the decoder had to guess."""
        begin, program = ((), FFMPEG) if encoder is None else (encoder.begin, encoder.program)
        ran = await run_ffmpeg(
            command(*outputs, own_clock=stage is Stage.encoding, begin=begin, program=program),
            sandbox=self.room.sandbox,
            given=self.path,
            out=out,
            bounds=self.room.limits.bounds(length_ms),
            stage=stage,
            total_ms=length_ms,
            progress=self._shifted(share) if stage is Stage.encoding else self.room.progress,
            devices=() if encoder is None else encoder.devices,
        )
        return sum(1 for line in ran.stderr.splitlines() if _PATCHED.search(line))

    def _worth(self, stretch: Stretch, rungs: Sequence[str]) -> int:
        return round(stretch.length_ms * sum(_SHARES[rung] for rung in rungs))

    def _shifted(self, share: float) -> Report | None:
        heard = self.room.progress
        if heard is None:
            return None
        total = self.segments * SEGMENT_MS

        def tell(one: Progress) -> None:
            done = min(total, self.done_ms + round(share * one.done_ms))
            heard(replace(one, done_ms=done, total_ms=total, speed=share * one.speed))

        return tell


def _refuse_damaged_place(found: int, segments: int) -> None:
    """Refuses what nobody would watch."""
    if found > _share(segments, _PATCHED_AT_ONCE):
        raise _damaged(found)


def _share(segments: int, least: int) -> int:
    return max(least, segments * SEGMENT_FRAMES // _PATCHED_SHARE)


def _damaged(patched: int) -> MediaRefused:
    return MediaRefused("media.video_damaged", reason=f"{patched} decoding errors")
