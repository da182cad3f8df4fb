"""What an examination found comes back as it was, for the bytes it was found in, and of this edition alone."""

import json
from dataclasses import replace

from hypothesis import given, strategies as st

from media import kinds
from media.facts_file import EDITION, read_facts, write_facts
from media.stable import Look
from media.video import DEMUXERS, Sound, Text, VideoFacts

_SEEN, _NOW = Look(1, 2, 3), Look(1, 5, 8)
_FORMS = [one for one in vars(kinds).values() if isinstance(one, kinds.Format) and one.name in DEMUXERS]
_FACTS = st.builds(
    VideoFacts,
    form=st.sampled_from(_FORMS),
    fps=st.floats(0, 1_000, allow_nan=False),
    sound=st.none() | st.builds(Sound),
    seen=st.just(_SEEN),
    texts=st.lists(st.builds(Text), max_size=2).map(tuple),
    chapters=st.lists(st.tuples(st.integers(0, 9), st.text(max_size=3)), max_size=2).map(tuple),
    missing=st.lists(st.tuples(st.integers(0, 9), st.integers(10, 19)), max_size=2).map(tuple),
)


@given(_FACTS)
def test_facts_come_back_as_they_were_for_the_file_as_it_is_now(facts: VideoFacts) -> None:
    assert read_facts(write_facts(facts), _NOW) == replace(facts, seen=_NOW)


@given(_FACTS)
def test_facts_of_another_edition_are_not_believed(facts: VideoFacts) -> None:
    told = json.loads(write_facts(facts))
    for other in ({**told, "edition": EDITION + 1}, {**told, "more": 1}, {**told, "form": "docx"}):
        assert read_facts(json.dumps(other).encode(), _NOW) is None
