"""The platforms' simulators on ports of the loopback: `python -m tests.fakes.platforms --wechat-port 9071 …`."""

import argparse
import asyncio
import contextlib
import signal
import sys
import time

from tests.fakes.cityapp.app import App as CityApp
from tests.fakes.douyin.simulator import App, Douyin
from tests.fakes.iptv.operator import Operator
from tests.fakes.stage.clock import RunningClock
from tests.fakes.stage.serving import serving
from tests.fakes.wechat.simulator import Account, Mailbox, WeChat


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    account, app = Account(), App()
    parser = argparse.ArgumentParser(prog="tests.fakes.platforms", description=__doc__)
    parser.add_argument("--wechat-port", type=int, default=9071)
    parser.add_argument("--douyin-port", type=int, default=9072)
    parser.add_argument("--app-port", type=int, default=9073)
    parser.add_argument("--iptv-port", type=int, default=9074)
    parser.add_argument("--callback-base", default="", help="the hub's address, such as http://127.0.0.1:8080")
    parser.add_argument("--wechat-target", default="wechat", help="the code of the hub's WeChat target")
    parser.add_argument("--douyin-target", default="douyin", help="the code of the hub's Douyin target")
    parser.add_argument("--iptv-target", default="iptv", help="the code of the hub's target at the television operator")
    parser.add_argument("--iptv-secret", default="", help="what the address of ResultNotify ends with")
    parser.add_argument("--wechat-appid", default=account.appid)
    parser.add_argument("--wechat-secret", default=account.secret)
    parser.add_argument("--wechat-token", default=Mailbox().token)
    parser.add_argument("--wechat-aes-key", default=None)
    parser.add_argument("--douyin-client-key", default=app.client_key)
    parser.add_argument("--douyin-client-secret", default=app.client_secret)
    parser.add_argument("--app-secret", default="约定的签名密钥")
    parser.add_argument("--douyin-consented", action="store_true", help="the account's owner has agreed already")
    parser.add_argument("--review-seconds", type=float, default=8.0)
    return parser.parse_args(given)


def made(asked: argparse.Namespace) -> tuple[WeChat, Douyin, CityApp, Operator]:
    """The simulators as asked for; they run with the real time."""
    hook = asked.callback_base.rstrip("/")
    # A hub remembers ids of an earlier run; none of them may name something new.
    seed = str(time.time_ns())
    wechat = WeChat(
        RunningClock(),
        seed=seed,
        account=Account(appid=asked.wechat_appid, secret=asked.wechat_secret),
        mailbox=Mailbox(
            url=f"{hook}/hooks/wechat/{asked.wechat_target}/" if hook else "",
            token=asked.wechat_token,
            aes_key=asked.wechat_aes_key,
        ),
        base=f"http://127.0.0.1:{asked.wechat_port}",
    )
    douyin = Douyin(
        RunningClock(),
        seed=seed,
        app=App(client_key=asked.douyin_client_key, client_secret=asked.douyin_client_secret),
        callback=f"{hook}/hooks/douyin/{asked.douyin_target}/" if hook else "",
        base=f"http://127.0.0.1:{asked.douyin_port}",
    )
    if asked.douyin_consented:
        douyin.oauth.adopt()
    secret = f"/{asked.iptv_secret}" if asked.iptv_secret else ""
    operator = Operator(
        RunningClock(),
        seed=seed,
        callback=f"{hook}/hooks/iptv/{asked.iptv_target}/notify{secret}" if hook else "",
        base=f"http://127.0.0.1:{asked.iptv_port}",
    )
    # A demonstration begins anew with an empty library, where the hub may still know what it had: then it takes all.
    operator.library.strict = False
    operator.manners.delay = asked.review_seconds / 4
    wechat.publishing.plan.delay = douyin.posts.review.delay = asked.review_seconds
    return wechat, douyin, CityApp(RunningClock(), seed=seed, secret=asked.app_secret), operator


async def serve(asked: argparse.Namespace) -> None:
    """Until SIGTERM or an interrupt."""
    wechat, douyin, app, operator = made(asked)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(serving(wechat, asked.wechat_port))
        second = await stack.enter_async_context(serving(douyin, asked.douyin_port))
        third = await stack.enter_async_context(serving(app, asked.app_port))
        fourth = await stack.enter_async_context(serving(operator, asked.iptv_port))
        told = f"wechat {first} douyin {second} cityapp {third} iptv {fourth}"
        sys.stdout.write(f"模拟器就绪 simulators ready: {told}\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
