"""What listens and gives out bytes asks the tombstones first, or says here why it need not."""

import functools
import re

from tests.architecture.source import ROOMS, ROOT

LISTENS = re.compile(
    r"\bweb\.(?:get|head|route|static|view)\(|\badd_(?:get|route|static)\("
    r"|\bstart_(?:unix_)?server\(|\bawait serve\(|\bsendto\("
)
# Gives out nothing that was published, or only what was checked where it came from.
NEED_NOT = {
    "cms/desk/routing.py": "pages of the desk, for people who are signed in",
    "cms/desk/static_files.py": "the desk's own scripts and styles",
    "cms/guard/server.py": "is where the tombstones come from",
    "deploy/roles.py": "metrics, on the loopback",
    "deploy/ftp.py": "gives what deploy/ftp_offers.py finds",
    "screens/main.py": "gives what the guard signed over its own recalls, anew when they grow (deploy/gateway.py)",
}
# Where bytes of published pieces leave the house.
ASK = (
    *("deploy/public.py", "deploy/serving.py", "deploy/places.py", "deploy/hooks.py", "deploy/pushing.py"),
    *("deploy/ftp_offers.py", "deploy/gateway.py", "deploy/tv_out.py", "deploy/live_in.py"),
)


@functools.cache
def texts() -> dict[str, str]:
    paths = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in paths}


def test_module_when_it_listens_holds_the_tombstones_or_says_why_not() -> None:
    listening = {name for name, text in texts().items() if LISTENS.search(text)}
    asking = {name for name, text in texts().items() if "tombstones" in text}
    assert listening - asking - NEED_NOT.keys() == set()
    assert NEED_NOT.keys() - listening == set()
    assert set(ASK) - asking == set()
