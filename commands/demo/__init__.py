"""`linkback demo`: a blog, two that link to it, a real service between them, and every step of what it does shown."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from commands.demo.blogs import LOOPBACK, Addresses, open_blogs
from commands.demo.installation import free_port, installed
from commands.demo.journey import Journey
from commands.demo.narrator import Narrator
from commands.demo.steps import Step, StepFailed
from commands.demo.stories import NIGHT_TRAIN
from commands.processes import wait_for_the_end

SUCCESS = 0
FAILURE = 1


def run_demo(*, once: bool) -> int:
    """Show the demo, and leave it open until Ctrl-C unless it is to run but once; the exit code."""
    return asyncio.run(_run(once=once))


@asynccontextmanager
async def demonstrated(narrator: Narrator, stop: asyncio.Event) -> AsyncIterator[Addresses]:
    """
    Start everything and go through all steps; everything runs on until the context is left.

    Raises:
        StepFailed: if a step fails, or `stop` is set before the last one.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="linkback-demo-") as folder:
        async with (
            open_blogs(f"http://{LOOPBACK}:{port}") as blogs,
            installed(Path(folder), port, NIGHT_TRAIN.blog, blogs.home) as service,
            aiohttp.ClientSession() as session,
        ):
            await _unless(stop, Journey(blogs, service, session, narrator).travel())
            yield blogs.post


async def _run(*, once: bool) -> int:
    stop = await wait_for_the_end(follows_parent=False)
    narrator = Narrator()
    try:
        async with demonstrated(narrator, stop) as addresses:
            if not once:
                narrator.leave_open(addresses)
                await stop.wait()
    except StepFailed as failure:
        narrator.tell_failure(failure)
        return FAILURE
    return SUCCESS


async def _unless(stop: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait((working,))
        raise StepFailed(Step.DEMO, "it was told to end.")
    working.result()
