"""`linkback serve`: a receiver, a worker and, unless store.url names a server, an embedded Valkey; one process each."""

import asyncio
import os
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import structlog

from commands.embedded import check_socket_length, end_orphan, locked, store_url, valkey, wait_until_ready
from commands.processes import Program, Supervised
from config.settings import CONFIG_VARIABLE, Settings
from linkback.store.connection import EMBEDDED_PARTITIONS, open_store

STORE_URL_VARIABLE = "LINKBACK_STORE__URL"
RECEIVER_ENDS_WITHIN_S = 15.0
MARGIN_S = 5.0

log = structlog.get_logger()


async def serve(settings: Settings, config: Path | None, stop: asyncio.Event) -> None:
    """
    Run everything until `stop` is set; then end the receiver, the worker and the store, in this order.

    Raises:
        DataDirError: if the data folder of the embedded store cannot be used.
        StoreError: if the store cannot be used.
    """
    async with AsyncExitStack() as stack:
        if config is not None:
            os.environ[CONFIG_VARIABLE] = str(config)
        if not settings.store.url:
            os.environ[STORE_URL_VARIABLE] = await _start_store(settings.store.data_dir, stack)
        for program in (_worker(settings), _receiver()):
            await _start(program, stack)
        await stop.wait()
        log.info("stopping")


async def _start_store(data_dir: Path, stack: AsyncExitStack) -> str:
    folder = stack.enter_context(locked(data_dir))
    check_socket_length(folder)
    await end_orphan(folder)
    await _start(valkey(folder), stack)
    await wait_until_ready(folder)
    url = store_url(folder)
    async with open_store(url, EMBEDDED_PARTITIONS):
        return url


async def _start(program: Program, stack: AsyncExitStack) -> None:
    supervised = Supervised(program)
    running = asyncio.create_task(supervised.keep_running())

    async def end() -> None:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await supervised.end()

    stack.push_async_callback(end)


def _receiver() -> Program:
    return Program("receiver", _linkback("receiver"), RECEIVER_ENDS_WITHIN_S)


def _worker(settings: Settings) -> Program:
    return Program("worker", _linkback("worker"), settings.worker.drain + MARGIN_S)


def _linkback(command: str) -> list[str]:
    return [sys.executable, "-m", "commands.main", command, "--follow-parent"]
