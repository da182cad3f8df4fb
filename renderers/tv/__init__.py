"""Television: a linear channel stitched by the clock, and a portal for the remote control of a set-top box."""

from cms.contract import Channel
from renderers.tv import entries, pages, paths
from renderers.tv.air import TvOnAir
from renderers.tv.forms import FORMS, form, preview
from renderers.tv.items import VIDEO_RENDITIONS
from renderers.tv.lost import lost
from renderers.tv.render import TvDisplay
from renderers.tv.serve import serve
from renderers.tv.settings import ChannelSettings

# The first render of an office makes its slate.
SECONDS = 180.0


def channel() -> Channel:
    """The entry point of the channel ``tv``; reads its templates once."""
    pages.warm()
    return Channel(
        kind="tv",
        display=TvDisplay(),
        forms=FORMS,
        form=form,
        preview=preview,
        asset_renditions=pages.RENDITIONS,
        video_renditions=VIDEO_RENDITIONS,
        settings=ChannelSettings,
        serve=serve,
        lost=lost,
        remote=paths.ROOT + "{code}/",
        entry=entries.for_the_desk,
        on_air=TvOnAir(),
        seconds=SECONDS,
    )
