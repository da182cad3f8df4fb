"""What an editor writes for one channel reaches what people sign of it and what it draws."""

import dataclasses

import pytest

from cms.contract import Channel, Piece
from cms.publishing.registry import load_channels
from renderers.conformance.samples import digest, make_piece
from renderers.conformance.world import SITE
from renderers.web.pictures import thumb
from screens.pages.preview import draw
from tests.unit.renderers.articles import AT

CHANNELS = load_channels()
MASTER = make_piece(1, at=AT)
OTHER = digest("another cover")
BODY = {"schema": 1, "blocks": [{"id": "b_000000000001", "type": "paragraph", "text": [{"t": "本渠道自己的正文。"}]}]}
OWN = {"title": "本渠道自己的标题", "summary": "本渠道自己的摘要。", "cover": OTHER, "body": BODY}


def piece(kind: str) -> Piece:
    """The master with one channel's version beside it, and with the files of both covers."""
    files = tuple(
        dataclasses.replace(one, of=OTHER, sha256=digest(f"other {one.rendition}"))
        for one in MASTER.assets
        if one.of == MASTER.cover
    )
    return dataclasses.replace(MASTER, assets=(*MASTER.assets, *files), overrides={kind: OWN})


def form_of(channel: Channel, shown: Piece) -> str:
    assert channel.form is not None
    return channel.form(shown, SITE).decode()


@pytest.mark.parametrize("kind", sorted(CHANNELS))
def test_version_of_a_channel_when_signed_is_what_its_form_says(kind: str) -> None:
    channel, whole = CHANNELS[kind], piece(kind)
    signed = form_of(channel, whole.for_channel(kind))
    assert signed != form_of(channel, dataclasses.replace(whole, overrides={}))
    for name in ("title", "body"):
        said = OWN["title"] if name == "title" else "本渠道自己的正文。"
        assert str(said) in signed
    # Each part alone changes what is signed, where the channel's form shows that part at all.
    shows = {"web": ("title", "summary", "body"), "douyin": ("title", "summary", "cover", "body")}
    for name in shows.get(kind, ("title", "summary", "cover", "body")):
        alone = dataclasses.replace(whole, overrides={kind: {name: OWN[name]}}).for_channel(kind)
        assert form_of(channel, alone) != form_of(channel, whole.for_channel("none")), name
    # And of nobody else's.
    for other in CHANNELS.keys() - {kind}:
        assert whole.for_channel(other) is whole


def test_version_of_the_site_when_it_has_a_cover_of_its_own_shows_it_in_lists() -> None:
    assert digest("other thumb") in thumb(piece("web").for_channel("web"))
    assert digest("other thumb") not in thumb(piece("web").for_channel("screen"))


@pytest.mark.parametrize("kind", sorted(CHANNELS))
def test_version_of_a_channel_when_previewed_is_drawn(kind: str) -> None:
    channel, shown = CHANNELS[kind], piece(kind).for_channel(kind)
    drawn = "".join(
        (channel.preview(shown, form, SITE) if channel.preview else draw(shown, form, {})).data.decode()
        for form in channel.forms
    )
    assert "本渠道自己的标题" in drawn
    assert MASTER.title not in drawn
