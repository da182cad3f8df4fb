"""Setting Chinese text on pictures: fonts, line breaks by the rules of the trade, and lines drawn where they belong."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import ImageDraw, ImageFont

_FOLDER: Final = Path("/usr/share/fonts/opentype/noto")
_SIMPLIFIED: Final = 2  # index in the collection; 0 would draw the Japanese forms
# No line begins with the first or ends with the second.
_CLOSING: Final = frozenset("，。、；：？！）】》〉」』〕”’…—·～％℃,.;:?!)]}%‰")
_OPENING: Final = frozenset("（【《〈「『〔“‘([{￥$#")
# A number and its unit are one word.
_WORD: Final = re.compile(
    r"[A-Za-z0-9\u00c0-\u024f]+(?:[.,:/@&'’+\-][A-Za-z0-9\u00c0-\u024f]+)*[%℃°年月日时分秒元万亿个场人次米]?|.",
    re.DOTALL,
)
ELLIPSIS: Final = "…"
# A title's last line shorter than this share of the others looks left over.
_ALONE: Final = 0.45
_PHRASE: Final = re.compile(r"[^，。；：！？、,;!?]+[，。；：！？、,;!?”’）」』》]*|[，。；：！？、,;!?]+")
_TAIL: Final = re.compile(r"[A-Za-z0-9\u00c0-\u024f.,:/@&'’+\-%℃]+$")

Measure = Callable[[str], float]


@dataclass(slots=True)
class Press:
    """The fonts of one composition; not shared between threads, as the font engine is not."""

    _fonts: dict[tuple[str, int], ImageFont.FreeTypeFont] = field(default_factory=dict)

    def font(self, size: float, *, bold: bool = False, serif: bool = False) -> ImageFont.FreeTypeFont:
        name = f"Noto{'Serif' if serif else 'Sans'}CJK-{'Bold' if bold else 'Regular'}.ttc"
        key = (name, max(1, round(size)))
        if key not in self._fonts:
            self._fonts[key] = ImageFont.truetype(str(_FOLDER / name), key[1], index=_SIMPLIFIED)
        return self._fonts[key]


def wrap(text: str, *, width: float, measure: Measure, most: int | None = None) -> list[str]:
    """Lines of at most `width`; with more than `most` of them, the last ends in an ellipsis."""
    lines: list[str] = []
    line = ""
    for unit in _units(text, width, measure):
        if line and measure(line + unit) > width:
            full, carried = _broken(line, unit)
            if measure(carried) > width:
                # So many marks that a line cannot hold them together: the width is kept and the rule is not.
                full, carried = line, unit
            lines.append(full.rstrip(" "))
            line = carried.lstrip(" ")
        else:
            line += unit
    if line.strip():
        lines.append(line.rstrip(" "))
    if most is None or len(lines) <= most:
        return lines
    return [*lines[: most - 1], shortened(lines[most - 1], width=width, measure=measure)] if most > 0 else []


def phrased(text: str, *, width: float, measure: Measure) -> Iterator[str]:
    """Lines that end where a speaker breathes, as far as the width lets them."""
    line = ""
    for phrase in _PHRASE.findall(text):
        if measure(line + phrase) <= width:
            line += phrase
        elif measure(phrase) <= width:
            yield line
            line = phrase
        else:
            *full, line = wrap(line + phrase, width=width, measure=measure)
            yield from full
    if line.strip():
        yield line


def titled(text: str, *, width: float, measure: Measure, most: int) -> list[str]:
    """A title's lines: parted where it breathes when that takes no more of them, and without a last word alone."""
    lines = wrap(text, width=width, measure=measure)
    if len(lines) > most:
        return wrap(text, width=width, measure=measure, most=most)
    breathing = list(phrased(text, width=width, measure=measure))
    if len(breathing) <= len(lines) and breathing != lines:
        return breathing
    narrow = width
    while len(lines) > 1 and measure(lines[-1]) < narrow * _ALONE:
        narrow *= 0.95
        tried = wrap(text, width=narrow, measure=measure)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def shortened(line: str, *, width: float, measure: Measure) -> str:
    """The line with an ellipsis that says that more would follow."""
    line = line.rstrip("".join(_CLOSING))
    while line and measure(line + ELLIPSIS) > width:
        line = line[:-1]
    return line + ELLIPSIS


def draw_lines(
    draw: ImageDraw.ImageDraw,
    lines: list[str],
    at: tuple[float, float],
    *,
    font: ImageFont.FreeTypeFont,
    step: float,
    fill: str,
    anchor: str = "ls",
) -> float:
    """Draws lines on baselines `step` apart below `at`; gives the y under the last one."""
    x, y = at
    for line in lines:
        draw.text((x, y + step * 0.76), line, font=font, fill=fill, anchor=anchor)
        y += step
    return y


def drawable(text: str) -> str:
    """One run of text, without what no font draws and what turns the direction of writing.

    Line breaks become spaces: the layout engine refuses to measure across one, and a column's name may hold one.
    """
    run = " ".join(text.splitlines())
    return "".join(ch for ch in run if unicodedata.category(ch) not in {"Cc", "Cf", "Cs", "Co"} or ch == "\t")


def _units(text: str, width: float, measure: Measure) -> list[str]:
    """What stays together: a Latin word or number, else one character; a word longer than a line is split."""
    units: list[str] = []
    for word in _WORD.findall(" ".join(text.splitlines())):
        if len(word) > 1 and measure(word) > width:
            units.extend(word)
        elif unicodedata.category(word[0])[0] == "M" and units:
            units[-1] += word
        else:
            units.append(word)
    return units


def _broken(line: str, unit: str) -> tuple[str, str]:
    """A full line and what begins the next one: punctuation stays where the rules want it."""
    carried = unit
    if unit[0] in _CLOSING:
        # One mark hangs over no edge: the character before it comes along.
        while len(line) > 1 and (carried[0] in _CLOSING or line[-1] in _OPENING):
            carried, line = _taken(carried, line)
    while len(line) > 1 and line[-1] in _OPENING:
        carried, line = line[-1] + carried, line[:-1]
    return line, carried


def _taken(carried: str, line: str) -> tuple[str, str]:
    """What comes along from the end of a line: a number or a Latin word whole, unless the line is nothing else."""
    found = _TAIL.search(line)
    at = found.start() if found and found.start() > 0 else len(line) - 1
    return line[at:] + carried, line[:at]
