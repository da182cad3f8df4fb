"""The machine's look at single channels' versions, and the release that carries them."""

import dataclasses
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from cms.content.draft import Draft
from cms.content.kinds import Kind
from cms.review.checks import check
from cms.review.cut_checks import find_cuts
from cms.review.findings import Finding
from cms.review.lookups import Lists
from cms.review.own_words import check_own_words, without_missing
from cms.review.pieces import piece_of
from cms.review.release import Facts, build_release, named_assets
from cms.review.words import Word, WordList
from cms.trust.release import read_release
from cms.trust.signed import text_of
from tests.office import CENTRE, NOW, STATION, make_draft
from tests.unit.review.test_checks import COVER, PRESS, WHOLE, body, picture

OWN = uuid.UUID(int=8)
_SMALL = picture("web-480", "thumb")
_FILES = tuple(dataclasses.replace(file, of="c" * 64) for file in _SMALL.files)
PICTURES = {**WHOLE, OWN: dataclasses.replace(_SMALL, sha256="c" * 64, files=_FILES)}


def image(asset: object, alt: str = "图") -> dict[str, Any]:
    return body({"type": "image", "asset": str(asset), "alt": alt})


def draft(**overrides: dict[str, Any]) -> Draft:
    return make_draft(cover=COVER, cover_alt="图", channels=("screen", "web"), overrides=overrides)


def found(draft: Draft) -> list[Finding]:
    asked: dict[str, Any] = {"press": PRESS, "pictures": PICTURES, "units": {STATION, CENTRE}, "now": NOW}
    known = check(draft, Kind.NEWS, **asked)
    return list(check_own_words(draft, Kind.NEWS, **asked, known=known))


def test_version_when_it_is_good_has_no_finding() -> None:
    assert found(draft(web={"title": "网站题", "cover": str(OWN)})) == []


def test_version_when_something_is_wrong_names_the_channel_and_the_place() -> None:
    spoilt = found(draft(web={"title": "题" * 100, "body": image(OWN, alt="")}))
    assert {(one.severity, one.code, one.field, one.params["only"]) for one in spoilt} >= {
        ("must", "long", "title", "web"),
        ("must", "alt_missing", "body", "web"),
    }


def test_version_when_it_has_a_listed_word_names_the_channel() -> None:
    lists = Lists(words=WordList([Word("最佳", suggest="优秀")]))
    asked: dict[str, Any] = {"press": PRESS, "pictures": PICTURES, "units": {STATION, CENTRE}, "now": NOW}
    piece = draft(web={"title": "最佳好事"})
    known = check(piece, Kind.NEWS, **asked, lists=lists)
    spoilt = check_own_words(piece, Kind.NEWS, **asked, known=known, lists=lists)
    assert [(one.code, one.params["only"]) for one in spoilt] == [("word", "web")]


def test_version_when_its_picture_has_no_file_for_the_channel_stops_the_submission() -> None:
    codes = {(one.severity, one.code, one.field) for one in found(draft(screen={"cover": str(OWN)}))}
    assert codes == {("must", "asset_unready", "cover")}


def test_version_of_a_channel_that_is_not_chosen_is_looked_at_for_pictures_only() -> None:
    gone = str(uuid.UUID(int=99))
    spoilt = found(draft(wechat={"title": "题" * 100, "cover": gone, "body": image(gone)}))
    assert [(one.code, one.field) for one in spoilt] == [("asset_unknown", "cover"), ("asset_unknown", "body")]


def test_preview_when_a_version_s_picture_is_gone_draws_the_rest() -> None:
    gone = str(uuid.UUID(int=99))
    kept = without_missing(draft(web={"title": "题", "cover": gone, "body": image(gone)}), PICTURES)
    assert kept.overrides["web"] == {"title": "题", "body": {"schema": 1, "blocks": []}}


def test_release_when_signed_carries_every_version_with_its_files() -> None:
    made = draft(web={"title": "网站题", "cover": str(OWN), "body": image(OWN)})
    facts = Facts(uuid.UUID(int=1), "0123456789", 1, "d" * 64, "news", STATION, (str(uuid.UUID(int=2)),))
    release = build_release(facts, made, press=PRESS, pictures=PICTURES, forms={}, now=NOW)
    assert named_assets(made) == (COVER, OWN)
    piece = piece_of(read_release(text_of(release)))
    shown = piece.for_channel("web")
    assert (shown.title, shown.cover, shown.body["blocks"][0]["asset"]) == ("网站题", "c" * 64, "c" * 64)
    assert shown.rendition("c" * 64, "web-480") is not None
    assert piece.for_channel("screen") is piece


@pytest.mark.parametrize(("cuts", "code"), [("0:01-0:05", ""), ("0:01-9:00", "cuts_beyond")])
def test_cuts_when_behind_the_end_of_the_video_stop_the_piece(cuts: str, code: str) -> None:
    film = uuid.uuid4()
    block = {"id": "b_000000000001", "type": "video", "asset": str(film), "title": "课"}
    draft = Draft(body={"schema": 1, "blocks": [block]}, overrides={"douyin": {"cuts": cuts}})
    known = {film: SimpleNamespace(duration_ms=60_000)}
    found = list(find_cuts(draft, "douyin", known))  # type: ignore[arg-type]
    assert [(one.severity, one.code) for one in found] == ([("must", code)] if code else [])
    bare = Draft(overrides={"douyin": {"cuts": cuts}})
    assert [one.code for one in find_cuts(bare, "douyin", {})] == ["cuts_no_video"]
