"""Videos in pieces: what stops a submission while one is made, and what of it a release lists."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

import pytest

from cms.content.kinds import Kind
from cms.library.models import VIDEO
from cms.library.states import VideoState
from cms.publishing.loops import SHORTEST, show_time
from cms.review.checks import check
from cms.review.findings import Finding
from cms.review.pieces import piece_of
from cms.review.release import Facts, Picture, Press, build_release
from cms.trust.release import ReleaseAsset, read_release
from cms.trust.signed import text_of
from renderers.conformance.samples import make_piece
from tests.office import NOW, RENDITIONS, STATION, form
from tests.unit.review.test_checks import COVER, body, good, picture

PRESS = Press(
    "wujiang.example",
    1,
    RENDITIONS,
    form,
    videos={"screen": {"play-720", "poster"}, "web": {"house-720", "house-audio", "house-index", "poster"}},
)
CLIP, POSTER = uuid.UUID(int=8), uuid.UUID(int=9)
MASTER = "e" * 64
NAMES = ("house-720", "house-1080", "house-audio", "house-index", "play-720", "poster")
LECTURE = {"type": "video", "asset": str(CLIP), "title": "第一讲"}


def video(*names: str, **changes: Any) -> Picture:
    files = tuple(
        ReleaseAsset(name.encode().hex()[:16].ljust(64, "0"), 9, "video/mp4", 1, 1, MASTER, name, ("b" * 64,))
        for name in names
    )
    return Picture(MASTER, files, **{"kind": VIDEO, "duration_ms": 62_400, **changes})


def known(clip: Picture) -> dict[uuid.UUID, Picture]:
    still = picture("screen-1080", "screen-cover", "web-480", "thumb")
    files = tuple(dataclasses.replace(file, of="9" * 64) for file in still.files)
    return {COVER: still, POSTER: Picture("9" * 64, files), CLIP: clip}


def found(block: dict[str, Any], clip: Picture, **changes: Any) -> list[Finding]:
    draft = good(body=body(block), **changes)
    return list(check(draft, Kind.LECTURE, press=PRESS, pictures=known(clip), units={STATION}, now=NOW))


def test_lecture_when_its_video_is_ready_has_no_finding() -> None:
    assert found(LECTURE, video(*NAMES)) == []
    assert found({**LECTURE, "poster": str(POSTER)}, video(*NAMES)) == []


def test_lecture_without_a_video_asks_for_one() -> None:
    text = {"type": "paragraph", "text": [{"t": "稍后补上视频"}]}
    assert [(one.code, one.params) for one in found(text, video())] == [("no_block", {"types": "video"})]


@pytest.mark.parametrize(
    ("changes", "code", "params"),
    [
        ({"state": VideoState.WAITING}, "video_waiting", {}),
        ({"state": VideoState.ENCODING, "percent": 3}, "video_encoding", {"percent": 3}),
        (
            {"state": VideoState.ENCODING, "percent": 62, "eta_seconds": 170},
            "video_encoding_eta",
            {"percent": 62, "minutes": 3},
        ),
        ({"state": VideoState.REJECTED}, "video_rejected", {}),
        ({}, "asset_unready", {}),
    ],
)
def test_lecture_when_its_video_is_not_ready_may_not_be_submitted(
    changes: dict[str, Any], code: str, params: dict[str, Any]
) -> None:
    (finding,) = found(LECTURE, video(**changes))
    assert (finding.severity, finding.code, finding.params) == ("must", code, params)
    assert finding.block == "b_aaaaaaaaaaa0"


@pytest.mark.parametrize(
    ("block", "cover", "codes"),
    [
        ({**LECTURE, "asset": str(COVER)}, COVER, ["not_a_video"]),
        ({**LECTURE, "poster": str(CLIP)}, COVER, ["not_a_picture"]),
        (LECTURE, CLIP, ["not_a_picture"]),
        ({"type": "image", "asset": str(CLIP), "alt": "x"}, COVER, ["no_block", "not_a_picture"]),
        ({**LECTURE, "asset": str(uuid.UUID(int=77))}, COVER, ["asset_unknown"]),
        ({**LECTURE, "title": ""}, COVER, ["video_title_missing"]),
    ],
)
def test_asset_when_it_stands_where_another_kind_belongs_is_found(
    block: dict[str, Any], cover: uuid.UUID, codes: list[str]
) -> None:
    assert [one.code for one in found(block, video(*NAMES), cover=cover)] == codes


FACTS = Facts(uuid.UUID(int=1), "0123456789", 1, "c" * 64, "lecture", STATION, (str(uuid.UUID(int=2)),))


def test_video_when_no_chosen_channel_plays_any_is_found() -> None:
    press = dataclasses.replace(PRESS, videos={})
    draft = good(body=body(LECTURE))
    codes = [
        one.code
        for one in check(draft, Kind.LECTURE, press=press, pictures=known(video(*NAMES)), units={STATION}, now=NOW)
    ]
    assert codes == ["video_no_channel"]


def test_release_when_a_piece_has_a_video_lists_what_its_channels_play_and_how_long_it_is() -> None:
    draft = good(body=body({**LECTURE, "poster": str(POSTER)}), channels=("web",))
    release = build_release(FACTS, draft, press=PRESS, pictures=known(video(*NAMES)), forms={}, now=NOW)
    read = read_release(text_of(release))
    assert {(asset.of, asset.rendition) for asset in read.assets if asset.of == MASTER} == {
        (MASTER, name) for name in ("house-720", "house-audio", "house-index", "poster")
    }
    piece = piece_of(read)
    assert piece.durations == {MASTER: 62_400}
    assert piece.body["blocks"][0]["asset"] == MASTER
    assert piece.body["blocks"][0]["poster"] == "9" * 64
    assert piece.rendition(MASTER, "house-index") is not None
    assert piece.rendition(MASTER, "play-720") is None


def test_release_without_a_video_says_nothing_of_durations() -> None:
    release = build_release(FACTS, good(), press=PRESS, pictures=known(video()), forms={}, now=NOW)
    assert "durations" not in release.content
    assert "chapters" not in release.content


def test_release_has_the_marks_of_its_films_as_they_were_when_it_was_submitted() -> None:
    draft = good(body=body({**LECTURE, "poster": str(POSTER)}), channels=("web",))
    film = dataclasses.replace(video(*NAMES), chapters=((0, "开场"), (30_000, "提问")))
    release = build_release(FACTS, draft, press=PRESS, pictures=known(film), forms={}, now=NOW)
    marks = piece_of(read_release(text_of(release))).chapters[MASTER]
    assert [tuple(mark) for mark in marks] == [(0, "开场"), (30_000, "提问")]


def test_film_of_an_older_product_is_signed_without_small_pictures() -> None:
    press = dataclasses.replace(PRESS, videos={"web": frozenset({"house-720", "sprites"})})
    draft = good(body=body(LECTURE), channels=("web",))
    pictures = known(video("house-720"))
    assert [
        one.code for one in check(draft, Kind.LECTURE, press=press, pictures=pictures, units={STATION}, now=NOW)
    ] == []


def test_show_time_when_a_piece_has_videos_lets_them_end() -> None:
    lecture = dataclasses.replace(make_piece(1, at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC)), durations={"a": 60_000})
    silent = dataclasses.replace(
        lecture, title="一", summary="", body={"schema": 1, "blocks": []}, durations={"a": 700}
    )
    assert dt.timedelta(seconds=60) <= show_time(lecture) < dt.timedelta(seconds=120)
    assert show_time(silent) == SHORTEST
    long = dataclasses.replace(silent, durations={"a": 3_600_000, "b": 60_000})
    assert show_time(long) == dt.timedelta(minutes=61)
