"""What approvers sign of television, and what the desk shows of a draft."""

import dataclasses

from cms.contract import Piece
from renderers.conformance.samples import make_piece
from renderers.conformance.world import SITE
from renderers.tv.forms import FORMS, form, preview
from renderers.tv.items import VIDEO_RENDITIONS
from renderers.tv.slate import picture
from tests.fakes.channel import NOW, lecture
from tests.fakes.house_files import imagined


def talk() -> Piece:
    return lecture(1, imagined("talk", segments=40))


def test_form_when_a_file_of_the_video_differs_differs() -> None:
    piece = talk()
    other = dataclasses.replace(piece.assets[-1], sha256="0" * 64)
    assert form(piece, SITE) == form(piece, SITE)
    assert form(piece, SITE) != form(dataclasses.replace(piece, assets=(*piece.assets[:-1], other)), SITE)


def test_form_when_a_picture_of_another_channel_differs_is_the_same() -> None:
    piece = talk()
    others = tuple(a for a in piece.assets if a.rendition not in {"screen-1080", "og", "thumb"})
    assert form(piece, SITE) == form(dataclasses.replace(piece, assets=others), SITE)


def test_renditions_wanted_of_a_video_are_the_houses() -> None:
    wanted = {"house-1080", "house-720", "house-480", "house-audio", "house-index", "play-720", "poster"}
    wanted |= {"subtitles-zh", "subtitles-en"}
    assert wanted == VIDEO_RENDITIONS


def test_previews_when_drawn_have_no_script_and_their_style_inside() -> None:
    for piece in (talk(), make_piece(1, at=NOW)):
        for shown in FORMS:
            made = preview(piece, shown, SITE)
            assert b"<script" not in made.data
            assert b"<link" not in made.data
            assert piece.title.encode() in made.data
            for duty in (piece.byline.source, piece.byline.reporter, piece.byline.editor, piece.byline.sponsor):
                assert duty.encode() in made.data
            assert (made.width, made.height) == (shown.width, shown.height)


def test_slate_when_drawn_has_words_of_any_length_inside() -> None:
    for words in ("频道", "一" * 60, "Very long name " * 6, ""):
        image = picture(words, words)
        assert image.size == (1920, 1080)
        edge = image.crop((0, 0, 40, 1080)).getcolors(50_000)
        assert edge is not None
        assert all(colour[1] < 60 for _, colour in edge if isinstance(colour, tuple)), "nothing is cut off"
