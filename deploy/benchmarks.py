"""The benchmarks by name: each gives our figure and, from the same run, the peer's or the physical limit's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, TypeAlias

Result: TypeAlias = dict[str, Any]


def counts(text: str) -> tuple[int, ...]:
    """Numbers with commas between them. Raises ValueError."""
    return tuple(int(part) for part in text.split(","))


def names(text: str) -> tuple[str, ...]:
    """Words with commas between them."""
    return tuple(text.split(","))


@dataclass(frozen=True, slots=True)
class Bench:
    """One benchmark: what it measures, where its ``run`` is, and the type of each option it takes."""

    about: str
    module: str
    options: Mapping[str, Callable[[str], Any]]


BENCHMARKS: Final[Mapping[str, Bench]] = {
    "fanout": Bench(
        "一次发布送达 N 块阅读屏的服务器 CPU，与 C 语言发送程序之比（回环网络，未启用 TLS）",
        "screens.bench_fanout",
        {"screens": int, "audiences": counts},
    ),
    "desk": Bench(
        "十万篇稿件、百万修订、801 个单位的采编后台：各页面、检索与机器检查的服务器用时，与一次索引读取之比",
        "deploy.bench.desk",
        {"documents": int, "revisions": int, "units": int, "rounds": int, "databases": names, "kept": str},
    ),
    "sync": Bench(
        "三块阅读屏（时钟相差 ±90 秒，各用一个 Chromium）同屏切换的时间差第 95 百分位，与浏览器一帧之比；另报视频偏差",
        "tests.benchmarks.sync",
        {"changes": int, "width": int, "height": int},
    ),
    "coldstart": Bench(
        "断网、无服务器时开机：从启动浏览器到第一条内容出现的毫秒数，与同一浏览器打开空白页之比",
        "tests.benchmarks.coldstart",
        {"rounds": int, "box": int},
    ),
    "transcode": Bench(
        "一段视频转成三档清晰度与声音的 CPU 秒数，与输出相同的一条 ffmpeg 命令之比",
        "media.bench_transcode",
        {"input": str, "seconds": int, "rounds": int, "vmaf_with": str},
    ),
}


def run_bench(name: str, options: Mapping[str, str]) -> Result:
    """Runs one benchmark; the result has bench, figure, unit, reference, ratio and detail.

    Raises KeyError for an unknown name or option, ValueError for an option of the wrong form.
    """
    bench = BENCHMARKS[name]
    given = {key: bench.options[key](value) for key, value in options.items()}
    result: Result = import_module(bench.module).run(**given)
    return result
