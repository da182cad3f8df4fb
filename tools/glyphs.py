"""Writes `cms/review/glyphs.txt`: the characters that both faces of the street screens have.

    python tools/glyphs.py [FOLDER OF fonts-noto-cjk]

Run it when the screens get other fonts; the table is committed, so that every process knows what a screen can draw
whether or not the fonts are on its own machine.
"""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path("/usr/share/fonts/opentype/noto")
# The faces of screens/player (--sans, --serif), and their number in the collection: 2 is simplified Chinese.
FACES = (("NotoSansCJK-Regular.ttc", 2), ("NotoSerifCJK-Bold.ttc", 2))
TABLE = Path(__file__).parent.parent / "cms" / "review" / "glyphs.txt"
_WIDTH = 118


def characters(font: bytes, face: int) -> set[int]:
    """The characters a face of a collection has a glyph for (cmap formats 4 and 12)."""
    (start,) = struct.unpack_from(">I", font, 12 + 4 * face)
    (tables,) = struct.unpack_from(">H", font, start + 4)
    for number in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, start + 12 + 16 * number)
        if tag == b"cmap":
            return set(_cmap(font, offset))
    raise ValueError("no cmap")


def _cmap(font: bytes, at: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">H", font, at + 2)
    for number in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", font, at + 4 + 8 * number)
        (form,) = struct.unpack_from(">H", font, at + offset)
        if platform in {0, 3} and form == 12 and encoding != 5:
            yield from _format_12(font, at + offset)


def _format_12(font: bytes, at: int) -> Iterator[int]:
    (groups,) = struct.unpack_from(">I", font, at + 12)
    for number in range(groups):
        first, last, glyph = struct.unpack_from(">III", font, at + 16 + 12 * number)
        yield from range(first + (glyph == 0), last + 1)


def ranges(codes: set[int]) -> Iterator[str]:
    """The characters as closed ranges in hexadecimal."""
    first = last = None
    for code in [*sorted(codes), None]:
        if last is not None and code == last + 1:
            last = code
            continue
        if first is not None:
            yield f"{first:x}" if first == last else f"{first:x}-{last:x}"
        first = last = code


def table(folder: Path) -> str:
    """The text of the table."""
    both = set.intersection(*(characters((folder / name).read_bytes(), face) for name, face in FACES))
    lines, line = (
        [f"# {len(both)} characters of {' and '.join(name for name, _ in FACES)}; made by tools/glyphs.py"],
        "",
    )
    for part in ranges(both):
        if len(line) + len(part) > _WIDTH:
            lines.append(line.strip())
            line = ""
        line += f" {part}"
    return "\n".join([*lines, line.strip(), ""])


if __name__ == "__main__":
    TABLE.write_text(table(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER), "ascii")
