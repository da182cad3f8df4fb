"""Subtitles burned into an upright film: cues moved to where their stretch is shown, broken by our rules, as ASS.

The library's own line breaking knows nothing of Chinese punctuation, so that each line comes broken and none is broken
again; what could be a command of the format becomes its full-width look-alike.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from media.marks import Stretch
from media.subtitles import Cue
from renderers.douyin.lettering import Measure, Press, drawable, phrased

LINES: Final = 2
_WIDTH: Final = 720  # all measures below are for this width and scale with it
_SIZE: Final = 38
_INNER: Final = 644
_ABOVE: Final = 16
_LOOKS: Final = str.maketrans({"{": "｛", "}": "｝", "\\": "＼"})
# Nobody reads in less; a cue that a cut leaves only this much of is not shown.
_SHORTEST: Final = 300
_HEAD: Final = """\
[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BackColour, Bold, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: words,Noto Sans CJK SC,{size},&H00FFFFFF,&H00140404,&H80000000,1,1,{outline},0,2,0,0,{below},1

[Events]
Format: Layer, Start, End, Style, Text
"""


def moved(cues: Iterable[Cue], stretches: Sequence[Stretch]) -> list[Cue]:
    """The cues of a film where they stand in what is cut out of it."""
    found: list[Cue] = []
    cues, passed = list(cues), 0
    for start, end in stretches:
        for cue in cues:
            begins, ends = max(cue.start, start), min(cue.end, end)
            if ends - begins >= _SHORTEST:
                found.append(Cue(passed + begins - start, passed + ends - start, cue.text))
        passed += end - start
    return found


def portioned(cue: Cue, *, width: float, measure: Measure) -> Iterator[Cue]:
    """A cue of more lines than fit as several, one after another, each for its share of the time."""
    lines = [line for said in cue.text.split("\n") for line in phrased(drawable(said), width=width, measure=measure)]
    parts = [lines[at : at + LINES] for at in range(0, len(lines), LINES)]
    letters = sum(len(line) for line in lines)
    begins, said = cue.start, 0
    for part in parts:
        said += sum(len(line) for line in part)
        ends = cue.start + (cue.end - cue.start) * said // max(1, letters)
        yield Cue(begins, ends, "\n".join(part))
        begins = ends


def script(cues: Iterable[Cue], *, width: int, height: int) -> str:
    """The cues as ASS, standing on the lower edge of the picture in the middle of an upright film."""
    unit = width / _WIDTH
    measure = Press().font(_SIZE * unit, bold=True).getlength
    foot = (height + width * 9 // 16) // 2
    head = _HEAD.format(
        width=width,
        height=height,
        size=round(_SIZE * unit * 1.45),  # the format counts a font's line, not its square
        outline=max(1, round(3 * unit)),
        below=round(height - foot + _ABOVE * unit),
    )
    shown = [one for cue in cues for one in portioned(cue, width=_INNER * unit, measure=measure)]
    return head + "".join(
        f"Dialogue: 0,{_clock(one.start)},{_clock(one.end)},words,{_said(one.text)}\n" for one in shown
    )


def _said(text: str) -> str:
    return "\\N".join(text.translate(_LOOKS).split("\n"))


def _clock(ms: int) -> str:
    """``0:01:02.45``: hundredths are all the format has."""
    seconds, part = divmod(round(ms / 10), 100)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}.{part:02}"
