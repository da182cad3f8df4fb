"""The lines between the guard and the other roles of one machine: JSON, one message a line.

caller → guard   {"id": n, "do": operation, "with": {…}}
guard → caller   {"id": n, "done": value}  |  {"id": n, "refused": {"code", "params"}}
guard → caller   {"recalls": {signed}}     after {"do": "subscribe"}: the newest set at once and at every change
"""

import json
from typing import Any, Final

from cms.guard.errors import GuardRefused

MAX_LINE: Final = 16 * 2**20


def line(message: dict[str, Any]) -> bytes:
    """Raises GuardRefused `guard.message_too_large`."""
    data = json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
    if len(data) > MAX_LINE:
        raise GuardRefused("guard.message_too_large", limit=MAX_LINE)
    return data


def message(data: bytes) -> dict[str, Any]:
    """Raises GuardRefused `guard.message` for anything but one object."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise GuardRefused("guard.message") from error
    if not isinstance(value, dict):
        raise GuardRefused("guard.message")
    return value


def refusal(number: object, refused: GuardRefused) -> dict[str, Any]:
    params = {name: value if isinstance(value, list) else str(value) for name, value in refused.params.items()}
    return {"id": number, "refused": {"code": refused.code, "params": params}}
