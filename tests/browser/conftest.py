"""The gallery as a running server."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer

from tests.gallery.server import Gallery


@pytest.fixture
def gallery() -> Gallery:
    """Made outside the loop: it reads the catalogue and hashes the static files."""
    return Gallery()


@pytest.fixture
async def site(gallery: Gallery) -> AsyncIterator[str]:
    """The address below which the gallery's pages are."""
    server = TestServer(gallery.app())
    await server.start_server()
    yield str(server.make_url("/gallery"))
    await server.close()
