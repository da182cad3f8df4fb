"""A release as the piece a renderer draws, before anybody signed it: for forms and previews. Pure."""

import datetime as dt
from typing import Any

from cms.contract import AssetFile, Byline, Piece
from cms.kernel.clock import from_ms
from cms.trust.release import Release


def piece_of(release: Release, *, column_name: str = "") -> Piece:
    """The piece, with the first allowed instant as its date and without a bundle: nobody approved it yet."""
    content: dict[str, Any] = dict(release.content)
    allowed, byline = release.envelope, content["byline"]
    return Piece(
        document=release.document,
        edition=release.edition,
        release="",
        bundle="",
        bundle_size=0,
        kind=release.class_,
        column=content["column"] or "",
        column_name=column_name or content["column"] or "",
        language=release.language,
        title=content["title"],
        subtitle=content["subtitle"],
        summary=content["summary"],
        pinyin=content["pinyin"],
        byline=Byline(
            byline["source"], byline["reporter"], byline["editor"], byline["sponsor"], from_ms(byline["date"])
        ),
        cover=content["cover"],
        body=content["body"],
        assets=tuple(
            AssetFile(a.sha256, a.size, a.media_type, a.width or 0, a.height or 0, a.of, a.rendition)
            for a in release.assets
        ),
        units=allowed.units,
        channels=allowed.channels,
        not_before=from_ms(allowed.not_before),
        not_after=None if allowed.not_after is None else from_ms(allowed.not_after),
        offline=None if allowed.offline is None else dt.timedelta(milliseconds=allowed.offline),
        published_at=from_ms(allowed.not_before),
        durations=content.get("durations", {}),
        chapters=content.get("chapters", {}),
        overrides=content.get("overrides", {}),
        narration=content.get("narration"),
    )
