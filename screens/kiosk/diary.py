"""What the box has to say of itself when somebody asks for its log: bounded, and without secrets; stdlib only."""

import collections
import logging
import re
import shutil
import subprocess
from typing import Final

LINES: Final = 2_000
BYTES: Final = 256 * 2**10
UNITS: Final = ("yunping-screen.service", "yunping-kiosk.service")
SECONDS: Final = 10

# What looks like a secret is none of the reader's business: tickets, keys, signatures, passwords, queries of addresses.
_SECRETS: Final = (
    (re.compile(r"(?i)(authorization|cookie|set-cookie)(\"?\s*[:=]\s*\"?)[^\r\n]+"), r"\1\2***"),
    (
        re.compile(
            r"(?i)\b(password|passwd|secret|token|ticket|signature|private|psk|key)(\"?\s*[:=]\s*\"?)[^\s\",;&]+"
        ),
        r"\1\2***",
    ),
    (re.compile(r"(?i)\b(ticket|bearer|basic) [A-Za-z0-9._~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"([a-z]+://)[^\s/@]+@"), r"\1***@"),
    (re.compile(r"([a-z]+://[^\s?#]+)\?[^\s\"']+"), r"\1?***"),
    (re.compile(r"\b[A-Za-z0-9_-]{43,}\b"), "***"),
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Diary(logging.Handler):
    """The last lines of this process; the journal of the box's services is added where there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        self._lines: collections.deque[str] = collections.deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))

    def text(self) -> str:
        """At most `BYTES`, the newest, with what looks like a secret left out."""
        return clipped(masked("\n".join((*_journal(), "-- box --", *self._lines))))


def masked(text: str) -> str:
    """The text with secrets and control characters left out."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _CONTROLS.sub("·", text)


def clipped(text: str) -> str:
    """The end of a text that is too long, from the start of a line."""
    raw = text.encode()
    if len(raw) <= BYTES:
        return text
    return raw[-BYTES:].decode(errors="ignore").partition("\n")[2]


def _journal() -> list[str]:
    journalctl = shutil.which("journalctl")
    if journalctl is None:
        return []
    units = [part for unit in UNITS for part in ("-u", unit)]
    command = [journalctl, *units, "-n", str(LINES), "--no-pager", "-o", "short-iso"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines()
