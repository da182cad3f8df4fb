"""The settings of an installation: one documented model, read once from ``YUNPING_*`` variables and a file.

The file is ``yunping.env`` in the data folder (``NAME=value`` lines, ``#`` comments); the environment wins over it. An
unknown or ill-formed name stops the start and is named: a typo must never silently leave a default in force.
"""

import difflib
import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cms.people.roles import Role as StaffRole
from deploy.settings_file import read_settings

PREFIX = "YUNPING_"
DATA = "YUNPING_DATA"
FILE = "yunping.env"
# Read by the shell script before Python runs; they are no settings of the product.
BOOTSTRAP = frozenset({"YUNPING_PYTHON", "YUNPING_HOME"})

Role = Literal["web", "gateway", "worker", "guard", "tv-out", "live-in"]
ROLES: tuple[Role, ...] = get_args(Role)


class SettingsError(Exception):
    """Settings that cannot be used; `problems` are (name, code, detail), the code one of the message catalogue."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        super().__init__(problems)
        self.problems = problems


class Settings(BaseModel):
    """Every setting, its default and its meaning; ``docs/settings.md`` is made from this class."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: Annotated[
        Path, Field(description="数据目录：数据库、素材、密钥与证书。The folder of all data. Only in the environment.")
    ] = Path("var")
    database: Annotated[
        str,
        Field(
            repr=False,
            description="数据库地址，缺省为数据目录中的 SQLite。Empty: SQLite in the data folder; `postgresql://…`.",
        ),
    ] = ""
    store: Annotated[
        str,
        Field(
            description="素材库地址，缺省在数据目录中。Empty: in the data folder; `file:///…`, `s3://bucket/prefix`."
        ),
    ] = ""
    host: Annotated[
        str,
        Field(description="监听地址；非本机地址一律启用 TLS。Address to bind; any but loopback is served with TLS."),
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="网站与采编台端口。Port of site and desk.")] = 8080
    gateway_port: Annotated[int, Field(ge=1, le=65535, description="阅读屏网关端口。Port of the screens' gateway.")] = (
        8081
    )
    gateways: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            description="本机阅读屏网关进程数，共用一个端口；每进程至多约两万块屏。"
            "Gateway processes of this machine on one port.",
        ),
    ] = 1
    metrics_port: Annotated[
        int,
        Field(
            ge=0,
            le=65535,
            description="指标端口：web 用此端口，gateway、worker、guard、tv-out、live-in 依次加一，"
            "其余网关进程接着往后，仅本机可访问；0 关闭。"
            "First of the loopback ports for `/metrics`: six, and one for each further gateway; 0: none.",
        ),
    ] = 8090
    public_url: Annotated[
        str, Field(description="公众访问的网址前缀，缺省由监听地址得出。The site's address as readers type it.")
    ] = ""
    media_url: Annotated[
        str, Field(description="素材访问的网址前缀，缺省与公众网址相同。Where screens and feeds fetch files.")
    ] = ""
    gateway_url: Annotated[
        str, Field(description="阅读屏连接的地址，缺省由监听地址得出。The `wss://…/screens/v1` that screens dial.")
    ] = ""
    tls_cert: Annotated[
        Path | None, Field(description="TLS 证书文件（PEM，含中间证书）；缺省由本机证书机构签发。Certificate chain.")
    ] = None
    tls_key: Annotated[Path | None, Field(description="TLS 私钥文件（PEM）。Private key of the certificate.")] = None
    domain: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9.-]{3,64}$", description="信任域，首次启动后不可更改。Trust domain, fixed at first run."
        ),
    ] = "yunping.local"
    site_name: Annotated[str, Field(min_length=1, max_length=40, description="站点名称。Name of the site.")] = "云屏"
    sponsor: Annotated[str, Field(min_length=1, max_length=60, description="主办单位。Sponsor, on every page.")] = (
        "区委宣传部"
    )
    language: Annotated[Literal["zh-CN", "en"], Field(description="界面缺省语言。Language of the desk.")] = "zh-CN"
    ftp: Annotated[
        str,
        Field(
            pattern=r"^([0-9a-zA-Z.:-]+:[0-9]{1,5}/[0-9]{1,5}-[0-9]{1,5})?$",
            description="供电视运营商以 FTP 取文件，如 `10.1.2.3:2121/50000-50031`；缺省关闭，仅限内网。"
            "Lets TV operators fetch files by FTP: address, port, ports of data; empty: off. Private networks only.",
        ),
    ] = ""
    tv_out_anywhere: Annotated[
        bool,
        Field(
            description="电视频道输出是否可发往公网地址与本机；缺省只许组播与内网地址。"
            "Let outputs of channels go to addresses outside private networks and groups."
        ),
    ] = False
    allow_unsandboxed: Annotated[
        bool,
        Field(
            description="本机无法运行沙箱（bubblewrap）时，是否仍允许处理上传文件；缺省拒绝。"
            "Decode uploads where bubblewrap cannot run, with limits alone."
        ),
    ] = False
    min_free_mb: Annotated[
        int,
        Field(ge=16, description="磁盘保留空间（MiB），低于此值拒绝上传。Free MiB below which uploads are refused."),
    ] = 256
    max_picture_mb: Annotated[
        int, Field(ge=1, le=500, description="单张图片上限（MiB）。Largest picture to take, MiB.")
    ] = 40
    max_video_mb: Annotated[
        int, Field(ge=1, le=65_536, description="单个视频上限（MiB）。Largest video to take, MiB.")
    ] = 16_384
    encoder: Annotated[
        Literal["software", "h264_vaapi", "h264_qsv", "h264_nvenc", "h264_v4l2m2m"],
        Field(
            description="转码所用的编码器。硬件编码器启动时试机，结果与频道规格不是逐字节一致时自动改用软件并报警。"
            "Encoder of videos; a card's is tried at start; software, with an alarm, where its result differs."
        ),
    ] = "software"
    encode_nice: Annotated[
        int, Field(ge=0, le=19, description="视频转码的 nice 值，越大越让路。Niceness of video encoding.")
    ] = 10
    encode_cores: Annotated[
        int, Field(ge=0, le=1024, description="转码最多占用的 CPU 核数，0 为不限。Cores encoding may use, 0 for all.")
    ] = 0
    uploads: Annotated[
        Path | None,
        Field(
            description="断点续传的暂存文件夹，缺省在数据目录中；多台 web 与 worker 须指向同一共享文件夹。"
            "Unfinished uploads; empty: in the data folder. Several machines must share it."
        ),
    ] = None
    max_uploads: Annotated[
        int, Field(ge=1, le=100, description="每人同时进行的上传数。Open uploads of one person at a time.")
    ] = 5
    upload_hours: Annotated[
        int, Field(ge=1, le=720, description="未完成的上传保留多少小时。Hours an unfinished upload is kept.")
    ] = 72
    guard_door: Annotated[
        Path | None,
        Field(
            description="守护进程以另一用户运行时，与其他角色同组共用的文件夹（套接字与公开文件）；缺省在数据目录中，同一用户。"
            "Folder of socket and public files when the guard runs as another user of the same group."
        ),
    ] = None
    drop: Annotated[
        Path | None,
        Field(
            description="投放文件夹，其中 `登录名/` 下的视频、Word、图片文件夹自动成为此人的草稿；缺省关闭。"
            "Drop folder: what lies in `{login}/` becomes that person's draft; off when empty."
        ),
    ] = None
    origins: Annotated[
        tuple[str, ...],
        Field(description="允许连接网关的浏览器来源，逗号分隔。Browser origins that may dial the gateway, by commas."),
    ] = ()
    outbound_exceptions: Annotated[
        tuple[str, ...],
        Field(
            description="允许访问的内网服务（主机:端口，逗号分隔），如平台模拟器；其余外呼仅限公网 HTTPS。"
            "Inside services, `host:port` by commas, that accounts may call; all else is public HTTPS."
        ),
    ] = ()
    picture_hosts: Annotated[
        tuple[str, ...],
        Field(
            description="粘贴网页时允许抓取图片的网站（域名，逗号分隔，含其子域）；缺省为任何公网网站。"
            "Hosts, by commas and with all below them, that pasted pictures are fetched from; empty: any public one."
        ),
    ] = ()
    s3_endpoint: Annotated[str, Field(description="S3 服务地址。S3 service.")] = ""
    s3_region: Annotated[str, Field(description="S3 区域。S3 region.")] = "us-east-1"
    s3_key: Annotated[str, Field(repr=False, description="S3 访问键。S3 access key.")] = ""
    s3_secret: Annotated[str, Field(repr=False, description="S3 密钥（不写入日志）。S3 secret; never logged.")] = ""
    idle_minutes: Annotated[
        int, Field(ge=5, le=240, description="无操作自动退出（分钟）。Minutes without use after which a session ends.")
    ] = 30
    session_hours: Annotated[
        int, Field(ge=1, le=24, description="单次登录最长时间（小时）。Hours after which a session ends in any case.")
    ] = 12
    second_factor_roles: Annotated[
        tuple[str, ...],
        Field(
            description="必须启用动态验证码的角色，逗号分隔，如 `admin,operator,auditor,chief`；缺省不强制。"
            "Roles that must sign in with a second factor, by commas."
        ),
    ] = ()
    password_length: Annotated[
        int, Field(ge=10, le=64, description="密码最短长度。Least characters of a password.")
    ] = 10
    password_days: Annotated[
        int,
        Field(
            ge=0, le=3650, description="密码有效期（天），到期须更换；0 不限。Days until a password must be changed."
        ),
    ] = 0
    stale_days: Annotated[
        int,
        Field(ge=7, le=3650, description="多少天未登录视为闲置账号。Days after which an unused account is flagged."),
    ] = 90
    audit_keep_days: Annotated[
        int,
        Field(
            ge=183,
            le=36_500,
            description="操作记录在库中保存的天数，不少于 183；更早的归档为文件。"
            "Days the record stays in the database; older parts are archived to files.",
        ),
    ] = 1095
    audit_check_hours: Annotated[
        int,
        Field(ge=1, le=168, description="每隔多少小时校验一次操作记录。Hours between two looks at the whole record."),
    ] = 6
    letter_keep_days: Annotated[
        int,
        Field(
            ge=2,
            le=3650,
            description="通知的邮件与 webhook 发送记录保存的天数，收件箱不受影响。"
            "Days that letters of notices are kept once they left or were given up; the inbox keeps its notices.",
        ),
    ] = 90
    hands_keep_days: Annotated[
        int,
        Field(
            ge=1,
            le=365,
            description="屏幕截图与设备日志保存的天数。Days that screenshots and logs of screens are kept.",
        ),
    ] = 14
    webhook_keep_days: Annotated[
        int,
        Field(
            ge=2,
            le=3650,
            description="Webhook 调用送达或最终失败后记录保存的天数。"
            "Days that calls of webhooks are kept once they arrived or were given up.",
        ),
    ] = 30
    journal_keep_days: Annotated[
        int,
        Field(ge=30, le=3650, description="渠道账号通信日志保存的天数。Days that accounts' journals keep their lines."),
    ] = 365
    smtp_host: Annotated[
        str,
        Field(description="邮件服务器；缺省不发邮件，通知只在收件箱。SMTP server; empty: notices stay in the inbox."),
    ] = ""
    smtp_port: Annotated[int, Field(ge=1, le=65535, description="邮件服务器端口。Port of the SMTP server.")] = 587
    smtp_security: Annotated[
        Literal["starttls", "tls", "none"],
        Field(
            description="邮件连接的加密方式；`none` 仅用于本机。How mail is encrypted; `none` for this machine only."
        ),
    ] = "starttls"
    smtp_user: Annotated[str, Field(description="邮件账号，缺省不登录。Account at the SMTP server.")] = ""
    smtp_password: Annotated[
        str, Field(repr=False, description="邮件密码（不写入日志）。Its password; never logged.")
    ] = ""
    smtp_from: Annotated[str, Field(description="发件人地址，缺省 `yunping@信任域`。Sender of mails.")] = ""
    notice_webhook: Annotated[
        str,
        Field(description="通知回调地址（HTTPS），逐条签名发送。Where notices are posted, signed."),
    ] = ""
    notice_webhook_secret: Annotated[
        str, Field(repr=False, description="通知回调的签名密钥。Secret that signs these posts; never logged.")
    ] = ""
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Field(description="日志级别。Least level that is logged.")
    ] = "INFO"
    log_json: Annotated[bool, Field(description="日志每行一个 JSON；否则供人阅读。JSON lines, or text for people.")] = (
        True
    )

    @field_validator("origins", "outbound_exceptions", "second_factor_roles", "picture_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("outbound_exceptions")
    @classmethod
    def _host_and_port(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            host, _, port = one.rpartition(":")
            is_port = port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16
            if not host or not is_port or any(ch in host for ch in "/@ "):
                raise ValueError("host:port")
        return value

    @field_validator("second_factor_roles")
    @classmethod
    def _known_roles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = [role.value for role in StaffRole]
        if not set(known).issuperset(value):
            raise ValueError(", ".join(known))
        return value

    @field_validator("picture_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(set(one) & set("/:@* ") for one in value):
            raise ValueError("host")
        return tuple(one.lower().strip(".") for one in value)

    @field_validator("tls_cert", "tls_key", "drop", "uploads", mode="before")
    @classmethod
    def _none_when_empty(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("database")
    @classmethod
    def _known_database(cls, value: str) -> str:
        return _of_scheme(value, "sqlite", "postgresql")

    @field_validator("store")
    @classmethod
    def _known_store(cls, value: str) -> str:
        return _of_scheme(value, "file", "s3")

    @field_validator("public_url", "media_url", "s3_endpoint", "notice_webhook")
    @classmethod
    def _web_address(cls, value: str) -> str:
        return _of_scheme(value, "http", "https")

    @field_validator("gateway_url")
    @classmethod
    def _socket_address(cls, value: str) -> str:
        return _of_scheme(value, "ws", "wss")

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.data.resolve() / 'yunping.db'}"

    @property
    def store_url(self) -> str:
        return self.store or f"file://{self.data.resolve() / 'store'}"

    @property
    def exceptions(self) -> frozenset[tuple[str, int]]:
        """`outbound_exceptions` as hosts and ports; an IPv6 address loses its brackets."""
        parts = (one.rpartition(":") for one in self.outbound_exceptions)
        return frozenset((host.strip("[]").lower(), int(port)) for host, _, port in parts)

    @property
    def is_loopback(self) -> bool:
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def scheme(self) -> str:
        return "http" if self.is_loopback and self.tls_cert is None else "https"

    @property
    def public(self) -> str:
        """The public site's address without a trailing slash."""
        return (self.public_url or f"{self.scheme}://{self._shown_host}:{self.port}").rstrip("/")

    @property
    def media(self) -> str:
        return (self.media_url or self.public).rstrip("/")

    @property
    def gateway(self) -> str:
        """The websocket address a screen dials."""
        scheme = "ws" if self.scheme == "http" else "wss"
        return self.gateway_url or f"{scheme}://{self._shown_host}:{self.gateway_port}/screens/v1"

    @property
    def uploads_dir(self) -> Path:
        return (self.uploads or self.data / "uploads").resolve()

    @property
    def audit_dir(self) -> Path:
        """Archives of the record, and the last seen end of its chain."""
        return self.data.resolve() / "audit"

    @property
    def guard_dir(self) -> Path:
        return self.data.resolve() / "guard"

    @property
    def _shown_host(self) -> str:
        if self.host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
            return "127.0.0.1"
        return f"[{self.host}]" if ":" in self.host else self.host


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Reads the file in the data folder, then the environment over it.

    Raises:
        SettingsError: an unknown name, a missing file that was named, or a value of the wrong form.
    """
    env = dict(os.environ if environment is None else environment)  # noqa: TID251
    given = {k: v for k, v in env.items() if k.startswith(PREFIX) and k not in BOOTSTRAP}
    path = Path(given.get(DATA, "var")) / FILE
    found, problems = read_settings(path, misplaced=DATA)
    merged = {**found, **given}
    problems += _unknown(merged)
    if problems:
        raise SettingsError(problems)
    values = {k.removeprefix(PREFIX).lower(): v for k, v in merged.items()}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(
            [(PREFIX + str(e["loc"][0]).upper(), "settings.invalid", e["msg"]) for e in error.errors()]
        ) from error
    return _checked(settings)


def _checked(settings: Settings) -> Settings:
    problems: list[tuple[str, str, str]] = []
    for name in ("tls_cert", "tls_key"):
        path: Path | None = getattr(settings, name)
        if path is not None and not path.is_file():
            problems.append((PREFIX + name.upper(), "settings.missing_file", str(path)))
    if (settings.tls_cert is None) != (settings.tls_key is None):
        missing = "TLS_KEY" if settings.tls_key is None else "TLS_CERT"
        problems.append((PREFIX + missing, "settings.missing", ""))
    if settings.store_url.startswith("s3://"):
        problems += [
            (PREFIX + name.upper(), "settings.missing", "")
            for name in ("s3_endpoint", "s3_key", "s3_secret")
            if not getattr(settings, name)
        ]
    if settings.notice_webhook and not settings.notice_webhook_secret:
        # An unsigned post could be anybody's.
        problems.append((PREFIX + "NOTICE_WEBHOOK_SECRET", "settings.missing", ""))
    if settings.port == settings.gateway_port:
        problems.append((PREFIX + "GATEWAY_PORT", "settings.same_port", str(settings.port)))
    if problems:
        raise SettingsError(problems)
    return settings


def _of_scheme(value: str, *schemes: str) -> str:
    """The value, if it is empty or an address of one of these schemes; raises ValueError."""
    parts = urlsplit(value)
    if value and (parts.scheme.partition("+")[0] not in schemes or "://" not in value):
        raise ValueError(" / ".join(f"{scheme}://…" for scheme in schemes))
    return value


def _unknown(values: Mapping[str, str]) -> list[tuple[str, str, str]]:
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    problems: list[tuple[str, str, str]] = []
    for name in sorted(values):
        if name not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            problems.append((name, "settings.misspelt", near[0]) if near else (name, "settings.unknown", ""))
    return problems
