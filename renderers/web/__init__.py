"""The public site: pages and feeds as files, rendered at publication and never at request."""

from cms.contract import Channel
from renderers.web import newspaper, pages, videos
from renderers.web.forms import FORMS, form, preview
from renderers.web.pictures import RENDITIONS
from renderers.web.render import WebDisplay


def channel() -> Channel:
    """The entry point of the channel ``web``; reads its templates once."""
    pages.warm()
    return Channel(
        kind="web",
        display=WebDisplay(),
        forms=FORMS,
        form=form,
        preview=preview,
        asset_renditions=RENDITIONS,
        video_renditions=videos.RENDITIONS,
        page_renditions=newspaper.RENDITIONS,
    )
