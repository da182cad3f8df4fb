"""What people see: the consent page, and the account's feed on a phone."""

from typing import TYPE_CHECKING

from tests.fakes.stage.messages import Answer, Request

if TYPE_CHECKING:
    from tests.fakes.douyin.simulator import Douyin


def page(sim: "Douyin", request: Request) -> Answer | None:
    return None
