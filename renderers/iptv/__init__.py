"""Operator injection: lectures into a television operator's own library, by ADI XML and the C2 interface."""

from cms.contract import Channel
from renderers.iptv.callback import callback
from renderers.iptv.forms import FORMS, form, preview
from renderers.iptv.payload import PICTURES, VIDEOS
from renderers.iptv.post import IptvPost
from renderers.iptv.settings import SECRETS, AccountSettings
from renderers.iptv.standing import standing

# Copying an hour of film into a transport stream on a slow disk.
_SECONDS = 3600.0
_TITLE = 128


def channel() -> Channel:
    """The entry point of the channel ``iptv``."""
    return Channel(
        kind="iptv",
        post=IptvPost(),
        forms=FORMS,
        form=form,
        preview=preview,
        settings=AccountSettings,
        limits={"title": _TITLE},
        secrets=SECRETS,
        asset_renditions=PICTURES,
        video_renditions=VIDEOS,
        callback=callback,
        standing=standing,
        seconds=_SECONDS,
    )
