"""The demo world: a district with people, pieces and screens, made on the spot; nothing of it is fetched."""

import functools
import tomllib
from pathlib import Path
from typing import Any, Final

from deploy.settings import Settings

FIRST_PORT: Final = 8790
COUNT: Final = 3


@functools.cache
def world() -> dict[str, Any]:
    """The district as `world.toml` describes it (blocking the first time)."""
    return tomllib.loads((Path(__file__).parent / "world.toml").read_text("utf-8"))


def keeper_file(settings: Settings) -> Path:
    """Where the demo keeps the password of its administrator; its presence marks a demo installation."""
    return settings.data / "demo-keeper.json"


def addresses() -> tuple[str, ...]:
    """Where the demo's screens open in a browser."""
    return tuple(f"http://127.0.0.1:{FIRST_PORT + number}" for number in range(COUNT))
