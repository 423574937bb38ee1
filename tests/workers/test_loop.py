"""How a worker takes, keeps, finishes and gives back its jobs."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from linkback.mentions import Ping, Protocol, Received, screen
from linkback.sites import Site, Sites
from linkback.store.connection import Store
from linkback.store.inbox import Inbox
from linkback.store.jobs import Job, Jobs
from linkback.store.keys import Work
from linkback.store.mentions import Mentions
from linkback.urls import parse_url
from workers.loop import Loop, Pace

SITES = Sites([Site("ours", "Ours", parse_url("https://ours.example/"))])
QUICK = timedelta(milliseconds=50)
LONG = timedelta(seconds=30)


async def receive(store: Store, how_many: int) -> None:
    for number in range(how_many):
        ping = Ping(Protocol.PINGBACK, f"https://theirs.example/{number}", "https://ours.example/post")
        received = screen(ping, SITES)
        assert isinstance(received, Received)
        await Inbox(store).receive(received, datetime.now(UTC))


class Hands:
    """Work that is begun, and ends when it is let."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.begun: list[Job] = []
        self.begins = asyncio.Condition()
        self.may_end = asyncio.Event()

    async def work(self, job: Job) -> None:
        async with self.begins:
            self.begun.append(job)
            self.begins.notify_all()
        await self.may_end.wait()
        await self.jobs.drop(job)

    async def have_begun(self, how_many: int) -> None:
        async with asyncio.timeout(10), self.begins:
            await self.begins.wait_for(lambda: len(self.begun) >= how_many)


def loop(store: Store, name: str, *, lease: timedelta = LONG, drain: timedelta = LONG) -> tuple[Loop, Hands]:
    jobs = Jobs(store, Work.VERIFY, name, lease)
    hands = Hands(jobs)
    return Loop(jobs, hands.work, Pace(concurrency=3, lease=lease, drain=drain)), hands


async def test_no_more_jobs_are_in_hand_than_allowed(store: Store) -> None:
    await receive(store, 10)
    worker, hands = loop(store, "a")
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await hands.have_begun(3)
    assert len(hands.begun) == 3
    hands.may_end.set()
    await hands.have_begun(10)
    stop.set()
    await running


async def test_a_worker_told_to_stop_finishes_what_is_in_hand(store: Store) -> None:
    await receive(store, 1)
    worker, hands = loop(store, "a")
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await hands.have_begun(1)
    stop.set()
    hands.may_end.set()
    await running
    assert await store.client.xlen(store.layout.of_site("ours").jobs(Work.VERIFY)) == 0


async def test_a_worker_that_cannot_finish_in_time_gives_back_what_is_in_hand(store: Store) -> None:
    await receive(store, 1)
    worker, hands = loop(store, "a", drain=QUICK)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await hands.have_begun(1)
    stop.set()
    await running
    [again] = await Jobs(store, Work.VERIFY, "b", LONG).claim(10, QUICK)
    assert again.item == hands.begun[0].item


async def test_jobs_of_a_worker_that_died_are_taken_over_by_another(store: Store) -> None:
    await receive(store, 2)
    await Jobs(store, Work.VERIFY, "dead", QUICK).claim(10, QUICK)
    worker, hands = loop(store, "alive", lease=timedelta(milliseconds=200))
    hands.may_end.set()
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await hands.have_begun(2)
    stop.set()
    await running
    assert [job.deliveries for job in hands.begun] == [2, 2]


async def test_a_job_that_takes_longer_than_the_lease_is_not_taken_over(store: Store) -> None:
    lease = timedelta(milliseconds=300)
    await receive(store, 1)
    worker, hands = loop(store, "slow", lease=lease)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await hands.have_begun(1)
    other = Jobs(store, Work.VERIFY, "other", lease)
    for _ in range(4):
        await other.claim(1, lease / 2)
        assert await other.take_over(10) == []
    hands.may_end.set()
    stop.set()
    await running


async def test_work_that_fails_is_tried_again_and_the_worker_goes_on(store: Store) -> None:
    await receive(store, 2)
    lease = timedelta(milliseconds=200)
    jobs = Jobs(store, Work.VERIFY, "a", lease)
    hands = Hands(jobs)
    hands.may_end.set()
    failed: list[str] = []

    async def work(job: Job) -> None:
        if not failed:
            failed.append(job.item)
            message = "a mistake in the work"
            raise RuntimeError(message)
        await hands.work(job)

    worker = Loop(jobs, work, Pace(concurrency=3, lease=lease, drain=LONG))
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await hands.have_begun(2)
    stop.set()
    await running
    assert {job.item for job in hands.begun} >= set(failed)


@pytest.mark.parametrize("delay", [timedelta(milliseconds=200)])
async def test_a_planned_try_is_made_when_it_is_due(store: Store, delay: timedelta) -> None:
    await receive(store, 1)
    jobs = Jobs(store, Work.VERIFY, "a", LONG)
    [job] = await jobs.claim(1, QUICK)
    due = datetime.now(UTC) + delay
    before = await Mentions(store).of_job(job)
    assert before is not None
    await Mentions(store).settle(
        job, before, replace(before, attempts=1), post=None, look_again_at=due, now=datetime.now(UTC)
    )
    worker, hands = loop(store, "b")
    hands.may_end.set()
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    await hands.have_begun(1)
    assert datetime.now(UTC) >= due - timedelta(milliseconds=1)
    stop.set()
    await running
