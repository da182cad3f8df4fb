"""What the platform takes of each call in a day or a minute, checked on 2026-11-27; where it names no number, ours.

The core counts by these in rows, so that a restart and a second worker forget nothing. They are nets below the limits
an operator sets, which are asked before anything is begun.
"""

import datetime as dt
from typing import Final

from cms.contract import Rate

_MINUTE: Final = dt.timedelta(minutes=1)
_DAY: Final = dt.timedelta(days=1)

RATES: Final = (
    Rate("/cgi-bin/stable_token", 2000, _DAY),
    Rate("/cgi-bin/draft/add", 1000, _DAY),
    Rate("/cgi-bin/material/add_material", 1000, _DAY),
    Rate("/cgi-bin/freepublish/submit", 100, _DAY),
    Rate("/cgi-bin/message/mass/sendall", 60, _MINUTE),
    Rate("/cgi-bin/message/mass/preview", 100, _DAY),
    Rate("/cgi-bin/clear_quota", 10, dt.timedelta(days=30)),
)
