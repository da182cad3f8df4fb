"""The gateway role: the screens' websocket server with this installation's guard and database."""

import asyncio
from typing import Final

from cms.kernel.metrics import Metrics
from deploy import tls
from deploy.guarding import GuardedScreens
from deploy.installation import Installation, opened
from deploy.settings import Settings
from screens.main import GatewaySettings, run_gateway

# The loopback servers of installed screens (screens/kiosk): a verified player's page comes from there.
BOX_ORIGINS: Final = ("http://127.0.0.1:8790", "http://localhost:8790")


async def run_screens(
    settings: Settings, metrics: Metrics, stop: asyncio.Event, *, listener: int | None = None
) -> None:
    """Serves screens until `stop` is set; `listener` is the descriptor of a socket that was kept for it."""
    async with opened(settings, {}, metrics) as here:
        await run_gateway(
            await asyncio.to_thread(gateway_settings, here, listener),
            database=here.db,
            signer=GuardedScreens(here.guard, here.tombstones),
            clock=here.clock,
            stop=stop,
            wake=here.wake,
        )


def gateway_settings(here: Installation, listener: int | None = None) -> GatewaySettings:
    """Where this gateway listens; blocking when the local authority has to be made."""
    settings = here.settings
    host = settings.gateway.partition("://")[2].partition("/")[0]
    return GatewaySettings(
        host=settings.host,
        port=settings.gateway_port,
        hosts=(host,),
        origins=(*settings.origins, *BOX_ORIGINS, settings.public),
        media=settings.media,
        tls=tls.context(settings, here.clock.now()),
        reuse_port=settings.gateways > 1,
        own_process=True,
        listener=listener,
    )
