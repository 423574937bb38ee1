"""The job of announcing a post: read it, and tell every page that it links to, or no longer does."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from linkback.announcements import Sent, Telling, to_tell, told
from linkback.fetching import Fetcher
from linkback.mentions import Protocol
from linkback.sending import Source, read_source, send
from linkback.store.announcements import Announcement, Announcements
from linkback.store.jobs import Job, Jobs
from linkback.urls import parse_url
from linkback.verdicts import FetchFailed

AT_ONCE = 5
"""How many targets of one post are told at the same time."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Announcer:
    """Everything that announcing needs; `retry_delays` is how long to wait after each try in vain."""

    jobs: Jobs
    announcements: Announcements
    fetcher: Fetcher
    retry_delays: Sequence[timedelta]

    async def announce(self, job: Job) -> None:
        """Do one job, from the post to what its targets answered."""
        found = await self.announcements.of_job(job)
        if found is None:
            await self.jobs.drop(job)
            return
        announcement, sent = found
        structlog.contextvars.bind_contextvars(post=announcement.url)
        source = await self._read(announcement)
        if isinstance(source, FetchFailed):
            await self._try_later(job, announcement, source)
            return
        done = await self._tell_all(announcement, source, sent)
        again_at = self._again_at(max((each.attempts for each in done if each.has_failed), default=0))
        await self.announcements.finish(job, replace(announcement, attempts=0, detail=""), again_at)
        log.info("post announced", told=len(done), again_at=again_at and again_at.isoformat())

    async def _read(self, announcement: Announcement) -> Source | FetchFailed:
        """Read a post; one that is gone for good links to nothing any more (Webmention section 3.1.5)."""
        url = parse_url(announcement.url)
        source = await read_source(self.fetcher, url)
        return Source(url.raw) if isinstance(source, FetchFailed) and source.is_gone else source

    async def _tell_all(self, announcement: Announcement, source: Source, sent: Mapping[str, Sent]) -> list[Sent]:
        most_attempts = len(self.retry_delays) + 1
        tellings = to_tell(source.links, sent, announcement.version, most_attempts)
        free = asyncio.Semaphore(AT_ONCE)

        async def tell(telling: Telling) -> Sent:
            async with free:
                return await self._tell(announcement, source, telling, sent.get(telling.target.key))

        return await asyncio.gather(*map(tell, tellings))

    async def _tell(self, announcement: Announcement, source: Source, telling: Telling, before: Sent | None) -> Sent:
        """Tell one target, and write down at once what it answered; of a lost link only webmention can tell."""
        protocols = (Protocol.WEBMENTION,) if telling.is_removed else tuple(Protocol)
        result = await send(self.fetcher, source, telling.target, protocols)
        after = told(before, telling, result, announcement.version, datetime.now(UTC))
        await self.announcements.record(announcement, telling.target.key, after)
        log.info(
            "target told",
            target=result.target,
            outcome=result.outcome,
            protocol=result.protocol,
            status=result.status,
            is_removed=telling.is_removed,
        )
        return after

    async def _try_later(self, job: Job, announcement: Announcement, failure: FetchFailed) -> None:
        attempts = announcement.attempts + 1
        again_at = self._again_at(attempts)
        await self.announcements.finish(job, replace(announcement, attempts=attempts, detail=failure.detail), again_at)
        log.info("post not read", detail=failure.detail, again_at=again_at and again_at.isoformat())

    def _again_at(self, attempts: int) -> datetime | None:
        """When to try again after so many tries in vain; None for never."""
        if not 0 < attempts <= len(self.retry_delays):
            return None
        return datetime.now(UTC) + self.retry_delays[attempts - 1]
