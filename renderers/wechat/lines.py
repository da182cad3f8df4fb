"""Breaking Chinese lines for drawn text: no line begins with closing punctuation or ends with opening one.

Pure: the width of a text is a function that is handed in, so that the rules are tested without a font.
"""

import re
from collections.abc import Callable
from typing import Final

from renderers.wechat.graphemes import ELLIPSIS, clusters

_NOT_FIRST: Final = frozenset("，。、；：？！…—～·）】》〉」』〕］｝”’,.;:?!)]}%‰℃°")
_NOT_LAST: Final = frozenset("（【《〈「『〔［｛“‘([{$￥¥#＃")
# Dates, numbers and Latin words stay whole; everything else may break between any two characters.
_DATE: Final = r"(?:\d{1,4}[年月日号时分点])+(?:\d{1,2})?"
_WORD: Final = r"[A-Za-z0-9À-ɏ]+(?:[.,:/%+\-'’][A-Za-z0-9À-ɏ]+)*[%‰℃°]?|\s+|."
_WHOLE: Final = re.compile(f"{_DATE}|{_WORD}", re.DOTALL)
_PARTS: Final = re.compile(_WORD, re.DOTALL)
# Lines are made more alike in steps of this share of the room, down to half of it.
_STEP: Final = 0.04

Width = Callable[[str], float]


def wrap(text: str, *, room: float, width: Width, most: int) -> list[str]:
    """The text in at most `most` lines no wider than `room`; an ellipsis ends the last one when it did not fit."""
    lines: list[str] = []
    line = ""
    for unit in _units(text, room=room, width=width):
        if line and width((line + unit).rstrip()) > room:
            lines.append(line.rstrip())
            line = unit.lstrip()
        else:
            line += unit
    lines += [line.rstrip()] if line.strip() else []
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], _ended(lines[most - 1], room=room, width=width)]


def balanced(text: str, *, room: float, width: Width, most: int) -> list[str]:
    """As `wrap`, with lines as alike in length as can be: a last line of one character looks like a mistake."""
    lines = wrap(text, room=room, width=width, most=most)
    narrower = room
    while len(lines) > 1 and narrower > room / 2:
        narrower -= room * _STEP
        tried = wrap(text, room=narrower, width=width, most=most + 1)
        if len(tried) != len(lines) or any(width(line) > narrower for line in tried):
            break
        lines = tried
    return lines


def _units(text: str, *, room: float, width: Width) -> list[str]:
    """What must stay together: words, and characters with the punctuation that clings to them."""
    units: list[str] = []
    clings = False
    for token in _tokens(text):
        if units and (clings or token[0] in _NOT_FIRST) and width((units[-1] + token).rstrip()) <= room:
            units[-1] += token
        elif width(token) > room:
            parts = _PARTS.findall(token)
            units += parts if len(parts) > 1 and max(map(width, parts)) <= room else clusters(token)
        else:
            units.append(token)
        clings = token[-1] in _NOT_LAST
    return units


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    for part in re.split(r"(\s+)", text.strip()):
        if part.isspace():
            found.append(" ")
            continue
        rest = ""
        for cluster in clusters(part):
            if len(cluster) > 1:
                found += [*_WHOLE.findall(rest), cluster]
                rest = ""
            else:
                rest += cluster
        found += _WHOLE.findall(rest)
    return found


def _ended(line: str, *, room: float, width: Width) -> str:
    kept = list(clusters(line))
    while kept and width("".join(kept) + ELLIPSIS) > room:
        kept.pop()
    return "".join(kept).rstrip(" ，。、；：") + ELLIPSIS
