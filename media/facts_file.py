"""What an examination of a video found, as a file beside it: the next who needs it does not read it to its end again.

Pure. It counts for the very bytes it was found in, which a hash names; `seen` is told by whoever has them as a file.
"""

import json
from dataclasses import asdict, fields
from typing import Any, Final

from media import kinds
from media.stable import Look
from media.video import DEMUXERS, Sound, Text, VideoFacts

# Raised whenever an examination refuses or finds something else than before: what is older is not believed.
EDITION: Final = 1
MEDIA_TYPE: Final = "application/json"
_FORMS: Final = {one.name: one for one in vars(kinds).values() if isinstance(one, kinds.Format)}


def write_facts(facts: VideoFacts) -> bytes:
    """The file."""
    told = {**asdict(facts), "form": facts.form.name, "edition": EDITION}
    del told["seen"]
    return json.dumps(told, sort_keys=True).encode()


def read_facts(data: bytes, seen: Look) -> VideoFacts | None:
    """What it says of the file that was seen; None when it is of another edition."""
    told: dict[str, Any] = json.loads(data)
    if told.pop("edition", None) != EDITION or set(told) != {one.name for one in fields(VideoFacts)} - {"seen"}:
        return None
    if told["form"] not in DEMUXERS:
        return None
    told["form"] = _FORMS[told["form"]]
    told["sound"] = None if told["sound"] is None else Sound(**told["sound"])
    told["texts"] = tuple(Text(**one) for one in told["texts"])
    told["chapters"] = tuple((at, title) for at, title in told["chapters"])
    told["missing"] = tuple((begin, end) for begin, end in told["missing"])
    return VideoFacts(**told, seen=seen)
