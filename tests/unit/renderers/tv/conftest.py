"""Templates are read before the loop runs, as a process does at its start."""

import pytest

from renderers.tv import pages


@pytest.fixture(scope="session", autouse=True)
def _warm() -> None:
    pages.warm()
