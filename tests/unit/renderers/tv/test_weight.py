"""What a page of the portal asks of an old box: so many bytes of words, and so many of pictures."""

import dataclasses
import re

from hypothesis import given, settings, strategies as st

from cms.contract import AssetFile, Piece
from renderers.conformance.samples import digest, make_piece
from renderers.conformance.world import SITE
from renderers.tv import pages
from renderers.tv.pages import CARD, PICTURES, POSTER
from renderers.tv.portal import Portal
from tests.fakes.channel import NOW, ChannelWorld

HTML = 60_000
SIZES = st.integers(2_000, 400_000)


@st.composite
def illustrated(draw: st.DrawFn) -> list[Piece]:
    """Pieces with covers in some sizes, films with nothing but a poster, and pieces without any picture."""
    found = []
    for number in range(draw(st.integers(1, 20))):
        piece = dataclasses.replace(make_piece(number, at=NOW), column="news", cover=digest(f"cover {number}"))
        names = draw(st.sets(st.sampled_from((CARD, POSTER, "poster"))))
        files = tuple(
            AssetFile(digest(f"{name} {number}"), draw(SIZES), "image/jpeg", 320, 200, piece.cover or "", name)
            for name in sorted(names)
        )
        found.append(dataclasses.replace(piece, assets=files))
    return found


def drawn(html: bytes, pieces: list[Piece]) -> list[AssetFile]:
    """The files of the pictures that a page has from its beginning."""
    known = {file.sha256: file for piece in pieces for file in piece.assets}
    return [known[name] for name in re.findall(r'<img src="/a/([0-9a-f]{64})"', html.decode())]


@given(illustrated())
@settings(max_examples=40)
def test_page_of_any_pieces_is_no_heavier_than_an_old_box_can_hold(pieces: list[Piece]) -> None:
    portal = Portal(SITE, ChannelWorld().target, (("news", "要闻"),))
    lists = {"news": pieces}
    files = [
        *portal.column("news", "要闻", pieces)[0],
        *portal.news(lists)[0],
        *portal.tree({}),
        portal.home(lists, NOW),
    ]
    files += [file for piece in pieces for file in portal.piece(piece, ())]
    for file in files:
        assert len(file.data) <= HTML, file.path
        assert sum(one.size for one in drawn(file.data, pieces)) <= PICTURES, file.path


def test_pictures_of_a_page_are_the_small_ones_and_only_the_heaviest_are_left_out() -> None:
    def piece(number: int, *files: tuple[str, int]) -> Piece:
        of = digest(f"cover {number}")
        made = (AssetFile(digest(f"{number} {n}"), size, "image/jpeg", 320, 200, of, n) for n, size in files)
        return dataclasses.replace(make_piece(number, at=NOW), cover=of, assets=tuple(made))

    small = [piece(n, (CARD, 9_000), (POSTER, 120_000)) for n in range(8)]
    film, heavy, bare = piece(8, ("poster", 180_000)), piece(9, ("poster", 200_000)), piece(10)
    found = pages.pictures([heavy, *small, film, bare])
    assert {document for document, html in found.items() if html} == {one.document for one in (*small, film)}
    assert all(digest(f"{n} {CARD}") in found[one.document] for n, one in enumerate(small))
    assert list(found) == [one.document for one in (heavy, *small, film, bare)]
    assert pages.picture(piece(11, ("poster", 400_000), (CARD, 9_000)), "poster") == pages.picture(
        piece(11, (CARD, 9_000)), "poster"
    )
