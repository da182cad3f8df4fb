"""The screen form is canonical, and changes with everything the player draws."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, reject, settings

from cms.contract import Piece
from cms.trust import canonical
from cms.trust.errors import TrustError
from renderers.conformance.samples import make_piece
from renderers.conformance.world import SITE
from renderers.screen import forms
from tests.unit.renderers.articles import AT, piece_of, pieces

DRAWN = ("kind", "title", "subtitle", "summary", "column_name")


def test_form_when_made_is_canonical_text() -> None:
    made = forms.form(make_piece(1, at=AT), SITE).decode()
    assert canonical.encode(canonical.decode(made)) == made


@pytest.mark.parametrize("name", DRAWN)
def test_form_when_what_is_drawn_changes_differs(name: str) -> None:
    piece = make_piece(1, at=AT)
    changes: dict[str, Any] = {name: "另外"}
    assert forms.form(piece, SITE) != forms.form(dataclasses.replace(piece, **changes), SITE)


@pytest.mark.parametrize("name", ["source", "reporter", "editor", "sponsor"])
def test_form_when_the_byline_changes_differs(name: str) -> None:
    piece = make_piece(1, at=AT)
    changes: dict[str, Any] = {name: "另外"}
    byline = dataclasses.replace(piece.byline, **changes)
    assert forms.form(piece, SITE) != forms.form(dataclasses.replace(piece, byline=byline), SITE)


def test_form_when_the_body_changes_differs() -> None:
    one = piece_of({"type": "paragraph", "text": [{"t": "一"}]})
    assert forms.form(one, SITE) != forms.form(piece_of({"type": "paragraph", "text": [{"t": "二"}]}), SITE)


def test_form_when_a_file_the_screen_draws_changes_differs_and_for_others_not() -> None:
    piece = make_piece(1, at=AT)

    def changed(rendition: str) -> Piece:
        assets = (dataclasses.replace(a, sha256="f" * 64) if a.rendition == rendition else a for a in piece.assets)
        return dataclasses.replace(piece, assets=tuple(assets))

    assert forms.form(changed("screen-1080"), SITE) != forms.form(piece, SITE)
    assert forms.form(changed("web-480"), SITE) == forms.form(piece, SITE)


def test_form_when_the_release_or_the_site_changes_is_the_same() -> None:
    """It is signed before there is a release, and the screen shows nothing of the site."""
    piece = make_piece(1, at=AT)
    other = dataclasses.replace(SITE, name="别处")
    assert forms.form(dataclasses.replace(piece, release="", bundle=""), SITE) == forms.form(piece, other)


@settings(max_examples=40)
@given(pieces())
def test_form_of_any_piece_is_a_function_of_the_piece(piece: Piece) -> None:
    try:
        made = forms.form(piece, SITE)
    except TrustError:  # text that is not NFC cannot be signed; the desk cleans it long before
        reject()
    assert made == forms.form(piece, SITE)
    drawn = canonical.decode(made)
    assert isinstance(drawn, dict)
    assert drawn["title"] == piece.title
