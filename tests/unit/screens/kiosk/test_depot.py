"""Thin lines over real sockets: resumed at the byte, checked per chunk, within hours and bytes, once for a house."""

import datetime as dt
import errno
import hashlib
import http.server
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from cms.hands.hours import Open
from cms.hands.line import FREE, Policy, delay_of
from cms.trust.limits import CHUNK
from screens.kiosk.depot import Depot, File, files_of
from screens.kiosk.machine import Share

NOON = int(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC).timestamp() * 1000)
NIGHT = (Open((1, 2, 3, 4, 5, 6, 7), 22 * 60, 6 * 60),)


@dataclass
class Clock:
    at: int = NOON

    def guess(self) -> int:
        return self.at


class Media(http.server.ThreadingHTTPServer):
    """A media server that counts what it sends, cuts answers short and can lie."""

    daemon_threads = True

    def __init__(self, *files: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Sender)
        self.files = {sha256(one): one for one in files}
        self.cuts: list[int] = []
        self.at_half: Callable[[str], None] = lambda _: None
        """What happens to the name in the middle of an answer."""
        self.sent: dict[str, int] = {}
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Sender(http.server.BaseHTTPRequestHandler):
    server: Media

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        data = self.server.files.get(name)
        if data is None:
            self.send_error(404)
            return
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        part = data[start:]
        cut = self.server.cuts.pop(0) if self.server.cuts else len(part)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        middle = cut // 2
        try:
            self._send(name, part[:middle])
            self.server.at_half(name)
            self._send(name, part[middle:cut])
        except OSError:
            self.close_connection = True  # the box hung up

    def _send(self, name: str, data: bytes) -> None:
        self.server.sent[name] = self.server.sent.get(name, 0) + len(data)
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def file_of(data: bytes, **changes: Any) -> File:
    chunks = tuple(sha256(data[at : at + CHUNK]) for at in range(0, len(data), CHUNK))
    return replace(File(sha256(data), len(data), chunks), **changes)


FILM = random.Random(5).randbytes(5 * CHUNK + 12_345)


@pytest.fixture
def media() -> Iterator[Media]:
    made = Media(FILM)
    yield from serving(made)


def serving(server: Any) -> Iterator[Any]:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def depot(folder: Path, media: Media, *, clock: Clock | None = None, time: Time | None = None, **rules: Any) -> Depot:
    made = Depot(folder, clock=clock or Clock(), ticks=time or Time(), reserve=0)
    made.base = media.url
    made.policy = replace(FREE, **rules)
    return made


def test_download_cut_at_half_goes_on_after_a_start_with_almost_no_byte_twice(tmp_path: Path, media: Media) -> None:
    media.cuts = [len(FILM) // 2]
    first = depot(tmp_path, media)
    assert first.want([file_of(FILM)]) == {sha256(FILM): "waiting"}
    assert first.step()
    assert first.state(sha256(FILM)) == "coming"
    again = depot(tmp_path, media)  # power went and came
    again.want([file_of(FILM)])
    assert again.step()
    assert again.state(sha256(FILM)) == "here"
    assert (tmp_path / sha256(FILM)).read_bytes() == FILM
    assert media.sent[sha256(FILM)] <= 1.02 * len(FILM)
    assert again.step() is False


def test_flapping_line_brings_it_in_the_end_and_every_chunk_was_checked(tmp_path: Path, media: Media) -> None:
    media.cuts = [300_000] * 12
    time = Time()
    made = depot(tmp_path, media, time=time)
    made.want([file_of(FILM)])
    while made.state(sha256(FILM)) != "here":
        time.now += 10
        made.step()
    assert media.sent[sha256(FILM)] <= 1.02 * len(FILM)


def test_wrong_bytes_are_never_kept_and_three_wrong_answers_are_enough(tmp_path: Path, media: Media) -> None:
    media.files[sha256(FILM)] = FILM[: 2 * CHUNK] + bytes(CHUNK) + FILM[3 * CHUNK :]
    time = Time()
    made = depot(tmp_path, media, time=time)
    made.want([file_of(FILM)])
    for _ in range(3):
        made.step()
        time.now += 10
    assert made.state(sha256(FILM)) == "lost"
    part = tmp_path / f"{sha256(FILM)}.part"
    assert part.stat().st_size == 2 * CHUNK  # what was good of it stays
    media.files[sha256(FILM)] = FILM
    time.now += 100
    made.step()
    assert made.has(sha256(FILM))


def test_outside_its_hours_no_byte_comes_but_what_is_urgent_does(tmp_path: Path, media: Media) -> None:
    notice = b"n" * 100_000
    media.files[sha256(notice)] = notice
    clock = Clock()
    made = depot(tmp_path, media, clock=clock, windows=NIGHT, budget=1)
    made.want([file_of(FILM), file_of(notice, urgent=True)])
    while made.step():
        pass
    assert media.sent == {sha256(notice): len(notice)}
    assert made.state(sha256(FILM)) == "held"
    clock.at += 4 * 3_600_000  # 20:00 in UTC is 04:00 in Shanghai: open, but a byte of the day is little
    made.step()
    assert 0 < media.sent[sha256(FILM)] <= len(FILM)
    assert made.state(sha256(FILM)) == "held"
    clock.at = 0  # a box that knows no time does not stay empty
    made.policy = replace(FREE, windows=NIGHT)
    made._standing[sha256(FILM)].not_before = 0.0
    made.step()
    assert made.has(sha256(FILM))


def test_budget_of_the_day_holds_over_a_start_and_ends_with_the_day(tmp_path: Path, media: Media) -> None:
    clock = Clock()
    made = depot(tmp_path, media, clock=clock, budget=2 * CHUNK)
    made.want([file_of(FILM)])
    made.step()
    spent = made.fetched
    assert 2 * CHUNK <= spent <= 2 * CHUNK + 2**17
    again = depot(tmp_path, media, clock=clock, budget=2 * CHUNK)
    again.want([file_of(FILM)])
    assert again.step() is False
    clock.at += 24 * 3_600_000
    again.step()
    assert again.fetched >= 2 * CHUNK


def test_download_that_is_running_when_its_hours_end_stops_there_and_goes_on_in_the_next(
    tmp_path: Path, media: Media
) -> None:
    clock, time = Clock(NOON + 9 * 3_600_000 + 3_540_000), Time()  # 05:59 in Shanghai
    made = depot(tmp_path, media, clock=clock, time=time, windows=NIGHT)

    def morning(_: str) -> None:
        until(lambda: made.fetched > CHUNK)
        clock.at += 60_000

    media.at_half = morning
    made.want([file_of(FILM)])
    assert made.step()
    assert made.state(sha256(FILM)) == "held"
    came = made.fetched
    assert 0 < came <= len(FILM) * 3 // 4
    time.now += 3_600
    assert made.step() is False
    clock.at += 17 * 3_600_000
    media.at_half = lambda _: None
    made.step()
    assert made.has(sha256(FILM))
    assert made.fetched == len(FILM)


def test_screens_of_a_subtree_begin_apart_and_urgent_ones_at_once(tmp_path: Path, media: Media) -> None:
    hour = replace(FREE, spread=3_600_000)
    film = sha256(FILM)
    delays = [delay_of(hour, f"0192-screen-{n}", film) for n in range(200)]
    tenths = Counter(10 * delay // 3_600_000 for delay in delays)
    assert sorted(tenths) == list(range(10))  # all over the hour
    assert max(tenths.values()) <= 40
    time = Time()
    made = depot(tmp_path, media, time=time, spread=3_600_000)
    made.screen = "0192-screen"
    own = delay_of(hour, made.screen, sha256(FILM)) / 1000
    notice = b"n" * 100_000
    media.files[sha256(notice)] = notice
    made.want([file_of(FILM), file_of(notice, urgent=True)])
    assert made.step()
    assert (made.has(sha256(notice)), made.state(sha256(FILM))) == (True, "held")
    time.now = own - 1
    made.want([])  # a newer line-up comes, and the page asks for its films later
    made.want([file_of(FILM)])
    assert made.step() is False
    time.now = own
    assert made.step()
    assert made.has(sha256(FILM))


def test_film_in_hand_leaves_the_line_to_what_is_urgent_and_goes_on_after_it(tmp_path: Path, media: Media) -> None:
    notice = random.Random(6).randbytes(2 * CHUNK)
    media.files[sha256(notice)] = notice
    made = depot(tmp_path, media)
    over = threading.Event()
    came: list[bool] = []

    def meanwhile(name: str) -> None:
        if name == sha256(FILM) and not came:
            made.want([file_of(FILM), file_of(notice, urgent=True)])
            came.append(until(lambda: made.has(sha256(notice))) and not made.has(sha256(FILM)))

    media.at_half = meanwhile  # the film stands still until the notice is here
    made.want([file_of(FILM)])
    threading.Thread(target=made.run, args=(over,), daemon=True).start()
    until(lambda: made.has(sha256(FILM)))
    over.set()
    assert came == [True]
    assert made.fetched <= 1.02 * (len(FILM) + len(notice))


def until(holds: Callable[[], bool]) -> bool:
    end = monotonic() + 10
    while not holds():
        assert monotonic() < end
        sleep(0.01)
    return True


def test_begun_film_is_kept_while_the_page_asks_for_something_else(tmp_path: Path, media: Media) -> None:
    media.cuts = [3 * CHUNK]
    time = Time()
    made = depot(tmp_path, media, time=time)
    made.want([file_of(FILM)])
    made.step()
    picture = b"p" * 100_000
    media.files[sha256(picture)] = picture
    made.want([file_of(picture)])
    made.step()
    assert made.has(sha256(picture))
    made.want([file_of(FILM)])
    made.step()
    assert made.has(sha256(FILM))
    assert media.sent[sha256(FILM)] <= 1.02 * len(FILM)
    made._free = lambda _: 0
    other = b"o" * CHUNK
    (tmp_path / f"{sha256(FILM)}.part").write_bytes(b"x")
    made.want([file_of(other)])
    made.step()
    assert made.state(sha256(other)) == "full"
    assert not (tmp_path / f"{sha256(FILM)}.part").exists()  # there is need of the room


def test_film_nobody_wants_any_more_is_left_in_the_middle(tmp_path: Path, media: Media) -> None:
    made = depot(tmp_path, media)

    def recalled(_: str) -> None:
        made.want([])

    media.at_half = recalled
    made.want([file_of(FILM)])
    assert made.step()
    assert made.fetched < len(FILM)
    assert made.step() is False


def test_house_with_a_station_box_asks_the_far_server_once(tmp_path: Path, media: Media) -> None:
    station = depot(tmp_path / "station", media, share=True)
    door = Share(("127.0.0.1", 0), station)
    run = serving(door)
    next(run)
    url = f"http://127.0.0.1:{door.server_address[1]}"
    time = Time()
    boxes = [depot(tmp_path / f"box{n}", media, time=time, neighbours=(url,)) for n in range(5)]
    station.want([file_of(FILM)])
    for one in boxes:
        one.want([file_of(FILM)])
        one.step()  # it is coming to the station: nobody runs to the far server
    assert media.sent == {}
    station.step()
    time.now += 5
    for one in boxes:
        one.step()
    assert all(one.has(sha256(FILM)) for one in boxes)
    assert (media.sent[sha256(FILM)], sum(one.fetched for one in boxes)) == (len(FILM), 0)
    next(run, None)


def test_neighbour_in_the_house_is_asked_at_any_hour_and_a_dead_or_full_one_holds_nobody_up(
    tmp_path: Path, media: Media
) -> None:
    clock, time = Clock(), Time()
    station = depot(tmp_path / "station", media, clock=clock, time=time, share=True)
    door = Share(("127.0.0.1", 0), station)
    run = serving(door)
    next(run)
    url = f"http://127.0.0.1:{door.server_address[1]}"
    box = depot(tmp_path / "box", media, clock=clock, time=time, windows=NIGHT, neighbours=(url,))
    box.want([file_of(FILM)])
    box.step()
    assert box.state(sha256(FILM)) == "held"  # the station does not know it yet, and the line is closed
    station.want([file_of(FILM)])
    station.step()
    time.now += 30
    box.step()
    assert box.has(sha256(FILM))
    assert (media.sent[sha256(FILM)], box.fetched) == (len(FILM), 0)

    other = b"f" * 100_000
    media.files[sha256(other)] = other
    station._free = lambda _: 0
    station.want([file_of(other)])
    station.step()
    assert station.state(sha256(other)) == "full"
    box.policy = replace(box.policy, windows=())
    box.want([file_of(other)])
    time.now += 60
    box.step()
    assert box.has(sha256(other))
    next(run, None)  # and now it is switched off
    alone = depot(tmp_path / "alone", media, time=time, neighbours=(url,))
    alone.want([file_of(FILM)])
    alone.step()
    assert (alone.has(sha256(FILM)), alone.fetched) == (True, len(FILM))


def test_lying_neighbour_is_found_out_and_the_server_asked_instead(tmp_path: Path, media: Media) -> None:
    liar = Media()
    liar.files = {sha256(FILM): bytes(len(FILM))}
    run = serving(liar)
    next(run)
    made = depot(tmp_path, media, neighbours=(liar.url,))
    made.want([file_of(FILM)])
    made.step()
    assert (tmp_path / sha256(FILM)).read_bytes() == FILM
    next(run, None)


def test_full_disk_is_told_makes_room_of_what_nobody_wants_and_keeps_the_rest(tmp_path: Path, media: Media) -> None:
    old, other = b"o" * CHUNK, b"w" * CHUNK
    made = depot(tmp_path, media, share=True)
    for one in (old, other):
        (tmp_path / sha256(one)).write_bytes(one)
    made._free = lambda _: len(FILM) - 1
    made.want([file_of(FILM), file_of(other)])
    made.step()
    assert made.state(sha256(FILM)) == "full"
    assert made.facts()["full"] is True
    assert (made.has(sha256(old)), made.has(sha256(other))) == (False, True)

    def gone(*_: object) -> int:
        raise OSError(errno.EIO, "the disk is dying")

    made._free = gone
    made._standing[sha256(FILM)].not_before = 0.0
    assert made.step()  # a dying disk is no end of the box
    assert made.has(sha256(other))


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        [1],
        [{"sha256": "../../etc/passwd", "size": 1, "chunks": ["a" * 64]}],
        [{"sha256": "a" * 64, "size": True, "chunks": ["a" * 64]}],
        [{"sha256": "a" * 64, "size": 2 * CHUNK, "chunks": ["a" * 64]}],
        [{"sha256": "a" * 64, "size": 2**60, "chunks": []}],
    ],
)
def test_wish_that_is_no_file_of_a_release_is_refused(told: object) -> None:
    with pytest.raises(ValueError, match=r"file|size|chunks"):
        files_of(told)


def test_policy_of_a_line_without_rules_is_free() -> None:
    assert Policy("Asia/Shanghai", (), None, 0, share=False, neighbours=()) == FREE
