"""Settings are read once; whatever is unknown, missing or ill-formed is named and stops the start."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from cms.kernel.messages import catalogue
from deploy.settings import FILE, PREFIX, Settings, SettingsError, load

Problem = tuple[str, str, str]


def problems(environment: dict[str, str]) -> list[Problem]:
    with pytest.raises(SettingsError) as caught:
        load(environment)
    return caught.value.problems


def in_file(folder: Path, text: str) -> dict[str, str]:
    (folder / FILE).write_text(text, "utf-8")
    return {"YUNPING_DATA": str(folder)}


def test_settings_when_nothing_is_given_have_their_defaults(tmp_path: Path) -> None:
    settings = load({"YUNPING_DATA": str(tmp_path), "PATH": "/bin", "HOME": "/root"})
    assert settings.data == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path}/yunping.db"
    assert settings.store_url == f"file://{tmp_path}/store"
    assert (settings.scheme, settings.public, settings.media) == ("http", "http://127.0.0.1:8080", settings.public)
    assert settings.gateway == "ws://127.0.0.1:8081/screens/v1"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_setting_when_read_has_a_description(name: str) -> None:
    assert Settings.model_fields[name].description


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("YUNPING_PROT", "YUNPING_PORT"),
        ("YUNPING_DATBASE", "YUNPING_DATABASE"),
        ("YUNPING_port", "YUNPING_PORT"),
        ("YUNPING_GATEWAY_PROT", "YUNPING_GATEWAY_PORT"),
        ("YUNPING_ALLOW_UNSANDBOX", "YUNPING_ALLOW_UNSANDBOXED"),
    ],
)
def test_setting_when_misspelt_is_named_with_the_nearest_known_one(name: str, nearest: str) -> None:
    assert problems({name: "1"}) == [(name, "settings.misspelt", nearest)]


def test_setting_when_unlike_any_known_one_is_named_alone() -> None:
    assert problems({"YUNPING_QQQQQQQQ": "1"}) == [("YUNPING_QQQQQQQQ", "settings.unknown", "")]


def test_settings_when_several_are_wrong_are_all_named() -> None:
    assert [name for name, _, _ in problems({"YUNPING_PROT": "1", "YUNPING_HSOT": "x"})] == [
        "YUNPING_HSOT",
        "YUNPING_PROT",
    ]


@given(st.sampled_from(sorted(Settings.model_fields)), st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", min_size=1, max_size=8))
def test_setting_when_its_name_is_not_known_never_leaves_a_default_in_force(known: str, extra: str) -> None:
    name = PREFIX + known.upper() + extra
    if name.removeprefix(PREFIX).lower() not in Settings.model_fields:
        assert [found for found, _, _ in problems({name: "1"})] == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "80 80"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", ""),
        ("METRICS_PORT", "-1"),
        ("LANGUAGE", "fr"),
        ("LOG_LEVEL", "info"),
        ("LOG_JSON", "perhaps"),
        ("ALLOW_UNSANDBOXED", "ja"),
        ("DOMAIN", "Wu Jiang"),
        ("DOMAIN", "x"),
        ("SITE_NAME", ""),
        ("MIN_FREE_MB", "1"),
        ("DATABASE", "mysql://h/d"),
        ("DATABASE", "yunping.db"),
        ("STORE", "/srv/store"),
        ("STORE", "ftp://h/d"),
        ("PUBLIC_URL", "www.example.cn"),
        ("MEDIA_URL", "javascript:alert(1)"),
        ("GATEWAY_URL", "https://www.example.cn/screens/v1"),
    ],
)
def test_setting_when_its_value_has_another_form_is_named(name: str, value: str) -> None:
    found = problems({PREFIX + name: value})
    assert [(who, code) for who, code, _ in found] == [(PREFIX + name, "settings.invalid")]
    assert found[0][2]


def test_file_in_the_data_folder_when_there_is_read(tmp_path: Path) -> None:
    text = '# 吴江区\n\nYUNPING_SITE_NAME="吴江云屏"\nYUNPING_PORT = 9090\nYUNPING_DATABASE=postgresql:///d?host=/run\n'
    settings = load(in_file(tmp_path, text))
    assert (settings.site_name, settings.port) == ("吴江云屏", 9090)
    assert settings.database_url == "postgresql:///d?host=/run"


def test_environment_when_it_names_what_the_file_names_wins(tmp_path: Path) -> None:
    assert load({**in_file(tmp_path, "YUNPING_PORT=9090"), "YUNPING_PORT": "9191"}).port == 9191


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("YUNPING_PORT 9090", ("{file}:1", "settings.line", "YUNPING_PORT 9090")),
        ("\n=9090", ("{file}:2", "settings.line", "=9090")),
        ("YUNPING_DATA=/elsewhere", ("YUNPING_DATA", "settings.misplaced", "{file}")),
        ("YUNPING_PORT=1\nYUNPING_PORT=2", ("YUNPING_PORT", "settings.twice", "{file}")),
        ("export YUNPING_PORT=1", ("export YUNPING_PORT", "settings.misspelt", "YUNPING_PORT")),
        ("PORT=1", ("PORT", "settings.unknown", "")),
    ],
)
def test_line_of_the_file_when_it_is_no_setting_is_named(tmp_path: Path, text: str, problem: Problem) -> None:
    name, code, detail = (part.replace("{file}", str(tmp_path / FILE)) for part in problem)
    assert problems(in_file(tmp_path, text)) == [(name, code, detail)]


def test_certificate_when_its_file_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "key.pem").touch()
    given_ = {"YUNPING_TLS_CERT": str(tmp_path / "no.pem"), "YUNPING_TLS_KEY": str(tmp_path / "key.pem")}
    assert problems(given_) == [("YUNPING_TLS_CERT", "settings.missing_file", str(tmp_path / "no.pem"))]


@pytest.mark.parametrize(("one", "other"), [("TLS_CERT", "TLS_KEY"), ("TLS_KEY", "TLS_CERT")])
def test_certificate_when_its_other_half_is_missing_asks_for_it(tmp_path: Path, one: str, other: str) -> None:
    (tmp_path / "x.pem").touch()
    assert problems({PREFIX + one: str(tmp_path / "x.pem")}) == [(PREFIX + other, "settings.missing", "")]


def test_certificate_when_left_empty_is_not_given() -> None:
    assert load({"YUNPING_TLS_CERT": "", "YUNPING_TLS_KEY": ""}).tls_cert is None


def test_store_in_s3_when_it_lacks_what_it_needs_names_all_of_it() -> None:
    found = problems({"YUNPING_STORE": "s3://bucket/prefix"})
    assert found == [(PREFIX + name, "settings.missing", "") for name in ("S3_ENDPOINT", "S3_KEY", "S3_SECRET")]


def test_ports_when_equal_are_refused() -> None:
    assert problems({"YUNPING_PORT": "8081"}) == [("YUNPING_GATEWAY_PORT", "settings.same_port", "8081")]


@pytest.mark.parametrize(
    ("host", "loopback", "public"),
    [
        ("127.0.0.1", True, "http://127.0.0.1:8080"),
        ("127.0.0.9", True, "http://127.0.0.9:8080"),
        ("localhost", True, "http://localhost:8080"),
        ("::1", True, "http://[::1]:8080"),
        ("0.0.0.0", False, "https://127.0.0.1:8080"),
        ("10.0.0.5", False, "https://10.0.0.5:8080"),
        ("fd00::5", False, "https://[fd00::5]:8080"),
        ("yunping.example.cn", False, "https://yunping.example.cn:8080"),
    ],
)
def test_address_when_it_is_not_loopback_is_served_with_tls(host: str, *, loopback: bool, public: str) -> None:
    settings = load({"YUNPING_HOST": host})
    assert (settings.is_loopback, settings.public) == (loopback, public)
    assert settings.gateway.startswith("ws://" if loopback else "wss://")


def test_addresses_when_given_win_and_have_no_slash_at_the_end() -> None:
    settings = load(
        {"YUNPING_PUBLIC_URL": "https://www.example.cn/", "YUNPING_GATEWAY_URL": "wss://screens.example.cn/screens/v1"}
    )
    assert (settings.public, settings.media) == ("https://www.example.cn", "https://www.example.cn")
    assert settings.gateway == "wss://screens.example.cn/screens/v1"


def test_origins_when_given_as_a_list_are_split() -> None:
    assert load({"YUNPING_ORIGINS": "https://a.cn, https://b.cn,"}).origins == ("https://a.cn", "https://b.cn")


def test_secrets_when_settings_are_printed_are_left_out() -> None:
    settings = load({"YUNPING_S3_SECRET": "hunter2", "YUNPING_DATABASE": "postgresql://u:hunter2@h/d"})
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)


def test_names_of_the_start_script_are_left_to_it() -> None:
    assert load({"YUNPING_PYTHON": "/usr/bin/python3", "YUNPING_HOME": "/x"}).port == 8080


def test_problem_when_told_has_a_sentence_with_its_name() -> None:
    for code in (
        "unknown",
        "misspelt",
        "invalid",
        "missing",
        "missing_file",
        "same_port",
        "line",
        "misplaced",
        "twice",
    ):
        for language in ("zh-CN", "en"):
            said = catalogue().error(language, f"settings.{code}", {"name": "YUNPING_X", "detail": "Y"})
            assert "YUNPING_X" in said.text + said.next
