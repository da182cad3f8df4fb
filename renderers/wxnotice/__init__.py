"""Notices in WeChat to those who asked for them: a template or subscription message a piece, to each reader once."""

from cms.contract import Channel
from renderers.wxnotice.forms import FORMS, form, preview
from renderers.wxnotice.post import NoticePost
from renderers.wxnotice.settings import RATES, SECRETS, NoticeSettings

# Some hundred readers, a call each.
_SECONDS = 300.0


def channel() -> Channel:
    """The entry point of the channel ``wxnotice``."""
    return Channel(
        kind="wxnotice",
        post=NoticePost(),
        forms=FORMS,
        form=form,
        preview=preview,
        settings=NoticeSettings,
        secrets=SECRETS,
        rates=RATES,
        seconds=_SECONDS,
    )
