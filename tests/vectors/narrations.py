"""Pieces with a recording that is read aloud instead of a synthetic voice: a file like any other, or none."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cms.trust.approval import Bundle
from cms.trust.keys import sha256
from cms.trust.signed import text_of
from tests.vectors import world
from tests.vectors.cases import ISSUE, Case, fed, unfit
from tests.vectors.world import by

MASTER = sha256(b"recording")
VOICE = replace(world.asset("recording"), of=MASTER, rendition="voice", media_type="audio/mp4", width=None, height=None)


def narrations() -> Iterator[Case]:
    spoken = read_aloud(MASTER, VOICE)
    issue = replace(ISSUE, bundles=(spoken,))
    yield fed(Case("a piece with its recording", "none"), issue).loop(1_000, [spoken.release])
    silent = read_aloud(None)
    yield fed(Case("a piece without a recording", "none"), replace(ISSUE, bundles=(silent,))).loop(
        1_000, [silent.release]
    )
    yield unfit("a recording nobody signed", "wrong target", read_aloud("0" * 64, VOICE), "trust.asset")
    yield unfit("a recording without its file", "wrong target", read_aloud(MASTER), "trust.asset")
    yield unfit("a recording that is no name", "schema", read_aloud(7, VOICE), "trust.schema")
    yield unfit("a recording in a list", "schema", read_aloud([MASTER], VOICE), "trust.schema")
    gone = fed(Case("a recording that was taken back", "recalled file"), issue)
    recalls = by(world.recalls(2, assets=[MASTER]), "guard")
    yield gone.take(2_000, {"recalls": None, spoken.release: "trust.recalled"}, recalls=recalls).loop(2_000, [])


def read_aloud(narration: Any, *assets: Any) -> Bundle:
    content = {**world.content("运河边的早晨"), "narration": narration}
    return world.bundle_of(text_of(world.release("spoken", content=content, assets=assets)), "qian", "sun")
