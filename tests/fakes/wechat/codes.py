"""WeChat's error codes as the simulator speaks them."""

from typing import Final

MESSAGES: Final = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40009: "invalid image size",
    40010: "invalid voice size",
    40011: "invalid video size",
    40012: "invalid thumb size",
    40013: "invalid appid",
    40035: "invalid parameter",
    40059: "invalid msg id",
    40114: "invalid index value",
    40125: "invalid appsecret",
    40164: "invalid ip",
    40243: "AppSecret has been frozen",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41006: "media_id missing",
    41039: "invalid content_source_url",
    42001: "access_token expired",
    40003: "invalid openid",
    43002: "require POST method",
    43004: "require subscribe",
    44001: "empty media data",
    44004: "empty content",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45003: "title size out of limit",
    45004: "description size out of limit",
    45005: "url size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45028: "has no masssend quota",
    45065: "clientmsgid exist",
    45066: "same clientmsgid retry too fast",
    45067: "clientmsgid size out of limit",
    45110: "author size out of limit",
    45166: "invalid content",
    47001: "data format error",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    53402: "cover crop failed",
    53404: "invalid cover ratio",
    53405: "invalid cover coordinates",
    53502: "invalid publish_id",
    53503: "draft did not pass publish checks",
    53600: "invalid article_id",
    87014: "risky content",
    88000: "without comment privilege",
    89503: "ip needs administrator confirmation",
    89506: "ip refused by administrator",
    89507: "ip refused by administrator",
}


class Refused(Exception):
    """The platform's «no», with further fields of the answer if it has any."""

    def __init__(self, code: int, message: str = "", **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or MESSAGES.get(code, "error")
        self.fields = fields
