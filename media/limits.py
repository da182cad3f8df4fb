"""Every bound on what an upload may be or cost, as data with the harm each one prevents."""

from dataclasses import dataclass
from typing import Final

from media.sandbox import Bounds

MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Bounds on a picture.

    Attributes:
        file_bytes: of the upload; a camera's largest JPEG is about 30 MB.
        pixels: width × height of a JPEG before decoding; 60 MP need 500 MB of memory.
        lossless_pixels: the same for every other format, which may hold transparency or 16 bits.
        side: pixels; no encoder downstream takes more than 16,384.
        master_side: pixels; larger pictures are scaled down, no channel shows more.
        alpha_side: the same for pictures with transparency, which cost four times the memory to scale.
        seconds: wall clock for decoding and encoding.
        memory_bytes: address space of the decoder.
        min_free_bytes: free space that work on an upload leaves on its volume.
    """

    file_bytes: int = 40 * MIB
    pixels: int = 60_000_000
    lossless_pixels: int = 36_000_000
    side: int = 16_384
    master_side: int = 4_800
    alpha_side: int = 4_096
    seconds: int = 60
    memory_bytes: int = 1_536 * MIB
    min_free_bytes: int = 256 * MIB

    def bounds(self) -> Bounds:
        """What one sandboxed run over a picture may cost."""
        return Bounds(
            seconds=self.seconds,
            memory_bytes=self.memory_bytes,
            file_bytes=200 * MIB,
            output_bytes=300 * MIB,
            output_files=50,
        )


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """Bounds on a PDF or Word document.

    Attributes:
        file_bytes: of the upload.
        pages: of a PDF; a newspaper has 4 to 100.
        page_width: pixels of a rendered page; 2,160 is twice a street screen, for zooming.
        page_height: pixels; longer pages are scaled down to fit.
        entries: files inside a docx.
        entry_bytes: largest unpacked file inside a docx.
        unpacked_bytes: sum of the unpacked sizes inside a docx.
        ratio: unpacked to packed size of one entry, above 1 MiB; XML packs to about 1:30.
        seconds: wall clock for everything.
        memory_bytes: address space of the decoder.
        min_free_bytes: free space that work on an upload leaves on its volume.
    """

    file_bytes: int = 100 * MIB
    pages: int = 200
    page_width: int = 2_160
    page_height: int = 8_192
    entries: int = 3_000
    entry_bytes: int = 100 * MIB
    unpacked_bytes: int = 300 * MIB
    ratio: int = 200
    seconds: int = 180
    memory_bytes: int = 1_536 * MIB
    min_free_bytes: int = 256 * MIB

    def bounds(self) -> Bounds:
        """What one sandboxed run over a document may cost."""
        return Bounds(
            seconds=self.seconds,
            memory_bytes=self.memory_bytes,
            file_bytes=60 * MIB,
            output_bytes=2_048 * MIB,
            output_files=self.pages + 1,
        )


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """Bounds on a video.

    Attributes:
        file_bytes: of the upload; four hours from a camera at 8 Mbit/s are 14 GB.
        duration_ms: the longest lecture or session; an encode takes about as long on two cores.
        least_ms: shorter ones are a click on the wrong button.
        side: pixels; 8K is the largest that any phone or camera makes.
        streams: in one file; a hostile file has thousands.
        memory_bytes: address space of the encoder; 4K HEVC with its threads reserves 3 GiB.
        min_free_bytes: free space that an encode leaves on its volume.
        slowness: an encode may take this many times the video's length.
    """

    file_bytes: int = 16_384 * MIB
    duration_ms: int = 4 * 3_600_000
    least_ms: int = 500
    side: int = 8_192
    streams: int = 64
    memory_bytes: int = 6_144 * MIB
    min_free_bytes: int = 512 * MIB
    slowness: int = 30

    def bounds(self, duration_ms: int) -> Bounds:
        """What one sandboxed run over a video of that length may cost."""
        seconds = duration_ms // 1000
        # 12 Mbit/s is twice the ladder's ceiling.
        most = 256 * MIB + seconds * 1_500_000
        return Bounds(
            seconds=120 + self.slowness * seconds,
            memory_bytes=self.memory_bytes,
            file_bytes=most,
            output_bytes=2 * most,
            output_files=20,
            min_free_bytes=self.min_free_bytes,
        )


@dataclass(frozen=True, slots=True)
class SoundLimits:
    """Bounds on a recording.

    Attributes:
        file_bytes: of the upload; three hours of 128 kbit/s are 170 MB.
        duration_ms: the longest reading.
        least_ms: shorter ones are a click on the wrong button.
        streams: in one file; a picture of the cover is one of them.
        memory_bytes: address space of the encoder.
        min_free_bytes: free space that an encode leaves on its volume.
        slowness: an encode may take the recording's length divided by this.
    """

    file_bytes: int = 200 * MIB
    duration_ms: int = 3 * 3_600_000
    least_ms: int = 500
    streams: int = 16
    memory_bytes: int = 2_048 * MIB
    min_free_bytes: int = 256 * MIB
    slowness: int = 2

    def bounds(self, duration_ms: int) -> Bounds:
        """What one sandboxed run over a recording of that length may cost."""
        seconds = duration_ms // 1000
        # 64 kbit/s are 8 kB a second.
        most = 8 * MIB + seconds * 16_000
        return Bounds(
            seconds=120 + seconds // self.slowness,
            memory_bytes=self.memory_bytes,
            file_bytes=most,
            output_bytes=2 * most,
            output_files=4,
            min_free_bytes=self.min_free_bytes,
        )
