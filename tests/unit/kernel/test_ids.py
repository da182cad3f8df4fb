"""Ids sort by birth, are spelt in their alphabets, and do not meet."""

import datetime as dt
import uuid

from hypothesis import given, strategies as st

from cms.kernel import ids
from cms.kernel.clock import from_ms

NOW = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
LAST = (1 << 48) - 1


@given(st.integers(0, 253_402_300_799_999))
def test_uuid_when_made_holds_its_version_variant_and_birth(ms: int) -> None:
    made = ids.uuid7(from_ms(ms))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == ms


@given(st.integers(0, LAST // 2), st.integers(1, 10**9))
def test_uuids_when_born_in_different_milliseconds_sort_by_birth(first: int, later: int) -> None:
    early, late = min(first, 10**14), min(first, 10**14) + later
    assert ids.uuid7(from_ms(early)) < ids.uuid7(from_ms(late))


def test_uuids_when_born_in_one_millisecond_differ() -> None:
    assert len({ids.uuid7(NOW) for _ in range(5000)}) == 5000


def test_public_id_when_made_can_be_read_over_the_telephone() -> None:
    made = [ids.public_id() for _ in range(2000)]
    assert {len(one) for one in made} == {ids.PUBLIC_LENGTH}
    assert set("".join(made)) == set(ids.PUBLIC_ALPHABET)
    assert not set("ilou") & set(ids.PUBLIC_ALPHABET)
    assert len(set(made)) == 2000


def test_block_id_when_made_has_its_prefix_and_length() -> None:
    made = [ids.block_id() for _ in range(2000)]
    assert {one[:2] for one in made} == {"b_"}
    assert {len(one) for one in made} == {2 + ids.BLOCK_LENGTH}
    assert set("".join(one[2:] for one in made)) == set(ids.BLOCK_ALPHABET)
