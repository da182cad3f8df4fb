"""The frame: sections in order and by permission, templates that refuse to guess, texts for every state."""

import datetime as dt
import re
import zoneinfo
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from cms.desk.frame import Desk, Section, Sections
from cms.desk.policy import page_headers
from cms.desk.static_files import ROOT, desk_files
from cms.desk.tones import states
from cms.kernel.errors import Refused
from cms.kernel.messages import LANGUAGES, Catalogue

TEMPLATES = ROOT.parent / "templates"


def section(key: str, *, order: int, action: str = "content.read", templates: Path | None = None) -> Section:
    return Section(key, f"desk.nav.{key}", "file-text", order, f"/desk/{key}/", action, templates=templates)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


def make_desk(catalogue: Catalogue, *sections: Section) -> Desk:
    return Desk(
        catalogue=catalogue, static=desk_files(), sections=Sections(sections), zone=zoneinfo.ZoneInfo("Asia/Shanghai")
    )


def test_navigation_when_a_person_lacks_a_right_leaves_the_section_out() -> None:
    sections = Sections([section("review", order=2, action="review.read"), section("documents", order=1)])

    nav = sections.nav(current="documents", allowed=lambda action: action == "content.read", counts={"documents": 3})

    assert [(item.title, item.is_current, item.count) for item in nav] == [("desk.nav.documents", True, 3)]


def test_sections_when_two_share_a_key_are_refused() -> None:
    with pytest.raises(ValueError, match="share a key"):
        Sections([section("review", order=1), section("review", order=2)])


def test_template_when_a_name_is_missing_refuses_to_render(catalogue: Catalogue) -> None:
    with pytest.raises(UndefinedError):
        make_desk(catalogue).render("login.html", {"csrf": "x", "name": "", "next": "/", "by_code": False})


def test_template_when_given_markup_escapes_it(catalogue: Catalogue) -> None:
    page = make_desk(catalogue).render(
        "login.html", {"csrf": '"><script>', "name": "<b>", "next": "/", "by_code": False, "error": None}
    )
    assert "<b>" not in page
    assert '"><script>' not in page


def test_template_of_a_section_when_rendered_is_found_under_its_key(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "show.html").write_text("{{ at | instant }} {{ t('desk.product') }}")
    desk = make_desk(catalogue, section("fleet", order=1, templates=tmp_path))

    page = desk.render("fleet/show.html", {"at": dt.datetime(2026, 11, 24, 16, 30, tzinfo=dt.UTC)})

    assert page == "2026-11-25 00:30 云屏"


def test_refusal_when_shown_has_code_sentence_and_next_step(catalogue: Catalogue) -> None:
    shown = make_desk(catalogue).refusal(Refused("kernel.not_found"))
    assert shown["code"] == "kernel.not_found"
    assert shown["text"].endswith("。")
    assert shown["next"].endswith("。")


@pytest.mark.parametrize("language", LANGUAGES)
def test_state_when_it_has_a_tone_has_a_label(catalogue: Catalogue, language: str) -> None:
    assert {f"desk.state.{state}" for state in states()} <= catalogue.keys(language)


def test_template_when_it_names_a_text_or_an_icon_finds_it(catalogue: Catalogue) -> None:
    sources = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    texts = set(re.findall(r"\bt\([\"'](desk[\w.]*\w)[\"'][,)]", sources))
    icons = set(re.findall(r"icon\(\"([\w-]+)\"", sources)) | set(re.findall(r"\"icons?\.svg#([\w-]+)", sources))
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "icons.svg").read_text("utf-8")))

    assert len(texts) > 80
    assert texts - catalogue.keys("zh-CN") == set()
    assert len(icons) > 10
    assert icons - sprite == set()


def test_template_when_read_holds_no_inline_script_style_or_handler() -> None:
    inline = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|\shx-on", re.IGNORECASE)
    assert [path.name for path in TEMPLATES.rglob("*.html") if inline.search(path.read_text("utf-8"))] == []


def test_script_when_it_shows_an_editor_text_finds_it(catalogue: Catalogue) -> None:
    scripts = "".join(path.read_text("utf-8") for path in (ROOT / "js/editor").glob("*.js"))
    named = set(re.findall(r"labels\.(\w+)", scripts)) - {"texts"}
    assert len(named) > 15
    assert {f"desk.editor.{name}" for name in named} <= catalogue.keys("zh-CN")


def test_policy_when_written_allows_nothing_inline_and_nothing_foreign() -> None:
    policy = page_headers()["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "default-src 'none'" in policy
