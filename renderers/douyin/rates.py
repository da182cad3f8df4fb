"""How often each call is made at most, set on 2026-11-27: the platform names no number for an account, these are ours.

The core counts by these in rows, so that a restart and a second worker forget nothing.
"""

import datetime as dt
from typing import Final

from cms.contract import Rate

_DAY: Final = dt.timedelta(days=1)

RATES: Final = (
    Rate("/api/douyin/v1/video/create_video/", 75, _DAY),
    Rate("/oauth/renew_refresh_token/", 20, _DAY),
    Rate("/oauth/refresh_token/", 200, _DAY),
)
