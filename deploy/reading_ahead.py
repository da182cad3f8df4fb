"""What is read once a house stands: whoever asks first would hold up all others for it."""

import asyncio
from typing import Final

from cms.kernel.text import read_dictionary
from media.threads import in_thread

_AFTER: Final = 5.0  # seconds: at its start every role of the house has a use for the cores


async def read_ahead() -> None:
    """Ends when everything is read."""
    await asyncio.sleep(_AFTER)
    await in_thread(read_dictionary)
