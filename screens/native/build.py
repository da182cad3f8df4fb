"""Compiles `writer.c` into the environment this interpreter runs in: `python -m screens.native.build`.

Called once by the installation. Without a compiler nothing is made and the gateway writes in Python, a sixth slower.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).parent / "writer.c"
# The environment belongs to whoever installed the program, as the interpreter does: nobody else can put a file there.
FOLDER: Final = Path(sys.prefix) / "lib" / "yunping"
SECONDS: Final = 60


def library() -> Path:
    """Where the compiled form of this very source is, if it is."""
    return FOLDER / f"writer-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"


def build() -> Path | None:
    """The compiled file, made if it is missing; None without a compiler or a place to put it. Blocking."""
    made = library()
    compiler = shutil.which("cc") or shutil.which("gcc")
    if made.exists() or compiler is None:
        return made if made.exists() else None
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            part = Path(folder) / made.name
            command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(part), str(SOURCE)]
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603 - our own words
            part.replace(made)
    except (OSError, subprocess.SubprocessError):
        return None
    for old in FOLDER.glob("writer-*.so"):
        if old != made:
            with contextlib.suppress(OSError):
                old.unlink()
    return made


if __name__ == "__main__":
    sys.stdout.write(f"{build() or 'no compiler: fan-out stays in Python'}{os.linesep}")
