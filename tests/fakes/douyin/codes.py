"""Douyin's error codes: an old and a new family that say the same."""

from enum import Enum
from typing import Final


class Wrong(Enum):
    """What is wrong: the old code, the new code, a description."""

    BUSY = 2100004, 28001005, "系统繁忙，请稍后再试"
    PARAMETERS = 2100005, 28001007, "参数不合法"
    TOKEN_EXPIRED = 2190008, 28001008, "access_token过期,请刷新或重新授权"
    TOKEN_INVALID = 2190002, 28001003, "access_token无效"
    MISMATCH = 2190015, 28001015, "access_token与open_id不匹配"
    UNAUTHORISED = 2190004, 28001012, "用户未授权该api"
    NO_CAPABILITY = 2190004, 28001014, "应用未获得该能力"
    CAPABILITY_BANNED = 2100007, 28001018, "应用该能力已被封禁"
    CAPABILITY_WITHDRAWN = 2100007, 28001056, "该能力已下线"
    APP_BANNED = 2100007, 28001016, "当前应用已被封禁或下线"
    QUOTA = 2190001, 28003017, "quota已用完"
    TOO_FAST = 2190020, 28003018, "访问过于频繁,请稍后再试"
    USER_BANNED = 2100009, 28001045, "用户被封禁"
    RISK = 2190020, 28001052, "命中风控"


# Of the OAuth addresses; they have one family.
OAUTH: Final = {
    10002: "参数错误",
    10003: "client_key错误",
    10004: "应用权限不足,请申请对应的scope权限",
    10005: "缺少参数",
    10006: "非法重定向URI",
    10007: "授权码过期",
    10008: "access_token无效",
    10010: "refresh_token过期",
    10013: "client_key或者client_secret报错",
    10020: "refresh_token刷新次数已用完",
}


class Refused(Exception):
    """The platform's «no»."""

    def __init__(self, code: "Wrong | int", message: str = "") -> None:
        super().__init__(code)
        self.wrong = code
        self.message = message or (code.value[2] if isinstance(code, Wrong) else OAUTH.get(code, "错误"))

    def code(self, *, new: bool) -> int:
        if isinstance(self.wrong, int):
            return self.wrong
        return int(self.wrong.value[1 if new else 0])
