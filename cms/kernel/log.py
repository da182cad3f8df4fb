"""Logs: one JSON line an event, with a documented set of fields and secrets masked.

Every line has the fields of `ALWAYS`; an event may bind those of `BOUND` and no others. ``docs/log-fields.md`` is made
from these two tables.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog

ALWAYS: Final[Mapping[str, str]] = {
    "at": "时刻，ISO 8601 UTC。When, ISO 8601 UTC.",
    "level": "级别。debug, info, warning, error.",
    "event": "发生了什么，简短英文。What happened, in a few English words.",
    "role": "进程：web、gateway、worker、guard 或 up。The process.",
    "room": "模块；第三方库的日志没有此项。The part that speaks; absent in lines of libraries.",
}
BOUND: Final[Mapping[str, str]] = {
    "assets": "涉及的素材数。How many assets.",
    "channel": "渠道类型。Kind of the channel.",
    "code": "拒绝或失败的代码；子进程为其退出码。Code of a refusal or failure; of a child process its exit code.",
    "deadline": "审签时限编号。Id of a review deadline.",
    "delivery": "投递编号。Id of the delivery.",
    "domain": "信任域。Trust domain.",
    "encode": "转码任务编号。Id of the encode job.",
    "encoder": "显卡编码器的名称。Name of a card's encoder.",
    "error": "外部部件的报错原文。What another part said.",
    "cut_in": "直播或插播编号。Id of an order that cuts into a channel.",
    "event_seq": "操作记录的序号。Number of an event of the record.",
    "exception": "异常堆栈。Traceback.",
    "fault": "操作记录的异常：changed、missing、truncated、archive。What is wrong with the record.",
    "factor": "实测编码速度，倍实时。Times real time of live encoding, measured.",
    "feed": "订阅源编号。Id of the feed.",
    "file": "文件名。Name of a file.",
    "form": "预览的样式。Form that was previewed.",
    "head": "操作记录末尾的哈希。Hash of the record's last event.",
    "items": "进入稿池的条数。Items that came into the pool.",
    "job": "尺寸任务编号。Id of the job that makes sizes anew.",
    "letter": "外发通知编号。Id of a notice on its way out.",
    "lost": "没有人会执行的排期数。Promises that nobody would have kept.",
    "method": "请求方法。Method of the request.",
    "name": "子进程名。Name of a child process.",
    "occurrence": "排期动作编号。Id of the occurrence.",
    "output": "频道输出编号。Id of an output of a channel.",
    "path": "请求路径。Path of the request.",
    "port": "端口。Port.",
    "records": "守护进程日志条数。Records in the guard's journal.",
    "reference": "错误页上显示给用户的编号。Reference that the error page showed to a person.",
    "release": "签发件哈希。Hash of the release.",
    "releases": "涉及的签发件数或哈希。Releases concerned.",
    "rungs": "直播编码的档数。Sizes of the picture that are encoded live.",
    "screen": "阅读屏编号。Id of the screen.",
    "state": "结束时的状态。State it ended in.",
    "target": "渠道代码。Code of the target.",
    "upload": "上传任务编号。Id of an upload.",
    "uploads": "清理的上传数。Uploads that were ended.",
    "wait": "等待秒数。Seconds until the next try.",
    "where": "报文中出错的位置。Place in a message that is wrong.",
    "why": "断开的原因。Why a connection was ended.",
}

# A field with one of these in its name never reaches a line, whoever logs it.
_SECRET = (
    "password",
    "secret",
    "token",
    "cookie",
    "authorization",
    "code_hash",
    "setup_code",
    "private",
)


def _mask(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        event[key] = _masked(key, value)
    return event


def _masked(key: str, value: object) -> object:
    if any(word in key.lower() for word in _SECRET):
        return "***"
    if isinstance(value, Mapping):
        return {name: _masked(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        # A list stands under its own name, so that only what is inside its elements is looked at.
        return [_masked("", inner) for inner in value]
    return value


def configure(*, role: str, level: str = "INFO", json_lines: bool = True) -> None:
    """Sets structlog and the standard library's logging to write to stderr in the house form."""

    def add_role(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        # Not a context variable: a thread and a library's line have none, and every line names its process.
        event.setdefault("role", role)
        return event

    # The same for our lines and for those of libraries, whose tracebacks would otherwise be lost.
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        add_role,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _mask,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def logger(name: str) -> Any:
    """A bound logger; `name` says which room speaks."""
    return structlog.get_logger(room=name)
