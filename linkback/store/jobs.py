"""
The workers' way into the store: jobs are claimed, and end by being done, done for now, or given back.

A job is claimed by one worker at a time and stays claimed while that worker renews its lease. One that is not renewed
for a lease is taken over by another worker; should the first one finish after all, its result is dropped.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from linkback.store.connection import Store
from linkback.store.errors import as_store_errors
from linkback.store.keys import WORKERS, Partition, Work
from linkback.store.pipeline import load_script
from linkback.store.records import from_ms, to_ms

RELEASED_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Job:
    """
    Something to be done about an `item`: a mention, site or post, by its id or key.

    `deliveries` counts the workers that have begun it, this one too.
    """

    partition: Partition
    entry_id: str
    item: str
    deliveries: int = 1


class Jobs:
    """The jobs of one kind in all partitions, as one worker sees them."""

    def __init__(self, store: Store, work: Work, worker: str, lease: timedelta) -> None:
        self._client = store.client
        self._pipeline = store.pipeline
        self._partitions = store.layout.all()
        self._work = work
        self._worker = worker
        self._lease_ms = round(lease.total_seconds() * 1000)
        self._release = load_script("release")
        self._give_back = load_script("give_back")

    async def claim(self, most: int, wait: timedelta) -> list[Job]:
        """Claim jobs that no worker has begun; wait for one if there is none, for so long at the most."""
        by_stream = {partition.jobs(self._work): partition for partition in self._partitions}
        with as_store_errors():
            replies: Any = await self._client.xreadgroup(
                WORKERS,
                self._worker,
                dict.fromkeys(by_stream, ">"),
                count=most,
                block=max(1, round(wait.total_seconds() * 1000)),
            )
        return [
            Job(by_stream[stream], entry_id, fields["item"])
            for stream, entries in replies or []
            for entry_id, fields in entries
        ]

    async def take_over(self, most: int) -> list[Job]:
        """Claim jobs that another worker has begun, but has not renewed for a lease."""
        found: list[Job] = []
        for partition in self._partitions:
            with as_store_errors():
                found += await self._take_over(partition, most - len(found))
        return found

    async def renew(self, jobs: Iterable[Job]) -> None:
        """Say that these jobs are still being worked on."""
        await self._pipeline.commands(
            ("XCLAIM", job.partition.jobs(self._work), WORKERS, self._worker, 0, job.entry_id, "JUSTID") for job in jobs
        )

    async def release_due(self, now: datetime) -> datetime | None:
        """Make jobs of what is due; the time of the next after them, or None."""
        nexts = await self._run_everywhere(now)
        times = [when for when in (from_ms(ms) for ms in nexts if ms >= 0) if when is not None]
        return min(times, default=None)

    async def give_back(self, jobs: Iterable[Job]) -> None:
        """Let other workers have these jobs at once."""
        for job in jobs:
            stream = job.partition.jobs(self._work)
            await self._pipeline.run(self._give_back, [stream], [job.entry_id, WORKERS, job.item])

    async def drop(self, job: Job) -> None:
        """End a job about something that is no more."""
        stream = job.partition.jobs(self._work)
        await self._pipeline.commands([("XACK", stream, WORKERS, job.entry_id), ("XDEL", stream, job.entry_id)])

    async def _take_over(self, partition: Partition, most: int) -> list[Job]:
        stream = partition.jobs(self._work)
        pending: Any = await self._client.xpending_range(stream, WORKERS, "-", "+", max(1, most), idle=self._lease_ms)
        deliveries = {entry["message_id"]: entry["times_delivered"] + 1 for entry in pending}
        if not deliveries:
            return []
        entries: Any = await self._client.xclaim(stream, WORKERS, self._worker, self._lease_ms, list(deliveries))
        return [Job(partition, entry_id, fields["item"], deliveries[entry_id]) for entry_id, fields in entries]

    async def _run_everywhere(self, now: datetime) -> list[int]:
        async def release(partition: Partition) -> int:
            keys = [partition.later(self._work), partition.jobs(self._work)]
            return int(await self._pipeline.run(self._release, keys, [to_ms(now), RELEASED_AT_ONCE]))

        return await asyncio.gather(*map(release, self._partitions))
