"""Stretches of a video that a channel shows alone, against the video itself: before anybody signs them. Pure."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from cms.content.draft import Draft
from cms.content.overrides import on_channel
from cms.review.findings import Finding
from cms.review.release import Picture
from media.marks import read_marks


def find_cuts(draft: Draft, channel: str, pictures: Mapping[uuid.UUID, Picture]) -> Iterator[Finding]:
    """Marks with no video to cut, and marks behind its end; each names its channel as `only`."""
    marks = str(draft.overrides[channel].get("cuts") or "")
    if not marks:
        return
    params: dict[str, Any] = {"only": channel}
    blocks = on_channel(draft, channel).body["blocks"]
    block = next((one for one in blocks if one["type"] == "video"), None)
    if block is None:
        yield Finding("must", "cuts_no_video", field="body", params=params)
        return
    film = pictures.get(uuid.UUID(block["asset"]))
    length = film.duration_ms if film is not None else None
    late = max(end for _, end in read_marks(marks))
    if length is not None and late > length + 999:  # people write whole seconds
        said = f"{length // 60_000}:{length // 1000 % 60:02}"
        yield Finding("must", "cuts_beyond", field="body", block=block["id"], params={**params, "most": said})
