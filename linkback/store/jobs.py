"""
The workers' way into the store: jobs are claimed, and end by being settled, postponed or given back.

A job is claimed by one worker at a time and stays claimed while that worker renews its lease. One that is not renewed
for a lease is taken over by another worker; should the first one finish after all, its result is dropped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from linkback.mentions import VISIBLE, Mention
from linkback.store.connection import Store
from linkback.store.errors import as_store_errors
from linkback.store.keys import WORKERS, Partition
from linkback.store.pipeline import load_script
from linkback.store.records import (
    PostFacts,
    changed_fields,
    from_ms,
    post_fields,
    read_hash,
    read_mention,
    to_ms,
)

RELEASED_AT_ONCE = 256

_Entry = tuple[Partition, str, Mapping[str, str], int]


@dataclass(frozen=True, slots=True)
class Job:
    """A mention whose source is to be looked at; `deliveries` counts the workers that have begun it, this one too."""

    partition: Partition
    entry_id: str
    mention: Mention
    deliveries: int = 1


class Jobs:
    """The jobs of all partitions, as one worker sees them."""

    def __init__(self, store: Store, worker: str, lease: timedelta) -> None:
        self._client = store.client
        self._pipeline = store.pipeline
        self._partitions = store.layout.all()
        self._worker = worker
        self._lease_ms = round(lease.total_seconds() * 1000)
        self._settle = load_script("settle")
        self._postpone = load_script("postpone")
        self._release = load_script("release")
        self._give_back = load_script("give_back")

    async def claim(self, most: int, wait: timedelta) -> list[Job]:
        """Claim jobs that no worker has begun; wait for one if there is none, for so long at the most."""
        with as_store_errors():
            replies: Any = await self._client.xreadgroup(
                WORKERS,
                self._worker,
                {partition.jobs: ">" for partition in self._partitions},
                count=most,
                block=max(1, round(wait.total_seconds() * 1000)),
            )
        by_stream = {partition.jobs: partition for partition in self._partitions}
        found = [
            (by_stream[stream], entry_id, fields, 1)
            for stream, entries in replies or []
            for entry_id, fields in entries
        ]
        return await self._load(found)

    async def take_over(self, most: int) -> list[Job]:
        """Claim jobs that another worker has begun, but has not renewed for a lease."""
        found: list[_Entry] = []
        for partition in self._partitions:
            with as_store_errors():
                found += await self._take_over(partition, most - len(found))
        return await self._load(found)

    async def renew(self, jobs: Iterable[Job]) -> None:
        """Say that these jobs are still being worked on."""
        await self._pipeline.commands(
            ("XCLAIM", job.partition.jobs, WORKERS, self._worker, 0, job.entry_id, "JUSTID") for job in jobs
        )

    async def release_due(self, now: datetime) -> datetime | None:
        """Make jobs of the mentions whose next try is due; the time of the next after them, or None."""
        nexts = await self._run_everywhere(now)
        times = [when for when in (from_ms(ms) for ms in nexts if ms >= 0) if when is not None]
        return min(times, default=None)

    async def settle(self, job: Job, after: Mention, post: PostFacts | None, now: datetime) -> bool:
        """
        Write the verdict, the index, the post's version and the job's end in one atomic step.

        Returns:
            False if another worker had ended the job, or the mention had changed since the job was claimed.
        """
        mention_values = _flat(changed_fields(job.mention, after))
        return bool(
            await self._pipeline.run(
                self._settle,
                [
                    job.partition.mention(after.id),
                    job.partition.jobs,
                    job.partition.post(after.post_key),
                    job.partition.visible(after.post_key),
                ],
                [
                    job.entry_id,
                    WORKERS,
                    after.id,
                    job.partition.news,
                    after.post_key,
                    to_ms(now),
                    job.mention.state,
                    int(after.state in VISIBLE),
                    len(mention_values),
                    *mention_values,
                    *(_flat(post_fields(post)) if post else []),
                ],
            )
        )

    async def postpone(self, job: Job, after: Mention, until: datetime) -> bool:
        """End the job and plan the next try in one atomic step; False as for `settle`."""
        return bool(
            await self._pipeline.run(
                self._postpone,
                [job.partition.mention(after.id), job.partition.jobs, job.partition.later],
                [
                    job.entry_id,
                    WORKERS,
                    after.id,
                    job.partition.news,
                    after.post_key,
                    to_ms(until),
                    job.mention.state,
                    *_flat(changed_fields(job.mention, after)),
                ],
            )
        )

    async def give_back(self, jobs: Iterable[Job]) -> None:
        """Let other workers have these jobs at once."""
        for job in jobs:
            await self._pipeline.run(self._give_back, [job.partition.jobs], [job.entry_id, WORKERS, job.mention.id])

    async def _take_over(self, partition: Partition, most: int) -> list[_Entry]:
        pending: Any = await self._client.xpending_range(
            partition.jobs, WORKERS, "-", "+", max(1, most), idle=self._lease_ms
        )
        deliveries = {entry["message_id"]: entry["times_delivered"] + 1 for entry in pending}
        if not deliveries:
            return []
        entries: Any = await self._client.xclaim(
            partition.jobs, WORKERS, self._worker, self._lease_ms, list(deliveries)
        )
        return [(partition, entry_id, fields, deliveries[entry_id]) for entry_id, fields in entries]

    async def _run_everywhere(self, now: datetime) -> list[int]:
        return [
            await self._pipeline.run(self._release, [partition.later, partition.jobs], [to_ms(now), RELEASED_AT_ONCE])
            for partition in self._partitions
        ]

    async def _load(self, found: Sequence[_Entry]) -> list[Job]:
        """Read the mentions of claimed entries; an entry whose mention is no more is ended."""
        replies = await self._pipeline.commands(
            ("HGETALL", partition.mention(fields["mention"])) for partition, _, fields, _ in found
        )
        jobs = []
        for (partition, entry_id, fields, deliveries), record in zip(found, map(read_hash, replies), strict=True):
            if record:
                jobs.append(Job(partition, entry_id, read_mention(fields["mention"], record), deliveries))
            else:
                await self._pipeline.commands(
                    [("XACK", partition.jobs, WORKERS, entry_id), ("XDEL", partition.jobs, entry_id)]
                )
        return jobs


def _flat(fields: Mapping[str, str | int]) -> list[str | int]:
    return [part for pair in fields.items() for part in pair]
