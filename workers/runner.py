"""A worker, put together from the settings."""

import asyncio
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from config.settings import FetchSettings, Settings, WorkerSettings
from linkback.fetching import Fetcher, FetchLimits
from linkback.store.connection import Store, open_store
from linkback.store.jobs import Jobs
from linkback.store.keys import Work
from linkback.store.mentions import Mentions
from linkback.store.posts import Posts
from workers.loop import Loop, Pace
from workers.verify import Timing, Verifier

PARSERS = 2

log = structlog.get_logger()


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """
    Verify what is queued until `stop` is set.

    Raises:
        StoreError: if the store cannot be used at the start; later the worker waits for it to come back.
    """
    async with (
        open_store(settings.store.url) as store,
        Fetcher(fetch_limits(settings.fetch, settings.public_url)) as fetcher,
    ):
        with ThreadPoolExecutor(PARSERS, thread_name_prefix="parser") as parsers:
            log.info("worker ready", concurrency=settings.worker.concurrency)
            await create_loop(settings, store, fetcher, parsers).run(stop)
    log.info("worker stopped")


def create_loop(settings: Settings, store: Store, fetcher: Fetcher, parsers: ThreadPoolExecutor) -> Loop:
    """Wire the loop, the job and the store."""
    lease = timedelta(seconds=settings.worker.lease)
    jobs = Jobs(store, Work.VERIFY, worker_name(), lease)
    verifier = Verifier(
        sites=settings.all_sites(),
        jobs=jobs,
        mentions=Mentions(store),
        posts=Posts(store),
        fetcher=fetcher,
        parsers=parsers,
        timing=_timing(settings.worker),
    )
    return Loop(jobs, verifier.verify, _pace(settings.worker, lease))


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


def _pace(settings: WorkerSettings, lease: timedelta) -> Pace:
    return Pace(settings.concurrency, lease, timedelta(seconds=settings.drain))
