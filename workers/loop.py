"""The loop of a worker: claims jobs, has them done, keeps their leases, and stops in order."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from linkback.store.errors import StoreError
from linkback.store.jobs import Job, Jobs

LONGEST_WAIT = timedelta(seconds=1)
"""A stopping worker waits so long for its blocked read to end."""

PAUSE_S = 0.5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How many jobs are done at once, how long a job is ours unless renewed, and how long stopping may take."""

    concurrency: int
    lease: timedelta
    drain: timedelta


class Loop:
    """
    Does jobs until it is told to stop.

    A job whose work raises is not lost: its lease runs out, and it is taken over and tried again.
    """

    def __init__(self, jobs: Jobs, work: Callable[[Job], Awaitable[None]], pace: Pace) -> None:
        self._jobs = jobs
        self._work = work
        self._pace = pace
        self._in_hand: dict[asyncio.Task[None], Job] = {}
        self._freed = asyncio.Event()
        self._over = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish what is in hand, or give it back when that takes too long."""
        keeper = asyncio.create_task(self._keep_leases())
        try:
            while not stop.is_set():
                await self._turn(stop)
        finally:
            await self._drain()
            self._over.set()
            await keeper

    async def run_until_idle(self) -> None:
        """Work until nothing is left that can be done now."""
        while self._in_hand or await self._take(timedelta(milliseconds=1)):
            if self._in_hand:
                await asyncio.wait(self._in_hand, return_when=asyncio.FIRST_COMPLETED)

    async def _turn(self, stop: asyncio.Event) -> None:
        try:
            if self._free:
                await self._take(LONGEST_WAIT)
            else:
                await self._wait_for_a_free_hand(stop)
        except StoreError as error:
            log.warning("store unavailable", error=str(error))
            await asyncio.sleep(PAUSE_S)

    @property
    def _free(self) -> int:
        return self._pace.concurrency - len(self._in_hand)

    async def _take(self, longest: timedelta) -> bool:
        """Begin what is there; if nothing is, wait for the first job, or until the next planned try is due."""
        next_due = await self._jobs.release_due(datetime.now(UTC))
        wait = longest if next_due is None else min(longest, max(next_due - datetime.now(UTC), timedelta(0)))
        return self._begin(await self._jobs.claim(self._free, wait))

    def _begin(self, jobs: list[Job]) -> bool:
        for job in jobs:
            task = asyncio.create_task(self._do(job))
            self._in_hand[task] = job
            task.add_done_callback(self._end)
        return bool(jobs)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._in_hand.pop(task, None)
        self._freed.set()

    async def _do(self, job: Job) -> None:
        with structlog.contextvars.bound_contextvars(job=job.item):
            try:
                await self._work(job)
            except Exception:
                log.exception("job failed", delivery=job.deliveries)

    async def _wait_for_a_free_hand(self, stop: asyncio.Event) -> None:
        self._freed.clear()
        waits = [asyncio.create_task(event.wait()) for event in (self._freed, stop)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _keep_leases(self) -> None:
        """Renew the leases of what is in hand, and take over what others have let go."""
        while not await self._is_over_within(self._pace.lease / 3):
            try:
                await self._jobs.renew(list(self._in_hand.values()))
                if self._free:
                    self._begin(await self._jobs.take_over(self._free))
            except StoreError as error:
                log.warning("leases not renewed", error=str(error))

    async def _is_over_within(self, span: timedelta) -> bool:
        try:
            async with asyncio.timeout(span.total_seconds()):
                return await self._over.wait()
        except TimeoutError:
            return False

    async def _drain(self) -> None:
        if self._in_hand:
            log.info("finishing", jobs=len(self._in_hand))
            await asyncio.wait(self._in_hand, timeout=self._pace.drain.total_seconds())
        left = dict(self._in_hand)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
            await self._jobs.give_back(left.values())
            log.info("gave back", jobs=len(left))
