"""Processes that belong together: started, watched, started again when they die, and ended in order."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

PAUSE_S = 0.5
"""Between the death of a process and its next start, so that one that cannot live does not take the machine."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: a name for the log, the command, and how long it may take to end when it is told to."""

    name: str
    command: Sequence[str]
    ends_within: float


class Supervised:
    """
    A program that is kept running.

    Its standard input is a pipe from us, so that it can tell when we are gone and end too. It is in a session of its
    own, so that Ctrl-C on a terminal reaches us alone and the order of the ending is ours.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._process: asyncio.subprocess.Process | None = None

    async def keep_running(self) -> None:
        """Start it, and start it again whenever it dies; ends only by being cancelled."""
        while True:
            process = await self._start()
            code = await process.wait()
            log.error("process died", process=self._program.name, code=code)
            await asyncio.sleep(PAUSE_S)

    async def end(self) -> None:
        """Tell it to end, and make it when it takes too long."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), self._program.ends_within)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            *self._program.command, stdin=asyncio.subprocess.PIPE, stdout=sys.stderr, start_new_session=True
        )
        log.info("process started", process=self._program.name, pid=self._process.pid)
        return self._process


async def wait_for_the_end(*, follows_parent: bool) -> asyncio.Event:
    """
    Make an event that is set by SIGTERM, by SIGINT or, for a supervised process, by the end of its supervisor.

    Call it once in a process, from its event loop.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if follows_parent:
        os.set_blocking(sys.stdin.fileno(), False)
        loop.add_reader(sys.stdin.fileno(), _end_with_the_supervisor, stop)
    return stop


def _end_with_the_supervisor(stop: asyncio.Event) -> None:
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    stop.set()
