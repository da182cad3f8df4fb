"""Command lines that name readers and protocols, progress read in blocks of any size, refusals told apart."""

import pytest
from hypothesis import given, strategies as st

from media.runner import Listener, Progress, Stage, command, given_input, made_output, probe_command, reason, refusal
from media.sandbox import Ended, Finished

SAID = b"frame=12\nout_time_us=480000\nout_time=00:00:00.480000\nspeed=1.5x\nprogress=continue\n" * 2
END = b"frame=25\nout_time_us=N/A\nspeed=N/A\nprogress=end\n"


@given(st.lists(st.integers(0, len(SAID + END)), max_size=8))
def test_listener_hears_the_same_in_blocks_of_any_size(cuts: list[int]) -> None:
    told: list[Progress] = []
    listener = Listener(Stage.encoding, 1_000, told.append)
    whole = SAID + END
    edges = sorted({0, *cuts, len(whole)})
    for start, stop in zip(edges, edges[1:], strict=False):  # noqa: RUF007 - pairs of one list
        listener.hear(whole[start:stop])
    assert told == [Progress(Stage.encoding, 480, 1_000, 1.5)] * 3
    assert told[0].left_ms == 347
    assert (listener.frames, listener.done_ms) == (25, 480)


@given(st.binary(max_size=200))
def test_listener_hears_any_bytes_without_harm(block: bytes) -> None:
    Listener(Stage.encoding, 0, None).hear(block + b"\nprogress=continue\n")


def test_progress_without_speed_has_no_time_left() -> None:
    assert Progress(Stage.encoding, 0, 10, 0.0).left_ms is None


def test_command_names_reader_and_protocols_and_takes_no_input() -> None:
    source = given_input(f="mov")
    argv = command(made_output(source["0"], name="a", c="copy"), made_output(source["1"], name="b", c="copy"))
    assert argv[0] == "/usr/bin/ffmpeg"
    assert argv[argv.index("-protocol_whitelist") + 1] == "file,pipe"
    assert argv.index("-f") < argv.index("-i")
    assert argv[argv.index("-i") + 1] == "file:{input}"
    assert {"-nostdin", "file:{output}/a", "file:{output}/b"} <= set(argv)
    assert not any("['" in argument for argument in argv)
    assert "-protocol_whitelist" in probe_command("mov", "format=duration")


@pytest.mark.parametrize(
    ("returncode", "stderr", "ended", "code"),
    [
        (1, "av_interleaved_write_frame(): No space left on device", Ended.itself, "media.disk_full"),
        (0, "", Ended.disk_full, "media.disk_full"),
        (-9, "", Ended.timed_out, "media.too_costly"),
        (-9, "", Ended.too_much_output, "media.too_costly"),
        (137, "", Ended.itself, "media.too_costly"),
        (1, "Cannot allocate memory", Ended.itself, "media.too_costly"),
        (1, "[mov @ 0x55] moov atom not found", Ended.itself, "media.video_unfinished"),
        (1, "x", Ended.itself, "media.video_damaged"),
    ],
)
def test_refusal_tells_the_cause(returncode: int, stderr: str, ended: Ended, code: str) -> None:
    refused = refusal(Finished(returncode, b"", stderr, ended))
    assert refused is not None
    assert refused.code == code


def test_refusal_of_a_run_that_ended_well_is_none() -> None:
    assert refusal(Finished(0, b"", "some complaint", Ended.itself)) is None


def test_reason_shows_no_address_and_no_path() -> None:
    said = "\n[mov,mp4 @ 0x5581] file:/in/file: Invalid data found\nmore"
    assert reason(said) == "Invalid data found"
    assert reason("") == "-"
    assert len(reason("x" * 1000)) == 160
