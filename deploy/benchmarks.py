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
        {"screens": int, "audiences": counts, "sizes": counts, "rounds": int},
    ),
    "idle": Bench(
        "没有新内容时 N 块在线阅读屏占用的 CPU 与内存，与 C 语言心跳程序之比",
        "screens.bench_idle",
        {"screens": int, "seconds": int},
    ),
    "reconnect": Bench(
        "kill -9 网关之后，N 块阅读屏全部回到最新内容的秒数，与单纯握手之比",
        "screens.bench_reconnect",
        {"screens": int, "gateways": int, "kills": int},
    ),
    "crowd": Bench(
        "一台机器上多个网关进程承载五万块阅读屏：每屏 CPU 与一万块时之比，以及最后一屏的时间",
        "screens.bench_crowd",
        {"screens": int, "gateways": int, "base": int, "base_gateways": int, "rounds": int},
    ),
    "readers": Bench(
        "一千块阅读屏中五十块停止读取：其余阅读屏的送达时间之比，以及服务器多占的内存",
        "screens.bench_readers",
        {"screens": int, "dead": int, "rounds": int, "size": int},
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
    "fleet": Bench(
        "一万块阅读屏的按单位、地图视图与受众解析，801 块屏一天的播放记录入库与月报，与一次索引读取之比",
        "deploy.bench.fleet",
        {"screens": int, "rounds": int, "days": int, "databases": names},
    ),
    "pixels": Bench(
        "从发布到画面：801 块屏（含 3 个 Chromium）收到与播出的时间，与同样多条回环消息之比",
        "deploy.bench.pixels",
        {"screens": int, "browsers": int, "rounds": int},
    ),
    "alerts": Bench(
        "应急信息从第二把钥匙提交到画在门户页面上的毫秒数（整套安装、三个 Chromium 页面），与回环网络上一条消息之比",
        "tests.benchmarks.alerts",
        {"rounds": int, "sockets": int},
    ),
    "udp": Bench(
        "三十路电视频道的恒定码率 UDP 传送流：每路占用的 CPU，与一路 ffmpeg -re -c copy 之比；另报只发送同样字节的开销",
        "deploy.bench.udp",
        {"channels": int, "seconds": int, "rate": int},
    ),
    "guide": Bench(
        "五十个频道七天的节目单（XMLTV）所用的 CPU 秒数，与标准库写出同样条目之比；另报 JSON、M3U 与 C2 Schedule",
        "renderers.tv.bench_guide",
        {"channels": int, "days": int, "rounds": int},
    ),
    "articles": Bench(
        "一千篇不带图片的微信文章：每篇排版并检查所用的 CPU 毫秒数，与只做一次净化之比",
        "renderers.wechat.bench_articles",
        {"articles": int},
    ),
    "playlist": Bench(
        "一个进程承载数百个电视频道的播放列表：每核每秒应答次数（回环网络），与 aiohttp 直接返回同样字节之比",
        "tests.benchmarks.playlist",
        {"channels": int, "seconds": int, "viewers": int},
    ),
    "transcode": Bench(
        "一段视频转成三档清晰度与声音的 CPU 秒数，与输出相同的一条 ffmpeg 命令之比",
        "media.bench_transcode",
        {"input": str, "mixed": str, "seconds": int, "rounds": int, "vmaf_with": str, "apart": int},
    ),
    "tune": Bench(
        "视频文件就绪到可预览第一段 480p、再到三档首段齐备的秒数，与单独一条 ffmpeg 命令之比",
        "deploy.bench.tune",
        {"input": str, "mixed": str, "seconds": int, "rounds": int, "way": str},
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
