"""What the machine finds before people read, and the release it lets through."""

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.content.draft import Draft, EnvelopeDraft, draft_json, read_draft
from cms.content.kinds import KINDS, Kind
from cms.kernel.messages import LANGUAGES, Catalogue
from cms.review.checks import check
from cms.review.findings import Finding, finding_json, finding_of, must_fix
from cms.review.pieces import piece_of
from cms.review.release import Facts, Picture, Press, build_release
from cms.trust.release import ReleaseAsset, read_release
from cms.trust.signed import text_of
from tests.office import CENTRE, NOW, RENDITIONS, STATION, form, make_draft

PRESS = Press("wujiang.example", 1, RENDITIONS, form)
COVER = uuid.UUID(int=7)
HOUR = dt.timedelta(hours=1)


def picture(*names: str) -> Picture:
    files = (
        ReleaseAsset(name.encode().hex()[:8].ljust(64, "0"), 9, "image/webp", 1, 1, "a" * 64, name, ("b" * 64,))
        for name in names
    )
    return Picture("a" * 64, tuple(files))


WHOLE = {COVER: picture("screen-1080", "screen-cover", "web-480", "thumb", "og")}


def found(draft: Draft, kind: Kind = Kind.NEWS, **changes: Any) -> set[tuple[str, str, str]]:
    asked: dict[str, Any] = {"press": PRESS, "pictures": WHOLE, "units": {STATION, CENTRE}, "now": NOW, **changes}
    return {(one.severity, one.code, one.field) for one in check(draft, kind, **asked)}


def good(**changes: object) -> Draft:
    whole: dict[str, Any] = {"cover": COVER, "cover_alt": "运河夜景", **changes}
    return make_draft(**whole)


def body(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"schema": 1, "blocks": [{"id": f"b_{'a' * 11}{number}", **block} for number, block in enumerate(blocks)]}


def test_piece_when_complete_has_no_finding() -> None:
    assert found(good()) == set()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"title": ""}, ("must", "missing", "title")),
        ({"title": "长" * 61}, ("must", "long", "title")),
        ({"title": "长" * 40}, ("hint", "long_for_screen", "title")),
        ({"summary": ""}, ("hint", "missing", "summary")),
        ({"summary": "长" * 201}, ("must", "long", "summary")),
        ({"column": None}, ("must", "missing", "column")),
        ({"channels": ()}, ("must", "no_channel", "channels")),
        ({"channels": ("fax",)}, ("must", "channel_unknown", "channels")),
        ({"cover": uuid.UUID(int=8)}, ("must", "asset_unknown", "cover")),
        ({"cover_alt": ""}, ("hint", "cover_alt_missing", "cover")),
        ({"body": body()}, ("must", "empty", "body")),
        ({"body": body({"type": "divider"})}, ("must", "empty", "body")),
        ({"body": body({"type": "image", "asset": str(COVER), "alt": ""})}, ("must", "alt_missing", "body")),
        ({"body": body({"type": "heading", "level": 2, "text": []})}, ("hint", "heading_empty", "body")),
        ({"envelope": EnvelopeDraft(not_after=NOW)}, ("must", "ends_past", "not_after")),
        (
            {"envelope": EnvelopeDraft(not_before=NOW + 2 * HOUR, not_after=NOW + HOUR)},
            ("must", "ends_first", "not_after"),
        ),
        ({"envelope": EnvelopeDraft(units=("/999/",))}, ("must", "unit_unknown", "units")),
        ({"envelope": EnvelopeDraft(offline=None)}, ("hint", "evergreen", "offline")),
        ({"title": "好消息，，来了"}, ("hint", "marks_doubled", "title")),
        ({"summary": "他说：“好"}, ("hint", "marks_unpaired", "summary")),
    ],
)
def test_fault_when_in_a_piece_is_found(changes: dict[str, Any], finding: tuple[str, str, str]) -> None:
    assert finding in found(good(**changes))


@pytest.mark.parametrize("name", ["source", "reporter", "editor", "sponsor", "date"])
def test_duty_of_the_byline_when_empty_stops_every_kind(name: str) -> None:
    draft = good()
    gone: dict[str, Any] = {name: None if name == "date" else ""}
    empty = replace(draft, byline=replace(draft.byline, **gone))
    for kind in Kind:
        assert ("must", "missing", f"byline.{name}") in found(empty, kind)


def test_picture_when_a_channel_lacks_its_file_is_not_ready() -> None:
    half = {COVER: picture("web-480", "thumb")}
    assert ("must", "asset_unready", "cover") in found(good(), pictures=half)
    assert ("must", "asset_unready", "cover") not in found(good(channels=("web",)), pictures=half)


def test_kinds_when_they_ask_for_more_say_so() -> None:
    assert ("must", "missing", "not_after") in found(good(), Kind.NOTICE)
    assert ("must", "no_block", "body") in found(good(), Kind.LECTURE)
    assert ("must", "missing", "cover") in found(make_draft(), Kind.NEWSPAPER)
    assert set(KINDS) == set(Kind)


codes = st.sampled_from(["missing", "long", "empty", "marks_doubled"])


@given(st.builds(Finding, st.sampled_from(["must", "hint"]), codes, st.text(), st.text()))
def test_finding_when_kept_and_read_is_the_same(finding: Finding) -> None:
    assert finding_of(finding_json(finding)) == finding
    assert (finding in must_fix([finding])) is (finding.severity == "must")


def test_every_finding_has_its_sentence_and_suggestion() -> None:
    params = {"field": "标题", "most": 1, "now": 2, "percent": 1, "minutes": 2, "types": "x"}
    params |= {"channel": "x", "unit": "x", "marks": "x", "found": "x", "category": "x", "suggest": "x", "name": "x"}
    params |= {
        "source": "x",
        "url": "x",
        "status": "404",
        "chars": "x",
        "codes": "x",
        "days": 3,
        "page": "x",
        "zone": "x",
        "feed": "x",
        "part": "x",
    }
    texts = Catalogue.load()
    spoken = {key.removeprefix("review.check.") for key in texts.keys("zh-CN") if key.startswith("review.check.")}
    for code in {key.removesuffix(".next") for key in spoken}:
        for language in LANGUAGES:
            assert texts.text(language, f"review.check.{code}", **params)
            assert texts.text(language, f"review.check.{code}.next", **params)
    faults = {code for _, code, _ in found(Draft(title="，，", channels=("fax",))) | found(good(cover=uuid.uuid4()))}
    assert faults <= spoken


FACTS = Facts(uuid.UUID(int=1), "0123456789", 1, "c" * 64, "news", STATION, (str(uuid.UUID(int=2)),))


def test_release_when_built_twice_has_one_text_that_verifiers_read() -> None:
    drafts = good(overrides={"screen": {"title": "短"}}, channels=("web",))
    one, two = (
        build_release(FACTS, drafts, press=PRESS, pictures=WHOLE, forms={"screen": "d" * 64}, now=NOW) for _ in "ab"
    )
    assert text_of(one) == text_of(two)
    read = read_release(text_of(one))
    assert {asset.rendition for asset in read.assets} == {"web-480", "thumb"}
    assert read.content["overrides"] == {"screen": {"title": "短"}}
    assert read.envelope.units == (STATION,)
    piece = piece_of(read, column_name="吴江新闻")
    assert (piece.title, piece.cover, piece.column_name) == ("运河边的读书会", "a" * 64, "吴江新闻")
    assert piece.published_at == piece.not_before == NOW


@given(
    title=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60),
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
)
def test_release_of_anything_that_passes_the_checks_is_read_by_verifiers(title: str, text: str) -> None:
    paragraph = body({"type": "paragraph", "text": [{"t": text}]})
    written = draft_json(good()) | {"title": title, "body": paragraph}
    draft = read_draft(written)
    if must_fix(check(draft, Kind.NEWS, press=PRESS, pictures=WHOLE, units=(), now=NOW)):
        return
    release = build_release(FACTS, draft, press=PRESS, pictures=WHOLE, forms={}, now=NOW)
    assert read_release(text_of(release)).content["title"] == draft.title
