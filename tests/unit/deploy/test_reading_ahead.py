"""That nobody is the first to wait for a dictionary."""

import subprocess
import sys

_ASKED = """
import asyncio, sys
from deploy import reading_ahead
assert "pypinyin" not in sys.modules
reading_ahead._AFTER = 0
asyncio.run(reading_ahead.read_ahead())
assert "pypinyin" in sys.modules
"""


def test_dictionary_is_read_by_nobody_at_the_start_and_there_soon_after() -> None:
    subprocess.run([sys.executable, "-c", _ASKED], check=True, timeout=60)
