"""A worker, put together from the settings."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import structlog

from config.settings import FetchSettings, Settings, WorkerSettings
from linkback.fetching import Fetcher, FetchLimits
from linkback.store.announcements import Announcements
from linkback.store.connection import Store, open_store
from linkback.store.feeds import Feeds
from linkback.store.jobs import Job, Jobs
from linkback.store.keys import Work
from linkback.store.mentions import Mentions
from linkback.store.posts import Posts
from workers.follow import Follower
from workers.loop import Loop, Pace
from workers.send import Announcer
from workers.verify import Timing, Verifier

PARSERS = 2
FEEDS_AT_ONCE = 4
POSTS_AT_ONCE = 4

log = structlog.get_logger()


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """
    Do what is queued until `stop` is set.

    Raises:
        StoreError: if the store cannot be used at the start; later the worker waits for it to come back.
    """
    async with (
        open_store(settings.store.url) as store,
        Fetcher(fetch_limits(settings.fetch, settings.public_url)) as fetcher,
    ):
        with ThreadPoolExecutor(PARSERS, thread_name_prefix="parser") as parsers:
            await Feeds(store).plan((site for site in settings.all_sites() if site.feed), datetime.now(UTC))
            loops = create_loops(settings, store, fetcher, parsers)
            log.info("worker ready", concurrency=settings.worker.concurrency)
            await asyncio.gather(*(loop.run(stop) for loop in loops))
    log.info("worker stopped")


def create_loops(settings: Settings, store: Store, fetcher: Fetcher, parsers: ThreadPoolExecutor) -> tuple[Loop, ...]:
    """Wire the loops that verify, follow and send."""
    lease = timedelta(seconds=settings.worker.lease)

    def jobs(work: Work) -> Jobs:
        return Jobs(store, work, worker_name(), lease)

    def loop(jobs: Jobs, work: Callable[[Job], Awaitable[None]], concurrency: int) -> Loop:
        return Loop(jobs, work, Pace(concurrency, lease, timedelta(seconds=settings.worker.drain)))

    sites, timing = settings.all_sites(), _timing(settings.worker)
    verifier = Verifier(
        sites=sites,
        jobs=jobs(Work.VERIFY),
        mentions=Mentions(store),
        posts=Posts(store),
        fetcher=fetcher,
        parsers=parsers,
        timing=timing,
    )
    follower = Follower(
        sites=sites,
        jobs=jobs(Work.FOLLOW),
        feeds=Feeds(store),
        fetcher=fetcher,
        parsers=parsers,
        every=timedelta(seconds=settings.follow.every),
        callback_base=settings.server.public_url,
    )
    announcer = Announcer(
        jobs=jobs(Work.SEND),
        announcements=Announcements(store),
        fetcher=fetcher,
        retry_delays=timing.retry_delays,
    )
    return (
        loop(verifier.jobs, verifier.verify, settings.worker.concurrency),
        loop(follower.jobs, follower.follow, FEEDS_AT_ONCE),
        loop(announcer.jobs, announcer.announce, POSTS_AT_ONCE),
    )


def fetch_limits(settings: FetchSettings, public_url: str) -> FetchLimits:
    """The bounds of the outgoing client."""
    return FetchLimits(
        allow_networks=settings.allow_networks,
        timeout_s=settings.timeout,
        max_bytes=settings.max_bytes,
        user_agent=f"Linkback/0.1 (+{public_url})",
    )


def worker_name() -> str:
    """A name that no other worker of this store has."""
    return f"{socket.gethostname()}-{os.getpid()}"


def _timing(settings: WorkerSettings) -> Timing:
    return Timing(
        retry_delays=[timedelta(seconds=delay) for delay in settings.retry_delays],
        every=timedelta(seconds=settings.look_again_every),
        grace=timedelta(seconds=settings.grace),
    )
