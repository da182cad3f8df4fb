"""The encoders of pictures: the house's own, and those of graphics cards, as a table of arguments; pure.

A card's encoder is an option for speed, never another format: what it makes passes the house's gate (`media.gate`), to
the byte of its init segment, or is not used. Its processor time is saved for pages; its pictures are its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from media.runner import FFMPEG

_GOP: Final = 48  # two key pictures a segment, as the house's own


@dataclass(frozen=True, slots=True)
class Encoder:
    """One way to encode pictures.

    Attributes:
        name: as ffmpeg's; also the setting's value.
        options: of every output.
        filters: names and arguments that bring a picture to the card.
        begin: global arguments that open the card.
        devices: what of `/dev` it needs; the first must be there.
        whole_levels: whether a level is told as `40` and not as `4.0`.
        program: the ffmpeg that has it.
    """

    name: str
    options: Mapping[str, Any]
    filters: Sequence[tuple[str, ...]] = ()
    begin: Sequence[str] = ()
    devices: Sequence[str] = ()
    whole_levels: bool = False
    program: str = field(default=FFMPEG)

    def rung(self, *, maxrate: int, bufsize: int, level: str) -> dict[str, Any]:
        """The options of one size."""
        told = f"{float(level) * 10:.0f}" if self.whole_levels else level
        return {**self.options, "maxrate": f"{maxrate}k", "bufsize": f"{bufsize}k", "level": told}


_RENDER: Final = "/dev/dri/renderD128"
_NVIDIA: Final = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools")
_ON_CARD: Final = (("format", "nv12"), ("hwupload",))
_COMMON: Final = {"profile:v": "high", "g": _GOP, "bf": 2}

HARDWARE: Final[Mapping[str, Encoder]] = {
    one.name: one
    for one in (
        Encoder(
            "h264_vaapi",
            {"c:v": "h264_vaapi", **_COMMON, "rc_mode": "QVBR", "global_quality": 23, "idr_interval": 0, "sei": 0},
            filters=_ON_CARD,
            begin=("-vaapi_device", _RENDER),
            devices=(_RENDER,),
            whole_levels=True,
        ),
        Encoder(
            "h264_qsv",
            {"c:v": "h264_qsv", **_COMMON, "preset": "fast", "global_quality": 23, "idr_interval": 0, "forced_idr": 1}
            | {"adaptive_i": 0, "adaptive_b": 0, "look_ahead": 0},
            filters=(("format", "nv12"),),
            begin=("-init_hw_device", f"qsv=card,child_device={_RENDER}"),
            devices=(_RENDER,),
            whole_levels=True,
        ),
        Encoder(
            "h264_nvenc",
            {"c:v": "h264_nvenc", **_COMMON, "preset": "p5", "rc": "vbr", "cq": 23, "b:v": 0, "pix_fmt": "yuv420p"}
            | {"no-scenecut": 1, "forced-idr": 1, "strict_gop": 1, "b_ref_mode": "disabled"},
            devices=_NVIDIA,
        ),
        Encoder(
            "h264_v4l2m2m",
            {"c:v": "h264_v4l2m2m", **_COMMON, "num_capture_buffers": 64, "pix_fmt": "yuv420p"},
            devices=("/dev/video11", "/dev/video10", "/dev/video12"),
        ),
    )
}
