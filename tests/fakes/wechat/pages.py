"""What a follower sees on a phone: the account's articles, and one article."""

from typing import TYPE_CHECKING

from tests.fakes.stage.messages import Answer, Request

if TYPE_CHECKING:
    from tests.fakes.wechat.simulator import WeChat


def page(sim: "WeChat", request: Request) -> Answer | None:
    return None
