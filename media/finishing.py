"""What follows once an item's tracks are made: plain copy, poster, sheet of small pictures, look over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from media import house, ladder, sprites
from media.errors import MediaRefused
from media.findings import Findings, listened, read_findings, watched
from media.house import SEGMENT_MS
from media.loudness import metered, read_summary
from media.making import Room
from media.runner import Ran, Stage, command, given_input, made_output, run_ffmpeg
from media.threads import in_thread
from media.workspace import private_folder

_POSTER_FROM: Final = 180  # seconds; a poster from the end would give the story away
_BLACK: Final = 32  # average luma; a title page's black is 16
_JPEG: Final = {"f": "image2", "update": 1, "frames:v": 1, "c:v": "mjpeg", "map_metadata": -1}


@dataclass(frozen=True, slots=True)
class Finishing:
    """The last runs over an item whose tracks lie in the room."""

    duration_ms: int
    segments: int
    room: Room
    has_sound: bool = True

    async def all(self) -> Findings:
        """Makes every other file of the item and says what a person should look at."""
        await self._playable()
        await self._poster()
        await self._sheet()
        return await self._looked_over()

    async def _playable(self) -> None:
        """The plain file for players without scripts: the same pictures and sound in another container."""
        pictures, sound = given_input(0, f="mov")["v:0"], given_input(1, f="mov")["a:0"]
        length = f"{(self.duration_ms + house.DELAY_MS) / 1000:.3f}"
        plain = {"c": "copy", "movflags": "+faststart", "t": length, **ladder.CONTAINER}
        argv = command(made_output(pictures, sound, name=house.PLAY, **plain))
        await self._finish(argv, ["720", house.AUDIO], self.duration_ms, made=house.PLAY)

    async def _poster(self) -> None:
        """The most typical of the key pictures that are not black; of all when all are."""
        for select in (True, False):
            picture = given_input(f="mov", skip_frame="nokey", t=_POSTER_FROM).video
            if select:
                key = "lavfi.signalstats.YAVG"
                picture = picture.filter("signalstats").filter(
                    "metadata", mode="select", key=key, value=_BLACK, function="greater"
                )
            picture = picture.filter("thumbnail", 100).filter("scale", out_range="pc").filter("format", "yuvj420p")
            argv = command(made_output(picture, name=house.POSTER, **_JPEG, **{"q:v": 3}))
            await self._finish(argv, ["720"], 0, made=house.POSTER)
            if await in_thread((self.room.out / house.POSTER).exists):
                return
        raise MediaRefused("media.video_damaged", reason="no picture for the poster")

    async def _sheet(self) -> None:
        sheet = sprites.sheet_of(self.duration_ms)
        picture = given_input(f="mov", skip_frame="nokey").video
        picture = picture.filter("select", f"not(mod(n,{sheet.every}))").filter("scale", sprites.WIDTH, sprites.HEIGHT)
        picture = picture.filter("tile", f"{sheet.columns}x{sheet.rows}", nb_frames=sheet.count)
        picture = picture.filter("scale", out_range="pc").filter("format", "yuvj420p")
        argv = command(made_output(picture, name=house.SPRITES, **_JPEG, **{"q:v": 6}))
        await self._finish(argv, ["480"], 0, made=house.SPRITES)

    async def _looked_over(self) -> Findings:
        """How loud the sound came out, and where it or the picture is missing."""
        outputs = [made_output(watched(given_input(0, f="mov").video), name="none", f="null")]
        if self.has_sound:
            heard = metered(listened(given_input(1, f="mov").audio))
            outputs.append(made_output(heard, name="none", f="null").global_args("-nostats"))
        total = self.segments * SEGMENT_MS
        ran = await self._finish(command(*outputs, level="info"), ["480", house.AUDIO], total)
        found = read_findings(ran.stderr, end_ms=self.duration_ms)
        if not self.has_sound:
            return replace(found, silent=((0, self.duration_ms),))
        return replace(found, loudness=read_summary(ran.stderr))

    async def _finish(self, argv: list[str], given: Sequence[str], total_ms: int, *, made: str = "") -> Ran:
        async with private_folder(self.room.work) as out:
            ran = await run_ffmpeg(
                argv,
                sandbox=self.room.sandbox,
                given=[self.room.out / name for name in given],
                out=out,
                bounds=self.room.limits.bounds(self.segments * SEGMENT_MS),
                stage=Stage.finishing,
                total_ms=total_ms,
                progress=self.room.progress,
            )
            if made:
                await in_thread(_moved, out / made, self.room.out / made)
        return ran


def _moved(made: Path, target: Path) -> None:
    if made.is_file():
        made.rename(target)
