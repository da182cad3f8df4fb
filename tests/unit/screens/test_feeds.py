"""Messages with values of feeds: below the frame's limit, and for the feeds that a piece has cards of."""

from screens.feeds import PART, feeds_of, frames_of
from screens.messages import MAX_FRAME, MOST_FEEDS, Feeds, read_server
from tests.vectors import world
from tests.vectors.world import by, feed


def _payload(frame: bytes) -> str:
    return frame[2 if frame[1] < 126 else 4 if frame[1] == 126 else 10 :].decode()


def test_values_of_many_feeds_go_in_messages_that_a_screen_reads() -> None:
    signed = [by(feed(1, feed=f"f{n}"), "feed air") for n in range(30)]
    read = [read_server(_payload(frame)) for frame in frames_of([one.wire() for one in signed])]
    assert [one for message in read if isinstance(message, Feeds) for one in message.feeds] == signed
    assert all(isinstance(message, Feeds) and len(message.feeds) <= MOST_FEEDS for message in read)
    assert all(len(frame) < MAX_FRAME for frame in frames_of(["字" * (PART - 1)] * 3))
    assert list(frames_of([])) == []


def test_feeds_of_a_piece_are_those_of_its_cards_on_the_street() -> None:
    body = {"schema": 1, "blocks": [world.card()]}
    assert feeds_of({"body": body}) == {"air"}
    own = {"screen": {"body": {"schema": 1, "blocks": [world.card(feed="water")]}}, "web": {"body": body}}
    assert feeds_of({"body": {"blocks": []}, "overrides": own}) == {"water"}
    assert feeds_of({"body": {"blocks": [world.card(fields=[])]}}) == frozenset()
