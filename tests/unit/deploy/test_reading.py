"""What a start reads before it forks: nothing of the database for the guard, and for the others all that each needs."""

import subprocess
import sys

from tests.architecture.source import ROOT

READS = """
import sys
from deploy import roles
roles.read("guard")
assert "sqlalchemy" not in sys.modules and "cms.publishing.registry" not in sys.modules
roles.read("web")
import threading
from cms.kernel.base import Base
assert len(Base.registry.mappers) > 50 and all(one.configured for one in Base.registry.mappers)
before = set(sys.modules)
from cms.publishing.registry import load_channels
assert "web" in load_channels()
print(threading.active_count(), sorted(set(sys.modules) - before))
"""


def test_roles_when_read_find_channels_and_tables_ready_and_the_guard_nothing_of_them() -> None:
    argv = [sys.executable, "-c", READS]
    ran = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    # One thread, or it may not be forked; no module is read a second time by the role itself.
    assert ran.stdout == "1 []\n", ran.stdout
