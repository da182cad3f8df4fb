"""The tools that look into videos and recordings and make them ready, as one value: tests bring quick ones."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from media.cutting import Piece
from media.encode import EncodedVideo, encode_house
from media.first_look import first_look
from media.frames import frame_at
from media.joining import Film, join_house
from media.kept import Kept
from media.limits import SoundLimits, VideoLimits
from media.runner import Report
from media.sandbox import Sandbox
from media.sound import EncodedSound, SoundFacts, encode_voice, hear
from media.video import VideoFacts, examine


class Examine(Protocol):
    """Says what a video is, and before that to `claimed` what it claims to be. Raises MediaRefused."""

    async def __call__(
        self,
        path: Path,
        *,
        sandbox: Sandbox,
        work: Path,
        limits: VideoLimits,
        claimed: Callable[[VideoFacts], None] | None = None,
    ) -> VideoFacts: ...


class Encode(Protocol):
    """Makes every file of a video, for the length of an `async with`. Raises MediaRefused."""

    def __call__(
        self,
        path: Path,
        facts: VideoFacts,
        *,
        sandbox: Sandbox,
        work: Path,
        progress: Report | None,
        limits: VideoLimits,
        kept: Kept,
    ) -> AbstractAsyncContextManager[EncodedVideo]: ...


class Join(Protocol):
    """Puts a film together of others, for the length of an `async with`. Raises MediaRefused."""

    def __call__(
        self,
        pieces: Sequence[Piece],
        films: Mapping[str, Film],
        *,
        sandbox: Sandbox,
        work: Path,
        limits: VideoLimits,
        progress: Report | None,
    ) -> AbstractAsyncContextManager[EncodedVideo]: ...


class Look(Protocol):
    """Makes the begin of a video watchable, for the length of an `async with`. Raises MediaRefused."""

    def __call__(
        self, path: Path, facts: VideoFacts, *, segments: int, sandbox: Sandbox, work: Path, limits: VideoLimits
    ) -> AbstractAsyncContextManager[Path]: ...


class Frame(Protocol):
    """Takes one picture out of a film of ours, for the length of an `async with`. Raises MediaRefused."""

    def __call__(
        self, film: Path, at_ms: int, *, sandbox: Sandbox, work: Path, limits: VideoLimits
    ) -> AbstractAsyncContextManager[Path]: ...


class Hear(Protocol):
    """Says what a recording is. Raises MediaRefused."""

    async def __call__(self, path: Path, *, sandbox: Sandbox, work: Path, limits: SoundLimits) -> SoundFacts: ...


class Voice(Protocol):
    """Makes the file of a recording, for the length of an `async with`. Raises MediaRefused."""

    def __call__(
        self,
        path: Path,
        facts: SoundFacts,
        *,
        sandbox: Sandbox,
        work: Path,
        progress: Report | None,
        limits: SoundLimits,
    ) -> AbstractAsyncContextManager[EncodedSound]: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What looks into a video, what encodes it, and what takes a picture out of it; and the same of a recording."""

    examine: Examine = examine
    encode: Encode = encode_house
    frame: Frame = frame_at
    hear: Hear = hear
    voice: Voice = encode_voice
    look: Look = first_look
    join: Join = join_house
