"""A television channel of a unit with something on its day, a template, and a change that can be taken back."""

from typing import Any, Final

from cms.airing.models import DayChange, DayTemplate
from cms.content.models import Document, Edition, RevisionAsset
from cms.library.models import VIDEO, Asset
from cms.planning.models import Placement, Target
from cms.planning.rules import read_rule, rule_json
from schedules.resolve import Layer
from tests.integration.desk.maker import Maker

ON_AIR: Final = "tv-04"
_START, _END = "2027-03-01T09:00:00+08:00", "2027-03-01T10:00:00+08:00"


async def on_air(maker: Maker, piece: Document, edition: Edition) -> dict[str, Any]:
    """The channel's rows, by the names of the parts of addresses."""
    make = maker.make
    channel = await make(Target, code=ON_AIR, kind="tv", units=[], settings={})
    rule = rule_json(read_rule({"start": _START, "end": _END}))
    lying = await make(
        Placement, document_id=piece.id, target_id=channel.id, rule=rule, layer=int(Layer.EXCLUSIVE)
    )  # fmt: skip
    film = await make(Asset, kind=VIDEO, sha256="d" * 64, name="一讲.mp4", duration_ms=9_000)
    await make(RevisionAsset, revision_id=edition.revision_id, asset_id=film.id)
    return {
        "airing_document": piece,
        "lying": lying,
        "template": await make(DayTemplate, target_id=channel.id, entries=[[str(piece.id), 0]]),
        "change": await make(DayChange, target_id=channel.id, act="place", made=[str(lying.id)], ended=[]),
    }
