"""Which deliveries wait for which places."""

from cms.contract import Channel
from cms.publishing.lanes import LONGS, RECALLS, SHORTS, lanes


def test_each_channel_that_takes_long_has_a_lane_of_its_own_behind_recalls_and_short_ones() -> None:
    channels = {
        "web": Channel("web"),
        "douyin": Channel("douyin", seconds=7200),
        "wechat": Channel("wechat", seconds=61),
    }
    found = lanes(channels)
    assert [lane.name for lane in found] == [RECALLS, SHORTS, f"{LONGS}douyin", f"{LONGS}wechat"]
    assert [lane.name for lane in lanes({"web": Channel("web", seconds=60)})] == [RECALLS, SHORTS]
