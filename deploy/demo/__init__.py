"""The demo world: a district with people, pieces and screens, made on the spot; nothing of it is fetched."""

import functools
import tomllib
from pathlib import Path
from typing import Any


@functools.cache
def world() -> dict[str, Any]:
    """The district as `world.toml` describes it (blocking the first time)."""
    return tomllib.loads((Path(__file__).parent / "world.toml").read_text("utf-8"))
