"""Rare characters: what the fonts of the street screens cannot draw, looked up in a table made from those fonts.

`glyphs.txt` is written by `tools/glyphs.py` from the two faces of Debian's fonts-noto-cjk that the player asks for; a
character that is in one of them only counts as missing.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from cms.review.findings import Finding
from cms.review.passages import Passage

TABLE: Final = Path(__file__).with_name("glyphs.txt")
# Never drawn by themselves: line ends, joiners, variation selectors.
_UNSEEN: Final = frozenset({*range(0x20), 0x200C, 0x200D, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})


def ranges_of(table: str) -> Iterator[tuple[int, int]]:
    """The closed ranges of a table: hexadecimal numbers, one or two joined by a dash, lines with # are comments."""
    for line in table.splitlines():
        if not line.startswith("#"):
            for part in line.split():
                first, _, last = part.partition("-")
                yield int(first, 16), int(last or first, 16)


@cache
def _missing() -> re.Pattern[str]:
    """Finds what is in no range (blocking at its first use: reads the table)."""
    drawn = (*ranges_of(TABLE.read_text("ascii")), *((code, code) for code in _UNSEEN))
    return re.compile("[^" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in drawn) + "]")


def read_table() -> None:
    """Reads the table now (blocking), so that no page waits for it."""
    _missing()


def undrawable(text: str) -> list[tuple[int, str]]:
    """The characters no font of the screens has, with their places."""
    return [(hit.start(), hit[0]) for hit in _missing().finditer(text)]


def find_glyphs(texts: Sequence[Passage]) -> Iterator[Finding]:
    """One finding a text, naming its characters."""
    for passage in texts:
        found = undrawable(passage.text)
        if found:
            chars = "".join(dict.fromkeys(ch for _, ch in found))[:20]
            codes = " ".join(f"U+{ord(ch):04X}" for ch in chars[:5])
            place = found[0][0]
            params = {"chars": chars, "codes": codes}
            yield Finding("reason", "glyph_missing", passage.field, passage.block, params, place, place + 1)
