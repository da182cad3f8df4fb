"""Douyin: upright short films out of lectures and texts, posted exactly once, or handed to a person as a pack."""

from cms.contract import Channel
from media.house import OPTIONAL
from renderers.douyin.article import VIDEO
from renderers.douyin.consent import begin
from renderers.douyin.forms import FORMS, form, preview
from renderers.douyin.hooks import callback
from renderers.douyin.payload import PICTURES, POSTER
from renderers.douyin.post import DouyinPost
from renderers.douyin.rates import RATES
from renderers.douyin.settings import LIMITS, Settings
from renderers.douyin.standing import keep_up, standing

# The feed, the short link of «share», and the page behind it.
HOSTS = ("douyin.com", "iesdouyin.com")
# A quarter of an hour of lecture, made upright on a slow machine, and its upload.
_SECONDS = 7200.0


def channel() -> Channel:
    """The entry point of the channel ``douyin``."""
    return Channel(
        kind="douyin",
        post=DouyinPost(),
        forms=FORMS,
        form=form,
        preview=preview,
        settings=Settings,
        limits={"title": LIMITS.title},
        secrets=("client_secret", "access_token", "refresh_token"),
        rates=RATES,
        asset_renditions=PICTURES,
        video_renditions=frozenset({VIDEO, POSTER, *OPTIONAL}),
        cuts=True,
        callback=callback,
        upkeep=keep_up,
        consent=begin,
        standing=standing,
        hosts=HOSTS,
        seconds=_SECONDS,
    )
