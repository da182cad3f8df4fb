"""Settings, words and offers of an account, as tables."""

import dataclasses
import datetime as dt
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

import renderers.iptv
from cms.contract import Ask, Span, Target
from cms.publishing.registry import load_channels
from renderers.conformance.samples import make_piece
from renderers.conformance.world import SITE, World
from renderers.iptv.elements import Standing
from renderers.iptv.films import arguments
from renderers.iptv.forms import FORMS, form, preview
from renderers.iptv.notes import File, Known, Order, Step
from renderers.iptv.offers import address, base_of, offered
from renderers.iptv.payload import source_of
from renderers.iptv.profiles import certainties, profile
from renderers.iptv.settings import AccountSettings
from renderers.iptv.text import DESCRIPTION, description, search_name
from tests.contract.iptv_world import filmed

NOW = dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC)
PIECE = filmed(make_piece(1, at=NOW))
TARGET = Target("box", "iptv", "有线")
FILE = File("m0.ts", "f" * 64, 1000, "video/mp2t", "e")
ORDER = Order(Step.TAKEN, "p", document="<ADI/>", release="a" * 64, files=(FILE,), until=int(NOW.timestamp()) + 60)
KNOWN = Known(Standing({}), "c" * 32, 1)
GONE = dataclasses.replace(ORDER, step=Step.BEGUN, removes=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"service": "ftp://a"},
        {"service": "https://user@a/"},
        {"service": "javascript:alert(1)"},
        {"offer": "https://a/path"},
        {"offer": "ftp://user:password@a"},
        {"prefix": ""},
        {"prefix": "A" * 13},
        {"columns": {"news": "10 01"}},
        {"columns": {"news": ""}},
        {"dialect": {"actions": {"a": {"regist": "X"}}}},
        {"action": 'a"b'},
        {"film": "480"},
        {"other": 1},
    ],
)
def test_setting_that_cannot_be_right_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AccountSettings.model_validate(wrong)


def test_defaults_are_an_account_to_begin_with() -> None:
    account = AccountSettings()
    assert account.columns == {}
    assert AccountSettings.model_validate(account.model_dump(mode="json")) == account


@pytest.mark.parametrize(
    ("offer", "expected"),
    [
        ("", "https://www.example.cn/hooks/iptv/box/offer/k/order.xml"),
        ("http://10.1.2.3:8080/", "http://10.1.2.3:8080/hooks/iptv/box/offer/k/order.xml"),
        ("ftp://10.1.2.3:2121", "ftp://10.1.2.3:2121/box/k/order.xml"),
        ("ftp://yp@10.1.2.3:2121", "ftp://yp:p%2Fw%40@10.1.2.3:2121/box/k/order.xml"),
    ],
)
async def test_address_of_a_file_is_where_the_operator_can_reach_us(offer: str, expected: str) -> None:
    services = World("iptv").services
    await services.vault.put("ftp_password", "p/w@")
    base = await base_of(AccountSettings(offer=offer), services)
    assert address(base, TARGET, "k", "order.xml") == expected


@pytest.mark.parametrize(
    ("name", "order", "newest", "later", "status"),
    [
        ("order.xml", ORDER, ORDER, 0, 200),
        ("m0.ts", ORDER, ORDER, 0, 200),
        ("m0.ts", ORDER, ORDER, 61, 410),
        ("m0.ts", dataclasses.replace(ORDER, step=Step.DONE), ORDER, 0, 200),
        ("order.xml", dataclasses.replace(ORDER, step=Step.DONE), ORDER, 0, 410),
        ("m0.ts", ORDER, GONE, 0, 410),
        ("m0.ts", ORDER, dataclasses.replace(GONE, step=Step.VOID), 0, 200),
        ("order.xml", GONE, GONE, 0, 200),
        ("m1.ts", ORDER, ORDER, 0, 404),
        ("m0.ts", None, None, 0, 404),
        ("m0.ts", dataclasses.replace(ORDER, step=Step.VOID), ORDER, 0, 410),
    ],
)
def test_offer_stands_as_long_as_its_order(
    name: str, order: Order | None, newest: Order | None, later: int, status: int
) -> None:
    ask = Ask("GET", "", {}, {}, b"", NOW + dt.timedelta(seconds=later))
    assert offered(ask, name, order, newest, KNOWN).status == status


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("", 200, (0, 1000)),
        ("bytes=0-", 206, (0, 1000)),
        ("bytes=10-19", 206, (10, 10)),
        ("bytes=990-2000", 206, (990, 10)),
        ("bytes=-5", 206, (995, 5)),
        ("bytes=1000-", 416, None),
        ("bytes=5-2", 416, None),
        ("bytes=0-1,5-6", 200, (0, 1000)),
        ("lines=1-2", 200, (0, 1000)),
        ("bytes=-", 200, (0, 1000)),
    ],
)
def test_range_of_a_film_is_answered_or_refused(asked: str, status: int, span: tuple[int, int] | None) -> None:
    reply = offered(Ask("GET", "", {}, {"range": asked}, b"", NOW), "m0.ts", ORDER, ORDER, KNOWN)
    assert reply.status == status
    assert [part for part in reply.parts if isinstance(part, Span)] == ([Span("f" * 64, *span)] if span else [])


def test_order_is_remembered_as_it_is() -> None:
    full = dataclasses.replace(ORDER, after=Standing({"a": ("Movie", "x")}), fetched=("m0.ts",), why="w")
    assert Order.from_json(json.loads(json.dumps(full.as_json()))) == full


def test_description_never_loses_who_answers_for_it() -> None:
    long = dataclasses.replace(PIECE, summary="长" * 3000)
    told = description(long)
    assert len(told) <= DESCRIPTION
    assert told.endswith("来源：吴江发布　记者：沈记者　责编：周责编　主办：区委宣传部")
    assert search_name(dataclasses.replace(PIECE, pinyin="ll-xj 第1期")) == "LLXJ1"


def test_form_is_what_people_sign_and_the_page_shows_it() -> None:
    signed = json.loads(form(PIECE, SITE))
    assert signed["title"] == PIECE.title
    assert len(signed["films"]) == 1
    page = preview(PIECE, FORMS[0], SITE).data.decode()
    assert PIECE.title in page
    assert "01:05" in page
    assert "没有视频" in preview(make_piece(1, at=NOW), FORMS[0], SITE).data.decode()


def test_film_is_taken_as_tall_as_asked_for_where_it_is_there() -> None:
    master = next(iter(PIECE.durations))
    source = source_of(PIECE, master, "1080")
    assert source is not None
    assert (source.rung, len(source.files)) == ("720", 1)
    assert source_of(PIECE, "0" * 64, "720") is None


def test_command_copies_and_stuffs_only_where_a_rate_is_asked_for() -> None:
    argv = arguments(2, 8000)
    assert argv[argv.index("-c") + 1] == "copy"
    assert argv[argv.index("-muxrate") + 1] == "8000k"
    assert [argv[at + 1] for at, word in enumerate(argv) if word == "-map"] == ["0:v:0", "1:a:0"]
    assert "-muxrate" not in arguments(1, 0)


def test_length_and_instant_are_written_as_operators_read_them() -> None:
    dialect = profile(AccountSettings())
    assert dialect.length(65_500) == "00010512"
    assert dialect.length(3_600_000 * 100) == "99000000"
    assert dialect.instant(NOW) == "20261126090000"


def test_every_word_of_the_channel_is_in_its_catalogues() -> None:
    folder = Path(renderers.iptv.__file__).parent / "messages"
    keys = {f"iptv.setting.{name}" for name in AccountSettings.model_fields}
    keys |= {f"iptv.setting.{name}.hint" for name in AccountSettings.model_fields}
    keys |= {f"iptv.wait.{name}" for name in ("taken", "fetching", "working")}
    keys |= {f"iptv.secret.{name}" for name in load_channels()["iptv"].secrets}
    for language in ("zh-CN", "en"):
        assert keys <= json.loads((folder / f"{language}.json").read_text("utf-8")).keys()


def test_every_table_of_a_profile_says_how_sure_it_is_and_the_page_says_the_same() -> None:
    page = (Path(renderers.iptv.__file__).parents[2] / "docs" / "iptv.md").read_text("utf-8")
    for name, known in certainties().items():
        tables = {field.name for field in dataclasses.fields(profile(AccountSettings(profile=name)))}
        assert known.keys() == tables - {"certainty"}, name
        assert set(known.values()) <= {"paper", "code", "guess"}
        assert f"| `{name}` | {' | '.join(known[table] for table in sorted(known))} |" in page


@pytest.mark.parametrize(
    ("why", "there", "gone"),
    [
        ("Program YP1: already exists", True, False),
        ("对象已存在", True, False),
        ("CorrelateID was used before", True, False),
        ("Object NOT FOUND", False, True),
        ("该节目不存在", False, True),
        ("content refused", False, False),
        ("", False, False),
    ],
)
def test_reason_says_that_it_was_done_before_only_in_words_that_are_known(why: str, there: bool, gone: bool) -> None:
    dialect = profile(AccountSettings())
    assert (dialect.says("there", why), dialect.says("gone", why)) == (there, gone)
