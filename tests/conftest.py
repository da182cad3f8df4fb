"""Fixtures of every test: databases, a browser, and the guards."""

import gc

import pytest
import structlog
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.guards",
    "tests.statements",
    "tests.at_once",
    "tests.postgres",
    "tests.schema",
    "tests.chromium",
    "tests.tasks",
]

# No deadline: two cores are shared by the tests, a browser and servers, so one example's time says nothing.
settings.register_profile(
    "house", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
# What `./yunping test soak` takes.
settings.register_profile("long", settings.get_profile("house"), max_examples=1000)
settings.load_profile("house")

# As in the product, a traceback is plain text: the coloured one takes a second of CPU each, inside the loop.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer(colors=False),
    ]
)


# A test makes as many objects as a page; the interpreter's own limits look for garbage so often among them that a tenth
# of the workers' processor time went into it.
gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: no later search for garbage walks through all of it."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The journeys begin the run, left to the end they would keep it waiting: those of the first light one after the
    other on the last worker, the others on the one before it. All of them on one would take longer than the rest of
    the suite, each on its own would starve the others.

    Each worker of xdist collects for itself and begins with its equal share of the same order, from which those that
    are done take over.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    lanes: tuple[list[pytest.Item], list[pytest.Item]] = ([], [])
    others: list[pytest.Item] = []
    for item in items:
        is_journey = item.path.parent.name == "journeys"
        lane = lanes[item.path.stem == "test_first_light"] if is_journey else others
        lane.append(item)
    share = len(items) // workers
    for lane, worker in zip(lanes, (max(workers - 2, 0), workers - 1), strict=True):
        others[share * worker : share * worker] = lane
    items[:] = others
