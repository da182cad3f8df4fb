"""Real stores, a real sandbox and a private work folder for the tests of media."""

import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from media.sandbox import Sandbox
from media.store import S3Options, Store


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """An S3 stand-in on loopback with the bucket `yunping`."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - a third of a second for every worker

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    with urllib.request.urlopen(urllib.request.Request(f"{endpoint}/yunping", method="PUT"), timeout=10):
        pass
    yield endpoint
    server.stop()


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "local":
        return Store.open(f"file://{tmp_path}/store", min_free_bytes=0)
    options = S3Options(
        region="us-east-1",
        key="key",
        secret="secret",
        endpoint=request.getfixturevalue("s3_endpoint"),
        allow_http=True,
    )
    # Each test has its own prefix, so that none sees another's files.
    return Store.open(f"s3://yunping/{tmp_path.name}", s3=options, staging=tmp_path / "staging", min_free_bytes=0)


@pytest.fixture
def local(tmp_path: Path) -> Store:
    return Store.open(f"file://{tmp_path}/store", min_free_bytes=0)


@pytest.fixture
async def sandbox() -> Sandbox:
    return await Sandbox.detect(allow_unsandboxed=False)


@pytest.fixture
async def work(tmp_path: Path) -> AsyncIterator[Path]:
    """A work folder that every test must leave empty."""
    folder = tmp_path / "work"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []
