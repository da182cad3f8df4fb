"""The recording of a piece: what stops a submission while it is made, and what of it is signed and handed on."""

import dataclasses
import uuid
from typing import Any

import pytest

from cms.content.draft import Draft, draft_json, read_draft, revision_hash
from cms.content.kinds import Kind
from cms.library.models import AUDIO, VIDEO
from cms.library.states import VideoState
from cms.review.checks import check
from cms.review.own_words import without_missing
from cms.review.pieces import piece_of
from cms.review.release import Facts, Picture, Press, build_release
from cms.trust.errors import TrustError
from cms.trust.release import ReleaseAsset, drawn_masters, read_release
from cms.trust.signed import text_of
from tests.office import NOW, RENDITIONS, STATION, form
from tests.unit.review.test_checks import COVER, good, picture

PRESS = Press("wujiang.example", 1, RENDITIONS, form)
SOUND, MASTER = uuid.UUID(int=8), "e" * 64
FACTS = Facts(uuid.UUID(int=5), "k3m9qt2vwx", 1, "a" * 64, "news", STATION, (str(uuid.UUID(int=2)),))


def recording(**changes: Any) -> Picture:
    file = ReleaseAsset("f" * 64, 9, "audio/mp4", None, None, MASTER, "voice", ("b" * 64,))
    return Picture(MASTER, (file,), **{"kind": AUDIO, "duration_ms": 62_400, **changes})


def codes(sound: Picture | None) -> list[str]:
    pictures = {COVER: picture("screen-1080", "screen-cover", "web-480", "thumb")}
    if sound is not None:
        pictures[SOUND] = sound
    found = check(good(narration=SOUND), Kind.NEWS, press=PRESS, pictures=pictures, units={STATION}, now=NOW)
    return [one.code for one in found]


def test_piece_without_a_recording_is_asked_for_none() -> None:
    found = check(
        good(),
        Kind.NEWS,
        press=PRESS,
        pictures={COVER: picture("screen-1080", "screen-cover", "web-480", "thumb")},
        units={STATION},
        now=NOW,
    )
    assert list(found) == []


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (recording(), []),
        (recording(state=VideoState.ENCODING, percent=7), ["sound_making"]),
        (recording(state=VideoState.WAITING), ["sound_making"]),
        (recording(state=VideoState.REJECTED), ["sound_rejected"]),
        (recording(kind=VIDEO), ["not_a_sound"]),
        (None, ["asset_unknown"]),
    ],
)
def test_recording_when_it_cannot_be_signed_stops_the_piece(sound: Picture | None, said: list[str]) -> None:
    assert codes(sound) == said


def test_release_when_a_piece_has_a_recording_lists_its_file_and_a_reader_finds_it() -> None:
    pictures = {COVER: picture("screen-1080", "screen-cover", "web-480", "thumb"), SOUND: recording()}
    release = build_release(FACTS, good(narration=SOUND), press=PRESS, pictures=pictures, forms={}, now=NOW)
    assert release.content["narration"] == MASTER
    assert "durations" not in release.content  # a loop is as long as what is seen
    assert read_release(text_of(release)) == release
    piece = piece_of(release)
    assert piece.narration == MASTER
    heard = piece.rendition(MASTER, "voice")
    assert heard is not None
    assert heard.media_type == "audio/mp4"


def test_release_when_its_recording_has_no_file_is_refused_and_one_without_recording_stays_valid() -> None:
    pictures = {COVER: picture("screen-1080", "screen-cover", "web-480", "thumb"), SOUND: recording()}
    release = build_release(FACTS, good(narration=SOUND), press=PRESS, pictures=pictures, forms={}, now=NOW)
    silent = dataclasses.replace(release, assets=tuple(one for one in release.assets if one.of != MASTER))
    with pytest.raises(TrustError) as refused:
        read_release(text_of(silent))
    assert refused.value.code == "trust.asset"
    old = build_release(FACTS, good(), press=PRESS, pictures=pictures, forms={}, now=NOW)
    assert "narration" not in old.content
    assert read_release(text_of(old)) == old
    assert MASTER not in drawn_masters(old.content)


def test_draft_when_its_recording_is_gone_is_shown_without() -> None:
    assert without_missing(good(narration=SOUND), {COVER}).narration is None
    assert without_missing(good(narration=SOUND), {COVER, SOUND}).narration == SOUND


def test_hash_of_a_draft_without_a_recording_is_what_it_was_before_there_were_any() -> None:
    plain, read = Draft(title="甲"), Draft(title="甲", narration=SOUND)
    assert read_draft(draft_json(read)) == read
    # made by the code before pieces had recordings
    known = "e31ea48689d269f4bc8e75e33dce1451e8505b8496bd051b96dc226353e78a95"
    assert revision_hash(plain, document="abc", authors=("x",)) == known
    assert revision_hash(read, document="abc", authors=("x",)) != known
