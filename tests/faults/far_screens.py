"""Simulated screens in a process of their own, as in another network: ``python -m tests.faults.far_screens``.

Prints a line `[seconds, "live" | "gone", screen]` for each change, and before a "live" when that screen had meant to
dial (`"due"`); the seconds are of the machine's monotonic clock.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from cms.trust.keys import SigningKey
from screens.simulator import Fleet, SimulatedScreen


async def main(url: str, lines: list[str]) -> None:
    rows = [line.split() for line in lines]
    screens = [SimulatedScreen(url, key=SigningKey(bytes.fromhex(seed)), screen=one) for one, seed in rows]
    was = [False] * len(screens)
    async with Fleet(screens):
        while True:
            for place, screen in enumerate(screens):
                if screen.is_live.is_set() != was[place]:
                    was[place] = screen.is_live.is_set()
                    if was[place]:
                        print(json.dumps([screen.due, "due", place]), flush=True)  # noqa: T201
                    print(json.dumps([time.monotonic(), "live" if was[place] else "gone", place]), flush=True)  # noqa: T201
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]).read_text("utf-8").split("\n")))
