"""Reads a QR code as a telephone would, so that what stands on the glass is known to lead where it says (ISO 18004).

For codes that were drawn and not photographed: versions 1 to 10 at level M, bytes only, no error to correct.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

Matrix: TypeAlias = list[list[int]]

# By version: places of the alignment patterns, and the lengths of the data blocks at level M.
ALIGNED: Final = {
    1: (), 2: (6, 18), 3: (6, 22), 4: (6, 26), 5: (6, 30), 6: (6, 34), 7: (6, 22, 38), 8: (6, 24, 42), 9: (6, 26, 46),
    10: (6, 28, 50),
}  # fmt: skip
BLOCKS: Final = {
    1: (16,), 2: (28,), 3: (44,), 4: (32,) * 2, 5: (43,) * 2, 6: (27,) * 4, 7: (31,) * 4, 8: (38, 38, 39, 39),
    9: (36, 36, 36, 37, 37), 10: (43, 43, 43, 43, 44),
}  # fmt: skip
FORMAT_MASK: Final = 0b101010000010010
LEVEL_M: Final = 0b00
BYTES: Final = 0b0100
MASKS: Final[tuple[Callable[[int, int], int], ...]] = (
    lambda y, x: (y + x) % 2, lambda y, x: y % 2, lambda y, x: x % 3, lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2, lambda y, x: y * x % 2 + y * x % 3, lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
)  # fmt: skip


def read(path: str) -> str:
    """The text of a code drawn as an SVG path of unit squares with a border of one. Raises ValueError for another."""
    squares = [(int(x) - 1, int(y) - 1) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path)]
    size = max(max(square) for square in squares) + 1
    matrix = [[0] * size for _ in range(size)]
    for x, y in squares:
        matrix[y][x] = 1
    return _text(_data(matrix, (size - 17) // 4), (size - 17) // 4)


def _data(matrix: Matrix, version: int) -> list[int]:
    """The data words, out of their blocks."""
    words = list(_words(matrix, version))
    blocks: list[list[int]] = [[] for _ in BLOCKS[version]]
    taken = iter(words)
    for place in range(max(BLOCKS[version])):
        for block, length in zip(blocks, BLOCKS[version], strict=True):
            if place < length:
                block.append(next(taken))
    return [word for block in blocks for word in block]


def _words(matrix: Matrix, version: int) -> Iterator[int]:
    size = len(matrix)
    near = [(8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [(y, 8) for y in (7, 5, 4, 3, 2, 1, 0)]
    form = int("".join(str(matrix[y][x]) for y, x in near), 2) ^ FORMAT_MASK
    if form >> 13 != LEVEL_M:
        raise ValueError("level")
    masked, word, count = MASKS[form >> 10 & 0b111], 0, 0
    for turn, right in enumerate([*range(size - 1, 6, -2), *range(5, 0, -2)]):
        for y in range(size - 1, -1, -1) if turn % 2 == 0 else range(size):
            for x in (right, right - 1):
                if _is_fixed(y, x, size, version):
                    continue
                word, count = word << 1 | matrix[y][x] ^ (masked(y, x) == 0), count + 1
                if count == 8:
                    yield word
                    word, count = 0, 0


def _is_fixed(y: int, x: int, size: int, version: int) -> bool:
    """Whether a square belongs to the form of the code and not to what it says."""
    if 6 in {x, y} or (y < 9 and (x < 9 or x >= size - 8)) or (y >= size - 8 and x < 9):
        return True
    if version >= 7 and ((y < 6 and x >= size - 11) or (x < 6 and y >= size - 11)):
        return True
    places = ALIGNED[version]
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    return any(
        abs(y - row) <= 2 and abs(x - column) <= 2
        for row in places
        for column in places
        if (row, column) not in corners
    )


def _text(words: list[int], version: int) -> str:
    bits = "".join(f"{word:08b}" for word in words)
    if int(bits[:4], 2) != BYTES:
        raise ValueError("mode")
    width = 8 if version < 10 else 16
    length = int(bits[4 : 4 + width], 2)
    start = 4 + width
    return bytes(int(bits[start + 8 * n : start + 8 * n + 8], 2) for n in range(length)).decode()
