"""A table an office sends, read in the sandbox: rows of text with their numbers as the spreadsheet shows them."""

from pathlib import Path
from typing import Final

from media.decoding import decode
from media.errors import MediaRefused
from media.feeds import written
from media.limits import MIB
from media.sandbox import Bounds, Sandbox
from media.sources import Source
from media.threads import in_thread
from media.workspace import caught, private_folder

ROWS: Final = 200
"""Of one table: they become drafts in one transaction, which holds the only writer of an embedded database."""
COLUMNS: Final = 40
SHEET_BYTES: Final = 16 * MIB
_NAME: Final = "sheet.json"
_OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOUNDS: Final = Bounds(seconds=60, memory_bytes=768 * MIB, file_bytes=64 * MIB, output_bytes=64 * MIB, output_files=2)
Row = tuple[int, list[str]]


async def read_sheet(source: Source, *, sandbox: Sandbox, work: Path) -> list[Row]:
    """The first sheet of an .xlsx, or a .csv; empty rows are left out.

    Raises:
        MediaRefused: `media.sheet_old`, `media.sheet_kind`, `media.sheet_too_large`, `media.broken`, `media.zip_bomb`,
            `media.locked_document`, `media.too_large`, `media.empty`.
    """
    async with private_folder(work) as folder:
        given, out = folder / "sheet", folder / "out"
        await caught(source, given, limit=SHEET_BYTES, reserve=0)
        form = await in_thread(_form, given)
        await in_thread(out.mkdir)
        asked = {"format": form, "rows": ROWS, "columns": COLUMNS, "entries": 2_000, "unpacked_bytes": 200 * MIB}
        await decode("sheet", asked, sandbox=sandbox, given=given, out=out, bounds=_BOUNDS)
        found = await in_thread(written, out / _NAME, form)
    return [(int(number), [str(cell) for cell in cells]) for number, cells in found["rows"]]


def _form(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise MediaRefused("media.empty")
    if head.startswith(_OLD):
        raise MediaRefused("media.sheet_old")
    return "xlsx" if head.startswith(b"PK\x03\x04") else "csv"
