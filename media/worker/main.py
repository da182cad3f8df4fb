"""Entry point inside the sandbox: one request in argv, one JSON answer on stdout, files in a folder.

The caller trusts nothing it answers: sizes and formats are read again from the files.
"""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from media.errors import MediaRefused

Answer = dict[str, Any]

# Imported by name: a docx check must not pay for loading Pillow, nor a picture for pdfium.
_OPERATIONS: Final = {
    "picture": "media.worker.picture",
    "renditions": "media.worker.renditions",
    "pdf": "media.worker.pdf",
    "paper": "media.worker.paper",
    "docx": "media.worker.docx",
    "article": "media.worker.article",
    "feed": "media.worker.feed",
    "sheet": "media.worker.sheet",
    "zones": "media.worker.zones",
}


def main(request: str, given: str, out: str) -> None:
    """Run one request `{op, …}` on a file and write the answer."""
    asked = json.loads(request)
    try:
        module = importlib.import_module(_OPERATIONS[asked["op"]])
        run: Callable[[Path, Path, Answer], Answer] = module.run
        answer = run(Path(given), Path(out), asked)
    except MediaRefused as refusal:
        answer = {"refused": refusal.code, "params": refusal.params}
    except MemoryError:
        answer = {"refused": "media.too_costly", "params": {}}
    except Exception as error:  # noqa: BLE001 - a process edge: decoders raise anything at all
        sys.stderr.write(f"{type(error).__name__}: {error}\n"[:2_000])
        answer = {"refused": "media.broken", "params": {"format": str(asked.get("format", ""))}}
    sys.stdout.write(json.dumps(answer))
