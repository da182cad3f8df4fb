"""Every line is one JSON object with the fields of the house, whoever wrote it, and holds no secret."""

import datetime as dt
import json
import subprocess
import sys
from typing import Any

import pytest

from tests.architecture.source import ROOT

PROGRAM = """
import logging, threading
from cms.kernel import log
log.configure(role="web", level="INFO")
room = log.logger("desk")
room.debug("too quiet")
room.info("稿件已提交", document="d1", ms=12)
room.info("secrets", password="hunter2", api_token="hunter2", Authorization="hunter2", s3_secret="hunter2",
          headers={"Cookie": "hunter2", "Accept": "text/html"}, answers=[{"setup_code": "hunter2"}])
try:
    raise ValueError("broken thing")
except ValueError as error:
    kept = error
    room.exception("failed")
    logging.getLogger("aiohttp.server").exception("a library failed")
logging.getLogger("asyncio").error("a task failed", exc_info=(ValueError, kept, kept.__traceback__))
logging.getLogger("aiohttp.access").info("too quiet")
logging.getLogger("sqlalchemy").warning("a library warned of %s", "this")
def elsewhere():
    logging.getLogger("asyncio").warning("from a thread")
    room.warning("ours from a thread")
thread = threading.Thread(target=elsewhere); thread.start(); thread.join()
"""


def run(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True, encoding="utf-8"
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.fixture(scope="module")
def lines() -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in run(PROGRAM)]
    return {line["event"]: line for line in found}


def test_line_when_written_has_time_level_event_and_role(lines: dict[str, dict[str, Any]]) -> None:
    for line in lines.values():
        at = dt.datetime.fromisoformat(line["at"])
        assert at.utcoffset() == dt.timedelta(0)
        assert line["level"] in {"info", "warning", "error"}
        assert line["role"] == "web"


def test_line_when_written_keeps_what_it_binds(lines: dict[str, dict[str, Any]]) -> None:
    line = lines["稿件已提交"]
    assert (line["document"], line["ms"], line["room"]) == ("d1", 12, "desk")


def test_line_below_the_level_is_not_written(lines: dict[str, dict[str, Any]]) -> None:
    assert "too quiet" not in lines


def test_secret_when_logged_is_masked_however_deep(lines: dict[str, dict[str, Any]]) -> None:
    line = lines["secrets"]
    assert "hunter2" not in json.dumps(line)
    assert line["headers"] == {"Cookie": "***", "Accept": "text/html"}
    assert line["answers"] == [{"setup_code": "***"}]


@pytest.mark.parametrize("event", ["failed", "a library failed", "a task failed"])
def test_failure_when_logged_has_its_traceback(lines: dict[str, dict[str, Any]], event: str) -> None:
    assert "ValueError: broken thing" in lines[event]["exception"]
    assert lines[event]["level"] == "error"


def test_library_when_it_warns_is_heard_in_the_same_form(lines: dict[str, dict[str, Any]]) -> None:
    assert lines["a library warned of this"]["level"] == "warning"
    assert "from a thread" in lines
    assert "ours from a thread" in lines


def test_log_when_for_people_is_plain_lines() -> None:
    text = run(
        'from cms.kernel import log; log.configure(role="worker", json_lines=False); log.logger("x").info("hello")'
    )
    assert len(text) == 1
    assert "hello" in text[0]
    assert "role=worker" in text[0]


def test_logger_when_made_before_the_configuration_follows_it() -> None:
    program = (
        'from cms.kernel import log; early = log.logger("early"); log.configure(role="guard"); early.info("hello")'
    )
    assert json.loads(run(program)[0])["role"] == "guard"
