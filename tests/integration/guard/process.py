"""Guards as processes of their own, to be killed: `python -m tests.integration.guard.process DIRECTORY`.

For each line on stdin a guard is forked off this process, which has everything imported already; its pid is told,
and its end.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from cms.guard.main import run
from tests.integration.guard.office import settings_in


def main() -> None:
    settings = settings_in(Path(sys.argv[1]))
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            # What it says goes elsewhere: a line it was killed in the middle of would swallow the word that it is gone.
            os.dup2(2, 1)
            asyncio.run(run(settings, lambda: time.time_ns() // 1_000_000, asyncio.Event()))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        os.waitpid(child, 0)
        sys.stdout.write("gone\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
