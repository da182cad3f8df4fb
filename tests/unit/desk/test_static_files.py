"""Static files: addresses follow content, lasting only under their own version, nothing outside the tree."""

import gzip
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler

from cms.desk.static_files import StaticTree
from cms.kernel.errors import NotFound

LONG = "a{color:red}" * 200


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {"static/css/a.css": "a{}", "static/vendor/x-1/x.js": "1", "secret.txt": "key"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "static"


@pytest.fixture
def tree(root: Path) -> StaticTree:
    return StaticTree(root)


@web.middleware
async def _missing_is_404(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except NotFound:
        raise web.HTTPNotFound from None


def test_address_when_a_file_changes_changes_for_ours_and_not_for_vendored(root: Path) -> None:
    before = StaticTree(root)
    (root / "css/a.css").write_text("a{color:red}")
    after = StaticTree(root)

    assert before.url("css/a.css") != after.url("css/a.css")
    assert before.url("vendor/x-1/x.js") == after.url("vendor/x-1/x.js") == "/desk/static/vendor/x-1/x.js"


def test_address_when_the_file_is_missing_is_an_error(tree: StaticTree) -> None:
    with pytest.raises(KeyError):
        tree.url("css/none.css")


@pytest.mark.parametrize(
    ("path", "status", "kept"),
    [
        ("{own}", 200, "public, max-age=31536000, immutable"),
        ("/desk/static/vendor/x-1/x.js", 200, "public, max-age=31536000, immutable"),
        ("/desk/static/0123456789ab/css/a.css", 200, "no-cache"),
        ("/desk/static/0123456789ab/../../secret.txt", 404, None),
        ("/desk/static/0123456789ab/%2e%2e/%2e%2e/secret.txt", 404, None),
        ("/desk/static/vendor/..%2fcss%2fa.css", 404, None),
    ],
)
async def test_file_when_asked_for_is_kept_as_long_as_its_address_means_it(
    tree: StaticTree, path: str, status: int, kept: str | None
) -> None:
    app = web.Application(middlewares=[_missing_is_404])
    app.add_routes(tree.routes())
    async with TestClient(TestServer(app)) as client:
        answer = await client.get(path.format(own=tree.url("css/a.css")))
        assert (answer.status, answer.headers.get("Cache-Control")) == (status, kept)


@pytest.fixture
def styled(root: Path) -> StaticTree:
    """With a stylesheet that is worth packing."""
    (root / "css/a.css").write_text(LONG)
    return StaticTree(root)


async def test_file_when_the_asker_can_unpack_is_packed_and_says_what_it_is(styled: StaticTree) -> None:
    app = web.Application()
    app.add_routes(styled.routes())
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        url = styled.url("css/a.css")
        plain = await client.get(url, headers={"Accept-Encoding": "identity"})
        packed = await client.get(url, headers={"Accept-Encoding": "br, gzip"})
        assert await plain.text() == LONG
        assert gzip.decompress(await packed.read()) == LONG.encode()
        assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
        assert plain.content_type == packed.content_type == "text/css"
