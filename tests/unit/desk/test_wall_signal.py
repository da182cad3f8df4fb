"""What a tile of the wall says of a signal that is on air."""

import datetime as dt
from typing import Any, cast

import pytest

from cms.desk.days.wall import _signal, _signal_sound
from cms.kernel.messages import catalogue
from cms.live.seen import Seen

SINCE = dt.datetime(2026, 11, 27, 1, 30, tzinfo=dt.UTC)


class Words:
    """A visit that has words and nothing else."""

    def t(self, key: str, **values: Any) -> str:
        return catalogue().text("zh-CN", key, **values)


@pytest.mark.parametrize(
    ("seen", "picture", "sound"),
    [
        (
            Seen(is_there=True, loudness=-18.24, peak=-1.5),
            ("直播信号正常", ""),
            ("来信 -18.2 LKFS，峰值 -1.5 dBTP", True),
        ),
        (Seen(is_there=True, black=SINCE, frozen=SINCE), ("", "直播信号黑场，09:30:00 起"), ("来信没有声音", False)),
        (
            Seen(is_there=True, loudness=-40.0, frozen=SINCE),
            ("", "直播信号静帧，09:30:00 起"),
            ("来信 -40.0 LKFS，峰值 – dBTP", True),
        ),
        (Seen(is_there=False), ("", "直播信号中断，正在播填充"), None),
    ],
)
def test_tile_says_what_comes_in_and_since_when_it_is_wrong(
    seen: Seen, picture: tuple[str, str], sound: tuple[str, bool] | None
) -> None:
    visit = cast("Any", Words())
    said = _signal(visit, seen)
    assert (said["words"], said["now"]) == picture
    heard = _signal_sound(visit, seen)
    assert (heard and (heard["words"], heard["is_good"])) == sound
