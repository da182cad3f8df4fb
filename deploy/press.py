"""What of this installation goes into a release: domain, epoch, and how each channel shows a piece."""

from collections.abc import Mapping

from cms.contract import Channel, Piece, Site
from cms.review.release import Press


def press_of(channels: Mapping[str, Channel], site: Site, *, domain: str, epoch: int) -> Press:
    """The press of the installed channels; one without a form signs none."""

    def form(kind: str, piece: Piece) -> bytes | None:
        made = channels[kind].form
        return None if made is None else made(piece, site)

    renditions = {kind: channel.asset_renditions for kind, channel in channels.items()}
    videos = {kind: channel.video_renditions for kind, channel in channels.items()}
    pages = {kind: channel.page_renditions for kind, channel in channels.items()}
    limits = {kind: channel.limits for kind, channel in channels.items()}
    return Press(
        domain=domain, epoch=epoch, renditions=renditions, form=form, videos=videos, pages=pages, limits=limits
    )
