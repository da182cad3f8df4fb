"""A channel's settings model as a form, and what was typed as settings."""

from typing import Annotated, Any, Literal

import pytest
from multidict import MultiDict, MultiDictProxy
from pydantic import BaseModel, Field, field_validator

from cms.desk.settings_form import PREFIX, defaults_of, fields_of, settings_from, typed_of
from cms.kernel.errors import Invalid


class Plain(BaseModel):
    """Settings as a channel declares them."""

    appid: Annotated[str, Field(title="开发者编号", description="见公众平台。", min_length=3, max_length=18)]
    mode: Annotated[
        Literal["publish", "mass"],
        Field(title="发布方式", json_schema_extra={"options": {"publish": "发布", "mass": "群发"}}),
    ] = "publish"
    limit: Annotated[int, Field(title="每日上限", ge=1, le=100)] = 10
    comments: Annotated[bool, Field(title="开放留言")] = False
    testers: Annotated[tuple[str, ...], Field(title="接收人")] = ()
    proxy: Annotated[str | None, Field(title="代理")] = None
    sizes: Annotated[dict[str, int], Field(title="尺寸")] = {}

    @field_validator("appid")
    @classmethod
    def _known(cls, value: str) -> str:
        if not value.startswith("wx"):
            raise ValueError("no appid")
        return value


def form(**sent: str) -> Any:
    return MultiDictProxy(MultiDict({PREFIX + name: value for name, value in sent.items()}))


def test_fields_have_the_models_titles_kinds_and_what_stands() -> None:
    found = {one.name: one for one in fields_of(Plain, {"appid": "wx1", "mode": "mass", "testers": ["a", "b"]})}
    assert {name: one.kind for name, one in found.items()} == {
        "appid": "text",
        "mode": "select",
        "limit": "number",
        "comments": "check",
        "testers": "lines",
        "proxy": "text",
        "sizes": "json",
    }
    assert (found["appid"].title, found["appid"].hint, found["appid"].required) == ("开发者编号", "见公众平台。", True)
    assert (found["mode"].value, found["mode"].options) == ("mass", (("publish", "发布"), ("mass", "群发")))
    assert (found["limit"].value, found["testers"].value, found["proxy"].value) == (10, "a\nb", "")


def test_what_was_typed_becomes_settings() -> None:
    sent = form(appid=" wx123 ", mode="mass", limit="7", comments="on", testers="a\n\n b ", proxy="", sizes='{"s": 1}')
    assert settings_from(Plain, typed_of(Plain, sent)) == {
        "appid": "wx123",
        "mode": "mass",
        "limit": 7,
        "comments": True,
        "testers": ["a", "b"],
        "proxy": None,
        "sizes": {"s": 1},
    }


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("appid", "", "desk.setting.too_short"),
        ("appid", "wx" + "1" * 30, "desk.setting.too_long"),
        ("appid", "abc", "desk.setting.form"),
        ("mode", "never", "desk.setting.choice"),
        ("limit", "many", "desk.setting.number"),
        ("limit", "101", "desk.setting.range"),
        ("sizes", "{", "desk.setting.form"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_shown_as_typed(name: str, value: str, code: str) -> None:
    typed = typed_of(Plain, form(**{"appid": "wx123", "mode": "mass", name: value}))
    with pytest.raises(Invalid) as caught:
        settings_from(Plain, typed)
    assert caught.value.fields == {PREFIX + name: code}
    shown = {one.name: one.value for one in fields_of(Plain, {}, typed)}
    assert str(shown[name]) == value


def test_a_new_target_begins_with_defaults_or_with_nothing() -> None:
    class Easy(BaseModel):
        limit: int = 3

    assert defaults_of(Easy) == {"limit": 3}
    assert defaults_of(Plain) == {}
    assert defaults_of(None) == {}
    assert fields_of(None, {}) == []
    assert settings_from(None, {}) == {}
