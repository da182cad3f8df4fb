"""Whole pages from any text: only elements of ours, no script, dates in Beijing, the byline duties complete."""

import dataclasses
import datetime as dt

import jinja2
import pytest
from hypothesis import given, settings, strategies as st
from markupsafe import Markup

from cms.contract import Form, Piece
from renderers.conformance.samples import COLUMNS, make_piece
from renderers.conformance.world import SITE
from renderers.web import errors, forms, pages, paths, pictures
from tests.unit.renderers.articles import AT, TEXTS, pieces, read


def article(piece: Piece) -> bytes:
    return pages.page("article.html", piece=piece, site=SITE, columns=COLUMNS)


@settings(max_examples=40)
@given(pieces())
def test_article_with_any_text_in_it_is_only_elements_of_ours(piece: Piece) -> None:
    found = read(article(piece))
    assert found.comments == []
    assert found.tags.count("h1") == found.tags.count("main") == found.tags.count("link") - 3 == 1


@settings(max_examples=40)
@given(pieces())
def test_article_with_any_text_in_it_carries_all_byline_duties(piece: Piece) -> None:
    shown = "".join("".join(read(article(piece)).words).split())
    byline = piece.byline
    for duty in (byline.source, byline.reporter, byline.editor, byline.sponsor):
        assert "".join(pages._NOT_XML.sub("", duty).split()) in shown
    assert pages.day(byline.date) in shown


@settings(max_examples=40)
@given(st.lists(pieces(), max_size=2, unique_by=lambda piece: piece.document), st.booleans())
def test_home_with_any_text_in_it_is_only_elements_of_ours(shown: list[Piece], notices: bool) -> None:
    context = {
        "site": SITE,
        "columns": COLUMNS,
        "lead": shown[0] if shown else None,
        "headlines": shown[1:],
        "notices": shown if notices else [],
        "blocks": [("news", "要闻", shown)] if shown else [],
    }
    found = read(pages.page("home.html", **context))
    assert set(found.comments) <= {"/r", *(f"r:{piece.release}" for piece in shown)}
    assert found.tags.count("h1") == 1


@settings(max_examples=40)
@given(st.lists(pieces(), max_size=2), TEXTS)
def test_list_with_any_text_in_it_is_only_elements_of_ours(shown: list[Piece], title: str) -> None:
    page = pages.page(
        "list.html",
        site=SITE,
        columns=COLUMNS,
        path="/c/news/",
        title=title,
        pieces=shown,
        code="news",
        months=(("2026-11", 3),),
        month=None,
    )
    found = read(page)
    assert len(found.comments) == 2 * len(shown)


@pytest.mark.parametrize("page", [errors.not_found, errors.gone])
def test_error_page_when_read_is_a_page_that_leads_home(page: object) -> None:
    data = errors.not_found(SITE, COLUMNS) if page is errors.not_found else errors.gone(SITE)
    assert read(data).tags.count("h1") == 1
    assert b'<meta name="robots" content="noindex">' in data
    assert b'<a href="/">' in data


def test_pages_when_marked_for_recall_bracket_pieces_of_a_release_only() -> None:
    html = Markup("<li>x</li>")
    piece = make_piece(1, at=AT)
    assert pages.mark(piece, html) == f"<!--r:{piece.release}--><li>x</li><!--/r-->"
    assert pages.mark(dataclasses.replace(piece, release=""), html) == html


def test_dates_when_shown_are_beijing_dates() -> None:
    late = dt.datetime(2026, 12, 31, 16, 30, tzinfo=dt.UTC)
    assert pages.day(late) == "2027年1月1日"
    assert pages.minute(late) == "2027-01-01 00:30"
    assert pages.short(late) == "01-01"
    assert pages.iso(late) == "2027-01-01T00:30:00+08:00"


def test_stylesheet_when_named_carries_its_hash() -> None:
    path, data = pages.stylesheet()
    assert path.startswith("/static/site-")
    assert data == (pages.HERE / "static" / "site.css").read_bytes()
    assert path.encode() in article(make_piece(1, at=AT))


def test_article_when_weighed_is_light_and_without_scripts() -> None:
    """HTML and stylesheet of a long article together, unpacked."""
    piece = make_piece(1, at=AT)
    assert b"<script" not in article(piece)
    assert len(article(piece)) + len(pages.stylesheet()[1]) < 40_000


def test_template_when_a_name_is_missing_is_a_defect() -> None:
    with pytest.raises(jinja2.UndefinedError):
        pages.page("article.html", site=SITE, columns=COLUMNS)


def test_form_when_made_is_the_articles_part_of_its_page() -> None:
    piece = make_piece(1, at=AT)
    made = forms.form(piece, SITE)
    read(made)
    assert made in article(piece)


@settings(max_examples=40)
@given(pieces())
def test_form_of_any_piece_is_a_function_of_the_piece(piece: Piece) -> None:
    made = forms.form(piece, SITE)
    assert made == forms.form(dataclasses.replace(piece), SITE)
    longer = dataclasses.replace(piece, title=piece.title + "字")
    assert made != forms.form(longer, SITE)


@pytest.mark.parametrize("shown", forms.FORMS)
def test_preview_of_a_draft_is_a_whole_page_of_the_forms_size(shown: Form) -> None:
    draft = dataclasses.replace(make_piece(1, at=AT), release="", bundle="")
    made = forms.preview(draft, shown, SITE)
    assert (made.width, made.height) == (shown.width, shown.height)
    assert made.media_type.startswith("text/html")
    # Before the first publication nobody serves the stylesheet, so the preview carries it.
    style = b"<style>" + pages.stylesheet()[1] + b"</style>"
    assert made.data.count(style) == 1
    assert read(made.data.replace(style, b"")).tags[0] == "html"


def test_cover_when_the_body_shows_it_stands_once() -> None:
    piece = make_piece(1, at=AT)
    assert b"article-cover" not in article(piece)
    apart = dataclasses.replace(piece, body={"schema": 1, "blocks": []})
    assert article(apart).count(b"article-cover") == 1


def test_pictures_without_a_file_are_left_out() -> None:
    bare = make_piece(1, at=AT, pictured=False)
    assert (pictures.cover(bare, sizes="1px"), pictures.thumb(bare)) == ("", "")
    lost = dataclasses.replace(make_piece(1, at=AT), assets=())
    assert (pictures.cover(lost, sizes="1px"), pictures.thumb(lost)) == ("", "")


def test_picture_without_webp_is_its_fallback_alone() -> None:
    piece = make_piece(1, at=AT)
    only = tuple(asset for asset in piece.assets if asset.rendition == pictures.FALLBACK)
    drawn = pictures.cover(dataclasses.replace(piece, assets=only), sizes="1px")
    assert read(drawn).tags == ["picture", "img"]


def test_addresses_when_made_are_those_of_the_formats_page() -> None:
    assert paths.article("abc0123456") == "/d/abc0123456/"
    assert paths.column("news") == "/c/news/"
    assert paths.month("news", "2026-11") == "/c/news/2026-11/"
    assert paths.column_feed("news") == "/c/news/feed.xml"
