"""Writes the golden messages of SP/2: ``python -m tests.vectors.sp2.generate``. Run it only when the format changes.

What SP/1 says, said in the newer version, and what is new; the texts of SP/1 never change.
"""

import json
from pathlib import Path

from cms.trust.keys import sha256
from screens.messages import FromScreen, FromServer, Remembered, Roots, Tick, Tock, encode
from tests.vectors.sp1 import generate as first
from tests.vectors.world import by, recalls, root

HERE = Path(__file__).parent
PROTOCOL = 2


def new_of_server() -> dict[str, FromServer]:
    return {
        "roots": Roots((by(root(2), "root"), by(root(3), "root"))),
        "tock": Tock(81_250_400, 1_795_000_000_123_456, 1_795_000_000_123_501),
    }


def new_of_screen() -> dict[str, FromScreen]:
    return {"remembered": Remembered(by(recalls(3, sha256(b"gone")), "guard")), "tick": Tick(81_250_400)}


def good() -> dict[str, dict[str, str]]:
    """Name → who says it, and its text."""
    return (
        first.good(PROTOCOL)
        | {name: {"from": "server", "text": encode(message)} for name, message in new_of_server().items()}
        | {name: {"from": "screen", "text": encode(message)} for name, message in new_of_screen().items()}
    )


def files() -> dict[str, str]:
    made = {"messages.json": {"good": good(), "bad": first.bad(PROTOCOL)}, "proofs.json": first.proofs(PROTOCOL)}
    return {name: json.dumps(value, ensure_ascii=False, indent=1) + "\n" for name, value in made.items()}


if __name__ == "__main__":
    for file, text in files().items():
        (HERE / file).write_text(text, encoding="utf-8")
