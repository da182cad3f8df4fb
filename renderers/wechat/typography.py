"""Chinese punctuation as the standard wants it (GB/T 15834, GB/T 15835), for text that was typed or pasted otherwise.

Pure. Only marks and full-width letters are touched, never a word, a number, an address or the spacing that its author
chose: what people signed must still be what they wrote.

| typed | set |
|---|---|
| `,` `;` `:` `?` `!` after a Chinese character, or from a number to one | the full-width mark, no blank after it |
| `.` after a Chinese character at the end or before another | `。` |
| `...` `。。。` `…` after a Chinese character | `……` |
| `--` between Chinese characters | `——` |
| `(…)` around Chinese | `（…）` |
| `"…"` around Chinese, when all of a paragraph have their partner | `“…”` |
| `１２Ａ` | `12A` |
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

_HAN: Final = "\u3400-\u9fff\uf900-\ufaff"
# Also after a straight partner that closes Chinese and will itself be set.
_AFTER: Final = f'(?:(?<=[{_HAN}）》”』」])|(?<=[{_HAN}][")]))'
_FULL: Final = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_MARKS: Final = re.compile(
    r"(?P<kept>https?://[^\s\u2e80-\uffff]+|(?<![\w.+-])[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
    rf"|{_AFTER}(?P<mark>[,;:?!])[ ]*"
    rf"|(?<=[0-9A-Za-z%])(?P<mid>[,;?!])[ ]*(?=[{_HAN}])"
    rf"|{_AFTER}(?P<dots>\.{{3,}}|。{{3,}}|(?<!…)…(?!…))"
    rf"|{_AFTER}(?P<dash>-{{2,}})(?=[{_HAN}])"
    rf"|{_AFTER}(?P<stop>\.)(?=$|[\n{_HAN}“（])"
    "|(?P<wide>[０-９Ａ-Ｚａ-ｚ]+)"
    r"|(?<=[，。；：？！、])(?P<blank>[ ]+)(?=\S)",
)
_PAIRS: Final = re.compile(rf"\([^()\n]*[{_HAN}][^()\n]*\)")
_QUOTED: Final = re.compile(rf'"[^"\n]*[{_HAN}][^"\n]*"')
_SUSPECT: Final = re.compile(r'[,;:?!."(…０-９Ａ-Ｚａ-ｚ-]|。。。|[，。；：？！、] ')
_WIDE: Final = 0xFEE0

Edit = tuple[int, int, str]


def tidy(text: str) -> tuple[str, int]:
    """A line of plain text as it is set, and how many places were changed."""
    found = _edits(text)
    if not found:
        return text, 0
    parts, at = [], 0
    for start, end, put in found:
        parts += [text[at:start], put]
        at = end
    return "".join([*parts, text[at:]]), len(found)


def tidy_runs(runs: Sequence[Mapping[str, Any]]) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The same over the runs of a paragraph: what stands at their seams is seen whole."""
    text = "".join(run["t"] for run in runs)
    found = _edits(text)
    if not found:
        return runs, 0
    ends = list(accumulate(len(run["t"]) for run in runs))
    pieces: list[list[str]] = [[] for _ in runs]
    at = 0
    for start, end, put in found:
        _copy(text, at, start, ends, pieces)
        pieces[bisect_right(ends, start)].append(put)
        at = end
    _copy(text, at, len(text), ends, pieces)
    return [{**run, "t": "".join(piece)} for run, piece in zip(runs, pieces, strict=True)], len(found)


def _copy(text: str, start: int, end: int, ends: Sequence[int], pieces: Sequence[list[str]]) -> None:
    """Hands a stretch that stays to the runs it belongs to."""
    while start < end:
        run = bisect_right(ends, start)
        to = min(end, ends[run])
        pieces[run].append(text[start:to])
        start = to


def _edits(text: str) -> list[Edit]:
    """What is changed, in order and without overlaps."""
    if not _SUSPECT.search(text):
        return []
    found: dict[int, Edit] = {}
    kept: list[tuple[int, int]] = []
    for match in _MARKS.finditer(text):
        name = match.lastgroup or "kept"
        if name == "kept":
            kept.append(match.span())
            continue
        put = _PUT[name](match[name])
        if put != match[0]:
            found[match.start()] = (match.start(), match.end(), put)
    for start, end, put in _partners(text):
        if not any(low <= start < high for low, high in kept):
            found.setdefault(start, (start, end, put))
    return list(_apart(found))


def _apart(found: Mapping[int, Edit]) -> Iterator[Edit]:
    last = 0
    for start in sorted(found):
        if start >= last:
            yield found[start]
            last = found[start][1]


def _partners(text: str) -> Iterator[Edit]:
    for match in _PAIRS.finditer(text):
        yield match.start(), match.start() + 1, "（"
        yield match.end() - 1, match.end(), "）"
    if text.count('"') % 2 == 0:
        for match in _QUOTED.finditer(text):
            yield match.start(), match.start() + 1, "“"
            yield match.end() - 1, match.end(), "”"


_PUT: Final[Mapping[str, Callable[[str], str]]] = {
    "mark": _FULL.__getitem__,
    "mid": _FULL.__getitem__,
    "dots": lambda _: "……",
    "dash": lambda _: "——",
    "stop": lambda _: "。",
    "wide": lambda text: "".join(chr(ord(one) - _WIDE) for one in text),
    "blank": lambda _: "",
}
