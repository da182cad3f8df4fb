import hashlib

from hypothesis import given, settings, strategies as st

from media.chunks import CHUNK_BYTES, ChunkHasher, describe

SIZES = st.sampled_from([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 17])


@settings(max_examples=30)
@given(SIZES, st.lists(st.integers(1, 2 * CHUNK_BYTES), max_size=6))
def test_chunk_hasher_when_fed_in_any_pieces_gives_the_same_result(size: int, cuts: list[int]) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    data = data[:size]
    hasher = ChunkHasher()
    at = 0
    for cut in cuts:
        hasher.update(data[at : at + cut])
        at += cut
    hasher.update(data[at:])
    stored = hasher.finish()
    assert stored == describe(data)
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    assert stored.size == size
    assert stored.chunks == tuple(
        hashlib.sha256(data[n : n + CHUNK_BYTES]).hexdigest() for n in range(0, size, CHUNK_BYTES)
    )
