"""Pages of a simulator: templates, a strict policy, and files by range for players."""

import datetime as dt
import re
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.fakes.stage.clock import BEIJING
from tests.fakes.stage.messages import Answer, Request

HERE: Final = Path(__file__).parent
POLICY: Final = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; "
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def templates(folder: Path) -> Environment:
    made = Environment(
        loader=FileSystemLoader([folder, HERE / "templates"]), autoescape=True, undefined=StrictUndefined
    )
    made.filters["moment"] = _moment
    return made


def html(
    environment: Environment, name: str, *, policy: str = "form-action 'self'", status: int = 200, **values: Any
) -> Answer:
    text = environment.get_template(name).render(**values)
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": POLICY + policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return Answer(status, text.encode(), headers)


def file(request: Request, data: bytes, media_type: str) -> Answer:
    """The file or the range of it that a player asked for."""
    headers = {"Content-Type": media_type, "Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if not found or not (found[1] or found[2]):
        return Answer(200, data, headers)
    size = len(data)
    start = int(found[1]) if found[1] else max(0, size - int(found[2]))
    end = min(int(found[2]), size - 1) if found[1] and found[2] else size - 1
    if start > end:
        return Answer(416, b"", {**headers, "Content-Range": f"bytes */{size}"})
    return Answer(206, data[start : end + 1], {**headers, "Content-Range": f"bytes {start}-{end}/{size}"})


def _moment(at: dt.datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.month}月{local.day}日 {local:%H:%M}"
