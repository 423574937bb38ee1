"""The receiver as a process: it listens until it is told to stop."""

import asyncio
import gc

import structlog
from aiohttp import web

from config.settings import Settings
from linkback.store.connection import open_store
from service.app import create_app

SHUTDOWN_S = 10.0
ALLOCATIONS_BETWEEN_COLLECTIONS = 50_000

log = structlog.get_logger()


async def run_receiver(settings: Settings, stop: asyncio.Event) -> None:
    """
    Answer requests until `stop` is set; then let those in hand end.

    Raises:
        StoreError: if the store cannot be used at the start; later the receiver waits for it to come back.
        OSError: if the address cannot be listened on.
    """
    async with open_store(settings.store.url) as store:
        app = create_app(settings, store)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S, auto_decompress=False)
        await runner.setup()
        _spare_the_collector()
        try:
            await web.TCPSite(runner, settings.server.host, settings.server.port, backlog=1024).start()
            log.info("receiver ready", address=f"http://{settings.server.host}:{settings.server.port}")
            await stop.wait()
        finally:
            await runner.cleanup()
    log.info("receiver stopped")


def _spare_the_collector() -> None:
    """
    Let the garbage collector look less often, and not at what was there before the first request.

    A request's values die when nothing refers to them any more; hardly any are in a circle. Looking through all that
    the process has imported, for nothing, costs each request about a tenth of its time (bench/receive.py).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS_BETWEEN_COLLECTIONS)
