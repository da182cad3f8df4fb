"""听新闻: the recording on an article's page, without a script; a page without one is what it was."""

import dataclasses

from cms.contract import AssetFile
from renderers.conformance.samples import make_piece
from renderers.conformance.world import SITE
from renderers.web import pages
from tests.unit.renderers.articles import AT

VOICE = AssetFile("f" * 64, 9, "audio/mp4", 0, 0, "e" * 64, "voice")


def test_article_when_it_has_a_recording_offers_it_without_a_script() -> None:
    plain = make_piece(1, at=AT)
    heard = dataclasses.replace(plain, narration=VOICE.of, assets=(*plain.assets, VOICE))
    page = pages.page("article_body.html", piece=heard, site=SITE).decode()
    assert f'<audio controls preload="none" src="/a/{VOICE.sha256}" aria-labelledby="listen"></audio>' in page
    assert "<script" not in page
    lost = dataclasses.replace(plain, narration=VOICE.of)
    silent = pages.page("article_body.html", piece=plain, site=SITE)
    assert b"listen" not in silent
    assert pages.page("article_body.html", piece=lost, site=SITE) == silent
