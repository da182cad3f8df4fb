"""What the command bar finds: by words, by pinyin initials, the nearest first."""

from cms.desk.commands import Command, matching

ROOMS = [Command(name, f"/{number}", "") for number, name in enumerate(("稿件", "审稿", "素材库", "发布与投递"))]


def titles(typed: str) -> list[str]:
    return [one.title for one in matching(ROOMS, typed)]


def test_everything_is_offered_when_nothing_is_typed() -> None:
    assert titles("  ") == [one.title for one in ROOMS]


def test_words_and_initials_find_a_room_and_the_nearest_comes_first() -> None:
    assert titles("稿") == ["稿件", "审稿"]
    assert titles("sc") == ["素材库"]
    assert titles("SG") == ["审稿"]
    assert titles("tdx") == []
