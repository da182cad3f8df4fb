"""Street screens: line-ups as signed manifests; the player draws from the release with its own templates."""

from cms.contract import Channel
from renderers.screen.forms import FORMS, PAGE_RENDITIONS, RENDITIONS, VIDEO_RENDITIONS, form
from renderers.screen.render import ScreenDisplay

# Longer than the street shows without a smaller type.
TITLE = 36


def channel() -> Channel:
    """The entry point of the channel ``screen``."""
    return Channel(
        kind="screen",
        display=ScreenDisplay(),
        forms=FORMS,
        form=form,
        asset_renditions=RENDITIONS,
        limits={"title": TITLE},
        video_renditions=VIDEO_RENDITIONS,
        page_renditions=PAGE_RENDITIONS,
    )
