"""The channels that post, as a run of faults knows them: loaded once, for the tests' side and the worker's."""

from collections.abc import Mapping
from typing import Final

from cms.contract import Channel
from renderers import cityapp, douyin, wechat, wxnotice

CHANNELS: Final[Mapping[str, Channel]] = {
    one.kind: one for one in (cityapp.channel(), douyin.channel(), wechat.channel(), wxnotice.channel())
}
