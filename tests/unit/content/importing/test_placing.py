"""Where a feed's pictures go: every one is in the text or in the report, and no address is left in the text."""

import json
import uuid

from hypothesis import given, strategies as st

from cms.content.blocks import plain_text, read_body
from cms.content.importing.foreign import read_foreign
from cms.content.importing.placing import PICTURE, with_pictures

_NAMES = st.lists(st.sampled_from("abcdef"), min_size=0, max_size=6)
_GONE = {"code": "library.fetch_status", "params": {"status": 404, "host": "a.cn"}}


@given(written=_NAMES, listed=_NAMES, had=st.sets(st.sampled_from("abcdef")))
def test_pictures_when_placed_are_in_the_text_or_in_the_report(
    written: list[str], listed: list[str], had: set[str]
) -> None:
    url = "https://a.cn/{}.jpg".format
    html = "".join(f"<p>第{number}段</p><img src='{url(name)}' alt='灯'>" for number, name in enumerate(written))
    read = read_foreign(html, picture=PICTURE)
    addresses = list(dict.fromkeys((*read.pictures, *map(url, listed))))
    outcomes = {
        url(name): {"asset": str(uuid.uuid5(uuid.NAMESPACE_URL, name))} if name in had else _GONE for name in "abcdef"
    }
    placed = with_pictures({"schema": 1, "blocks": list(read.blocks)}, addresses, outcomes)

    images = [block["asset"] for block in placed.body["blocks"] if block["type"] == "image"]
    assert {outcomes[one]["asset"] for one in addresses if "asset" in outcomes[one]} == set(images)
    assert {one["url"] for one in placed.missing} == {one for one in addresses if "asset" not in outcomes[one]}
    assert "a.cn" not in json.dumps(placed.body)
    assert placed.fetched == len(images)
    assert (str(placed.cover) if placed.cover else None) == (images[0] if images else None)
    words = plain_text(read_body(placed.body))
    assert all(f"第{number}段" in words for number in range(len(written)))
    afters = [one["after"] for one in placed.missing if one["name"]]
    assert all(one.startswith("第") for one in afters)


def test_links_that_a_person_wrote_are_no_pictures() -> None:
    address = "https://a.cn/a.jpg"
    read = read_foreign(f"<p>见<a href='{address}'>原图</a></p><p><a href='{address}'>图片</a></p>")
    placed = with_pictures({"schema": 1, "blocks": list(read.blocks)}, [address], {address: _GONE})
    assert placed.body["blocks"] == list(read.blocks)
    assert [one["url"] for one in placed.missing] == [address]
