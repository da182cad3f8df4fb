"""The box's voice: sentences become sound once, and nothing but a sentence does."""

import pytest

from screens.kiosk.voice import KEPT, MAX_TEXT, Voice, VoiceError, espeak


def test_sentence_when_said_twice_is_made_once() -> None:
    made: list[str] = []

    def make(text: str) -> bytes:
        made.append(text)
        return b"RIFF" + text.encode()

    voice = Voice(make)
    path = voice.say("你好。".encode())
    assert voice.say(" 你好。\n".encode()) == path
    assert made == ["你好。"]
    assert voice.sound(f"/{path}") == b"RIFF" + "你好。".encode()


def test_sentences_when_many_are_said_leave_only_the_newest() -> None:
    voice = Voice(lambda text: text.encode())
    first = voice.say(b"0")
    for number in range(1, KEPT + 1):
        voice.say(str(number).encode())
    assert voice.sound(f"/{first}") is None


@pytest.mark.parametrize("body", [b"", b"  \n", b"\xff\xfe", b"a" * (MAX_TEXT + 1)])
def test_text_that_is_no_sentence_when_said_is_refused(body: bytes) -> None:
    with pytest.raises(VoiceError):
        Voice(lambda text: text.encode()).say(body)


@pytest.mark.parametrize("path", ["/voice/", "/voice/../config.json", "/voice/abc.mp3", "/voice/abc.wav"])
def test_sound_when_asked_for_by_another_name_is_none(path: str) -> None:
    assert Voice(lambda text: text.encode()).sound(path) is None


def test_text_when_it_looks_like_an_option_is_spoken_as_text() -> None:
    assert espeak("--help 吴江").startswith(b"RIFF")
