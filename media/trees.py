"""A small XML file as nested lists, read in the sandbox: entities and depth are harmless there."""

import json
from pathlib import Path
from typing import Any, Final

from media.decoding import decode
from media.errors import MediaRefused
from media.sandbox import Bounds, Sandbox
from media.sources import Source
from media.threads import in_thread
from media.workspace import caught, private_folder

_NAME: Final = "tree.json"
_ELEMENTS: Final = 60_000
_BOUNDS: Final = Bounds(seconds=20, memory_bytes=512 << 20, file_bytes=32 << 20, output_bytes=32 << 20, output_files=1)


async def read_tree(source: Source, *, sandbox: Sandbox, work: Path, most: int) -> list[Any]:
    """The root as ``[name, attributes, text, children]``. Raises MediaRefused `media.too_large`, `media.broken`."""
    async with private_folder(work) as folder:
        given, out = folder / "upload", folder / "out"
        await caught(source, given, limit=most, reserve=0)
        await in_thread(out.mkdir)
        asked = {"format": "xml", "elements": _ELEMENTS}
        await decode("zones", asked, sandbox=sandbox, given=given, out=out, bounds=_BOUNDS)
        return await in_thread(_read, out / _NAME)


def _read(path: Path) -> list[Any]:
    if path.is_symlink() or not path.is_file():
        raise MediaRefused("media.broken", format="xml")
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise MediaRefused("media.broken", format="xml") from error
    if not isinstance(found, list):
        raise MediaRefused("media.broken", format="xml")
    return found
