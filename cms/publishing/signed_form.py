"""Whether a channel still shows a piece as it did when people signed: its form is part of the release. Pure."""

import hashlib

from cms.contract import Channel, Site
from cms.review.pieces import piece_of
from cms.trust.approval import Bundle
from cms.trust.release import read_release


def form_changed(bundle: str, channel: Channel, site: Site) -> bool:
    """`bundle` is a release's file with its approvals. A channel without a form signs none, and none was signed."""
    release = read_release(Bundle.read(bundle).text)
    signed = release.forms.get(channel.kind)
    if signed is None or channel.form is None:
        return False
    piece = piece_of(release, column_name=str(release.content.get("column_name", "")))
    return hashlib.sha256(channel.form(piece.for_channel(channel.kind), site)).hexdigest() != signed
