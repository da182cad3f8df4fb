"""The WeChat service account: articles made of blocks, published once, and deleted on recall."""

from cms.contract import Channel
from renderers.wechat.callback import callback
from renderers.wechat.forms import FORMS, RENDITIONS, VIDEO_RENDITIONS, form, preview, preview_at
from renderers.wechat.post import WeChatPost
from renderers.wechat.rates import RATES
from renderers.wechat.settings import LIMITS, SECRETS, AccountSettings
from renderers.wechat.standing import standing
from renderers.wechat.talk import comments
from renderers.wechat.trial import trial

# A dozen pictures over a slow line, and the calls around them.
_SECONDS = 300.0


def channel() -> Channel:
    """The entry point of the channel ``wechat``."""
    return Channel(
        kind="wechat",
        post=WeChatPost(),
        forms=FORMS,
        form=form,
        preview=preview,
        preview_at=preview_at,
        settings=AccountSettings,
        secrets=SECRETS,
        rates=RATES,
        limits=LIMITS,
        asset_renditions=RENDITIONS,
        video_renditions=VIDEO_RENDITIONS,
        callback=callback,
        standing=standing,
        trial=trial,
        comments=comments,
        hosts=("mp.weixin.qq.com",),
        seconds=_SECONDS,
    )
