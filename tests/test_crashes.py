"""Processes of a real `linkback serve` are killed with SIGKILL; what was answered with success is never lost."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
import xmlrpc.client
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import feedparser
import pytest
from aiohttp import web
from conftest import Blog

from commands.embedded import store_url
from linkback.store.connection import EMBEDDED_PARTITIONS, open_store
from linkback.store.keys import WORKERS, Work

ROOT = Path(__file__).parent.parent
PINGS = 200
SENDERS = 10
LONGEST_RUN_S = 90
ALREADY_REGISTERED = 48


@dataclass
class Sources:
    """Pages of other blogs, each on a host of its own, that link to the post; `asked` counts who waits for them."""

    target: str
    urls: Sequence[str]
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))


@pytest.fixture
async def sources() -> AsyncIterator[Sources]:
    """All hosts are addresses of loopback, and one server answers for them."""
    blog = Blog()
    runner = web.ServerRunner(web.Server(blog.handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0, backlog=1024).start()
    port = runner.addresses[0][1]
    urls = [f"http://127.0.1.{number}:{port}/source" for number in range(1, PINGS + 1)]
    sources = Sources(f"http://127.0.0.1:{port}/post", urls)
    sources.may_answer.set()

    async def answer(_request: web.Request) -> web.StreamResponse:
        sources.asked.release()
        await sources.may_answer.wait()
        return web.Response(text=f'<p>Read <a href="{sources.target}">this</a>.</p>', content_type="text/html")

    blog.page("/post", "<title>On hills</title>")
    blog.answers["/source"] = answer
    yield sources
    await runner.cleanup()


@dataclass
class Service:
    """A `linkback serve`: its processes, by file descriptors that stand for them, and what they have logged so far."""

    url: str
    processes: dict[str, int]
    events: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def follow(self, log: asyncio.StreamReader) -> None:
        async for line in log:
            sys.stderr.write(line.decode())  # which pytest shows if the test fails
            with contextlib.suppress(json.JSONDecodeError):
                event = json.loads(line)
                if event["event"] == "process started":
                    self.begin(event["process"], event["pid"])
                async with self.news:
                    self.events.append(event)
                    self.news.notify_all()

    def begin(self, process: str, pid: int) -> None:
        if process in self.processes:
            os.close(self.processes[process])
        self.processes[process] = os.pidfd_open(pid)

    def past(self, name: str, **facts: object) -> list[dict[str, Any]]:
        wanted = {"event": name, **facts}
        return [event for event in self.events if wanted.items() <= event.items()]

    async def told(self, name: str, times: int = 1, **facts: object) -> list[dict[str, Any]]:
        """Wait until an event with these facts has been logged so many times."""
        async with self.news:
            await self.news.wait_for(lambda: len(self.past(name, **facts)) >= times)
        return self.past(name, **facts)

    def kill(self, process: str) -> None:
        signal.pidfd_send_signal(self.processes[process], signal.SIGKILL)

    async def ended(self, process: str) -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self.processes[process], end.set)
        await end.wait()
        loop.remove_reader(self.processes[process])

    def end_all(self) -> None:
        for process, descriptor in self.processes.items():
            with contextlib.suppress(ProcessLookupError):
                self.kill(process)
            os.close(descriptor)


Serve = Callable[[], AbstractAsyncContextManager[Service]]


@pytest.fixture
def serve(folder: Path, sources: Sources) -> Serve:
    """Runs a service on the same folder each time."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "linkback.toml"
    config.write_text(settings(folder / "data", port, sources.target.removesuffix("post")), encoding="utf-8")

    @asynccontextmanager
    async def run() -> AsyncIterator[Service]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "commands.main", "serve", "--config", str(config)),
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "LINKBACK_WORKER__LEASE": "1"},
        )
        assert process.stderr is not None
        service = Service(f"http://127.0.0.1:{port}", {"supervisor": os.pidfd_open(process.pid)})
        following = asyncio.create_task(service.follow(process.stderr))
        try:
            async with asyncio.timeout(LONGEST_RUN_S):
                await service.told("worker ready")
                await service.told("receiver ready")
                yield service
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            service.end_all()
            await following

    return run


def settings(data_dir: Path, port: int, home: str) -> str:
    return f"""
server = {{ port = {port}, answer_within = 0 }}
store = {{ data_dir = "{data_dir}" }}
fetch = {{ allow_networks = ["127.0.0.0/8"], timeout = 60 }}
worker = {{ concurrency = {2 * PINGS}, retry_delays = [0.1, 0.1, 0.1, 0.1, 0.1], drain = 0.1 }}
log = {{ format = "json" }}
sites = [{{ id = "ours", name = "Ours", home = "{home}" }}]
"""


async def ping(session: aiohttp.ClientSession, service: Service, source: str, target: str) -> None:
    """Send a pingback that is to be acknowledged; a fault is raised."""
    body = xmlrpc.client.dumps((source, target), "pingback.ping")
    async with session.post(f"{service.url}/pingback", data=body, headers={"Content-Type": "text/xml"}) as response:
        (answer,), _ = xmlrpc.client.loads(await response.text())
        assert "queued" in str(answer)


async def is_acknowledged(session: aiohttp.ClientSession, service: Service, source: str, target: str) -> bool:
    """Send a pingback that may have been sent before, when the answer was an error although it had been stored."""
    try:
        await ping(session, service, source, target)
    except xmlrpc.client.Fault as fault:
        return fault.faultCode == ALREADY_REGISTERED
    return True


async def ping_all(service: Service, sources: Sources) -> None:
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(ping(session, service, source, sources.target) for source in sources.urls))


async def put_in_flight(service: Service, sources: Sources, folder: Path) -> None:
    """Send all pings, and come back when the worker waits for all sources."""
    sources.may_answer.clear()
    await ping_all(service, sources)
    for _ in range(PINGS):
        await sources.asked.acquire()
    assert await load(folder) == Load(begun=PINGS, waiting=0)


async def get(service: Service, path: str, target: str) -> str:
    async with aiohttp.ClientSession(service.url) as session, session.get(path, params={"target": target}) as response:
        assert response.status == 200
        return await response.text()


async def shown(service: Service, sources: Sources) -> Counter[str]:
    """How often each source is shown to the readers of the post; the embed shows all two hundred."""
    html = await get(service, "/embed", sources.target)
    return Counter(re.findall(r'href="(http://127\.0\.1\.[0-9]+:[0-9]+/source)"', html))


class Load(NamedTuple):
    """Jobs that are begun by a worker, and that wait for one."""

    begun: int
    waiting: int


NO_LOAD = Load(0, 0)


async def load(folder: Path) -> Load:
    async with open_store(store_url(folder / "data"), EMBEDDED_PARTITIONS) as store:
        [partition] = store.layout.all()
        pending = await store.client.xpending(partition.jobs(Work.VERIFY), WORKERS)
        jobs = await store.client.xlen(partition.jobs(Work.VERIFY))
        return Load(pending["pending"], jobs - pending["pending"])


async def assert_all_are_settled(service: Service, sources: Sources, folder: Path) -> None:
    assert await load(folder) == NO_LOAD
    assert await shown(service, sources) == dict.fromkeys(sources.urls, 1)
    feed = feedparser.parse(await get(service, "/comments.rss", sources.target))
    assert len({entry.link for entry in feed.entries} & set(sources.urls)) == 100


async def test_200_pings_in_flight_survive_the_death_of_their_worker(
    serve: Serve, sources: Sources, folder: Path
) -> None:
    async with serve() as service:
        await put_in_flight(service, sources, folder)
        service.kill("worker")
        await service.told("process died", process="worker")
        assert service.past("mention settled") == []

        sources.may_answer.set()
        settled = await service.told("mention settled", PINGS, state="approved", written=True)
        assert len({event["mention"] for event in settled}) == PINGS
        await assert_all_are_settled(service, sources, folder)
        assert len(service.past("mention settled", written=True)) == PINGS


async def test_acknowledged_pings_survive_the_death_of_valkey(serve: Serve, sources: Sources, folder: Path) -> None:
    to_send = iter(sources.urls)
    acknowledged: list[str] = []
    many_are_acknowledged = asyncio.Event()

    async def send(session: aiohttp.ClientSession, service: Service) -> None:
        for source in to_send:
            while not await is_acknowledged(session, service, source, sources.target):
                pass
            acknowledged.append(source)
            if len(acknowledged) == PINGS // 4:
                many_are_acknowledged.set()

    async with serve() as service:
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as senders:
            for _ in range(SENDERS):
                senders.create_task(send(session, service))
            await many_are_acknowledged.wait()
            service.kill("valkey")
            assert len(acknowledged) < PINGS // 2
        assert len(acknowledged) == PINGS
        while await load(folder) != NO_LOAD:  # noqa: ASYNC110 - no event tells of a verdict whose reply was lost
            await asyncio.sleep(0.05)
        await assert_all_are_settled(service, sources, folder)


async def test_pings_in_flight_survive_the_death_of_the_supervisor(
    serve: Serve, sources: Sources, folder: Path
) -> None:
    async with serve() as killed:
        await put_in_flight(killed, sources, folder)
        killed.kill("supervisor")
        await killed.ended("receiver")
        await killed.ended("worker")
        async with serve() as service:
            sources.may_answer.set()
            await service.told("mention settled", PINGS, state="approved", written=True)
            await killed.ended("valkey")
            await assert_all_are_settled(service, sources, folder)
