"""What is said of an encode never goes back, whichever stage runs beside another."""

from hypothesis import given, strategies as st

from cms.library.progress import Progress
from media.runner import Progress as Heard, Stage

_REPORTS = st.lists(st.builds(Heard, st.sampled_from(Stage), st.integers(0, 9), st.just(9), st.just(1.0)), max_size=12)


def test_stage_of_the_sound_is_not_told_while_pictures_are_made() -> None:
    progress = Progress()
    progress.report(Heard(Stage.encoding, 30_000, 60_000, 2.0))
    told = progress.news()
    progress.report(Heard(Stage.measuring, 50_000, 60_000, 40.0))
    progress.report(Heard(Stage.sounding, 60_000, 60_000, 40.0))
    assert not progress.has_news
    assert progress.news() == told
    assert (told.stage, told.percent, told.eta_seconds) == ("encoding", 51, 16)


@given(_REPORTS)
def test_news_never_go_back_in_stage_or_percent(reports: list[Heard]) -> None:
    progress, order = Progress(), list(Stage)
    before = progress.news()
    for heard in reports:
        progress.report(heard)
        now = progress.news()
        assert now.percent >= before.percent
        assert not before.stage or order.index(Stage(now.stage)) >= order.index(Stage(before.stage))
        before = now
